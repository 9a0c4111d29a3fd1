"""Text: what folding makes equal, where words end, and which language and script a message is in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.language_id import identify
from bot.nlu.normalize import LONGEST, clean, clip, fold, swap_layout, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أرجع إلى الأهل", "ارجع الى الاهل"),
        ("السفارة", "السفاره"),
        ("على", "علي"),
        ("گالولي", "كالولي"),
        ("هيچ", "هيج"),
        ("ظابط", "ضابط"),
        ("مسؤول", "مسوول"),
        ("شلووووون", "شلون"),
        ("العَقْدُ", "العقد"),
        ("الـعـقـد", "العقد"),
        ("رقم ٩١١", "رقم 911"),
        ("کتاب", "كتاب"),
        ("I don’t", "i dont"),
        ("café", "cafe"),
        ("راتب\u200f\u202a", "راتب"),
    ],
)
def test_fold_makes_spellings_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_clean_keeps_the_spelling() -> None:
    assert clean("أين  السَّفارةُ؟ 😂") == "أين السفارة؟"


def test_words_split_at_a_change_of_script_but_not_inside_arabizi() -> None:
    assert words("الvisa رقم911 3la شلون؟") == ("ال", "visa", "رقم", "911", "3la", "شلون")


def test_clip_keeps_start_and_end() -> None:
    text = "start " + "x" * 5000 + " end"
    clipped = clip(text)
    assert len(clipped) <= LONGEST
    assert clipped.startswith("start ")
    assert clipped.endswith(" end")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("شلون ارجع لاهلي", "arabic"),
        ("how do i get home", "latin"),
        ("shlon arja3 lahli", "latin"),
        ("شنو ال process مال visa", "arabic"),
        ("my brother is in russia شنو the law", "latin"),
        ("چۆن دەتوانم بگەڕێمەوە ماڵەوە", "kurdish"),
        ("как мне вернуться домой", "cyrillic"),
        ("我想回家", "other"),
        ("😂 ؟؟", "none"),
        ("", "none"),
        ("گالولي هيچ ماكو چا", "arabic"),
        ("hotel 3rd floor is it ok", "latin"),
    ],
)
def test_the_script_is_told_without_a_model_and_no_language(text: str, script: str) -> None:
    reading = identify(text)
    assert (reading.language, reading.script, reading.variety) == (None, script, None)


def test_swap_layout_both_ways() -> None:
    assert swap_layout("hgsghl ugd;l") == "السلام عليكم"
    assert swap_layout("اثممخ") == "hello"


@given(st.text(st.characters(codec=None)))
def test_any_text_is_read_and_folding_is_idempotent(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert all(words(text))
    assert len(clip(text, 10)) <= 10
    identify(text)
    swap_layout(text)


def test_work_is_bounded_for_huge_text() -> None:
    assert len(fold("ﷺ" * 100_000)) < 200_000
