"""The forms of a reply: sure, unsure, two equal, a menu, a note before it, and what leans on what was said before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.content_tools.load.build import Content
from bot.dialogue.callback_data import Action
from bot.dialogue.conversation import LEANING, SHORT_TOKENS, Conversation
from bot.dialogue.forms import CHOICES_SHOWN, EQUAL, EQUAL_AT_LEAST, LIKELY, LIKELY_SHOWN, NEAR_SHOWN, RUNNERS_UP
from bot.dialogue.reply import NOTHING_COUNTED, Button, Context, Message, Turn
from bot.dialogue.smalltalk import PREFIX
from bot.dialogue.state import DialogueState
from bot.dialogue.telegram_limits import plain
from bot.i18n import Phrases
from bot.nlu.ranking import Ranked, Ranking
from tests.conftest import TODAY
from tests.kit.classifiers import FixedClassifier, FixedDetector, ScriptedClassifier
from tests.kit.conversations import conversation_over

ASKED = "law-prison-term", "law-amnesty", "law-what-is-trafficking", "scam-red-flags", "risk-survival"
"""Topics that the questions of this file are about, likeliest first."""
MOST_KEYS = 6
"""Keys under an answer besides the last row of signs."""
LANGUAGES = ("ar", "en")


def ranking(outcome: str, *chances: float, sure: bool = True) -> Ranking:
    """A ranking of ASKED with these probabilities."""
    ranked = tuple(Ranked(topic, chance) for topic, chance in zip(ASKED, chances, strict=False))
    answered = ASKED[:1] if outcome == "answer" else ()
    return Ranking(ranked, outcome, answered, ASKED[: len(chances)] if outcome == "choices" else (), sure)  # type: ignore[arg-type]


RANKINGS = {
    "a sure question": ranking("answer", 0.9, 0.05, 0.04, 0.01, 0.01),
    "sure and alone": ranking("answer", 0.99, 0.001),
    "an unsure question": ranking("answer", 0.5, 0.2, 0.1, 0.06, 0.02, sure=False),
    "two equal ones": ranking("answer", 0.4, 0.35, 0.1, sure=False),
    "nearly equal, but rare": ranking("answer", 0.25, 0.17, 0.1, sure=False),
    "nothing likely": ranking("choices", 0.2, 0.15, 0.1, 0.09),
    "nothing at all": ranking("none", 0.05, 0.04),
    "nothing, something near": ranking("none", 0.09, 0.085, 0.08),
    "a calm question": ranking("answer", 0.9, 0.05),
    "another unsure one": ranking("answer", 0.5, 0.1, sure=False),
    "unsure talk": Ranking((Ranked("talk:thanks", 0.9),), "answer", ("talk:thanks",), ()),
    "why though": Ranking((Ranked("risk-survival", 0.19), Ranked("law-amnesty", 0.15)), "none", (), ()),
    "why though really": Ranking((Ranked("risk-survival", 0.3), Ranked("law-amnesty", 0.2)), "none", (), ()),
    "why though in more than these six words": Ranking(
        (Ranked("risk-survival", 0.3), Ranked("law-amnesty", 0.2)), "none", (), ()
    ),
}
NOTED = dict.fromkeys(("a calm question", "another unsure one", "unsure talk", "zzz noted"), ("in-camp", "note"))
NOTED["two equal ones and danger"] = ("in-camp", "note")
RANKINGS["two equal ones and danger"] = RANKINGS["two equal ones"]


@pytest.fixture(scope="module")
def talk(content: Content, phrases: Phrases) -> Conversation:
    """A conversation that ranks as RANKINGS say and hears NOTED."""
    detector: Any = FixedDetector(NOTED, place="russia")
    return conversation_over(content, phrases, FixedClassifier(RANKINGS), danger=detector)


def said(talk: Conversation, text: str, language: str = "en", state: DialogueState | None = None) -> Turn:
    """The turn of a text in a language."""
    context = Context(TODAY, forced_language=language, question_id=41, state=state or DialogueState())
    return talk.respond(Message(text), context)


def verbs(talk: Conversation, row: tuple[Button, ...]) -> list[str]:
    """What the keys of a row do."""
    found = [talk.actions.decode(button.action or "") for button in row]
    return [action.verb for action in found if action is not None]


def topics(talk: Conversation, row: tuple[Button, ...]) -> tuple[str, ...]:
    """The topics that the keys of a row open."""
    found = [talk.actions.decode(button.action or "") for button in row]
    return tuple(topic for action in found if action is not None for topic in action.topics)


# ---- sure


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sure_answer_stands_as_it_is(talk: Conversation, language: str) -> None:
    turn = said(talk, "a sure question", language)
    assert (turn.outcome, turn.sure, turn.answered) == ("answer", True, ASKED[:1])
    whole = talk.render.short_answer(talk.campaign.topics[ASKED[0]], language, TODAY)
    assert turn.reply.paragraphs == whole


def test_runners_up_of_a_sure_answer_have_keys_only_where_they_are_likely(talk: Conversation) -> None:
    turn = said(talk, "a sure question")
    assert turn.choices == ASKED[1:3]
    assert len(turn.choices) <= LIKELY_SHOWN
    likely = {one.topic for one in turn.ranked if one.confidence >= LIKELY}
    assert set(turn.choices) <= likely
    assert said(talk, "sure and alone").choices == ()


def test_under_a_sure_answer_more_and_not_what_i_meant_stand_first(talk: Conversation) -> None:
    turn = said(talk, "a sure question")
    assert verbs(talk, turn.reply.rows[0]) == ["more", "other"]
    other = talk.actions.decode(str(turn.reply.rows[0][1].action))
    assert other is not None
    shown = talk.press(str(turn.reply.rows[0][1].action), Context(TODAY, forced_language="en"))
    assert shown.outcome == "choices" and shown.choices == other.topics


# ---- unsure


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unsure_answer_is_introduced_as_what_it_is(talk: Conversation, language: str) -> None:
    turn = said(talk, "an unsure question", language)
    assert (turn.outcome, turn.sure, turn.answered) == ("answer", False, ASKED[:1])
    title = talk.render.answer(talk.campaign.topics[ASKED[0]], language).title
    assert title in plain(turn.reply.paragraphs[0])
    assert turn.reply.paragraphs[1:] == talk.render.short_answer(talk.campaign.topics[ASKED[0]], language, TODAY)


def test_the_runners_up_stand_right_under_an_unsure_answer(talk: Conversation) -> None:
    turn = said(talk, "an unsure question")
    first = [topics(talk, row) for row in turn.reply.rows[:RUNNERS_UP]]
    assert first == [(topic,) for topic in ASKED[1 : 1 + RUNNERS_UP]]
    assert {verb for row in turn.reply.rows[:RUNNERS_UP] for verb in verbs(talk, row)} == {"pick"}
    assert turn.choices == turn.state.choices == ASKED[1 : 1 + RUNNERS_UP]
    assert "more" in verbs(talk, turn.reply.rows[RUNNERS_UP])


# ---- two equal ones


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_equal_topics_are_both_begun_each_with_its_key(talk: Conversation, language: str) -> None:
    turn = said(talk, "two equal ones", language)
    assert (turn.outcome, turn.sure, turn.answered) == ("answer", False, ASKED[:2])
    for number, topic in enumerate(ASKED[:2]):
        begun = talk.render.first_sentence(talk.campaign.topics[topic], language, TODAY)
        assert set(begun) <= set(turn.reply.paragraphs)
        assert topics(talk, turn.reply.rows[number]) == (topic,)
    assert turn.state.question == "choices"


def test_equal_means_nearly_as_likely_and_likely_at_all(talk: Conversation) -> None:
    first, second = (found.confidence for found in RANKINGS["two equal ones"].ranked[:2])
    assert second >= EQUAL * first and second >= EQUAL_AT_LEAST
    assert said(talk, "nearly equal, but rare").answered == ASKED[:1]


# ---- a menu, and nothing


def test_a_menu_comes_only_where_nothing_is_likely(talk: Conversation) -> None:
    forms = {text: said(talk, text).outcome for text in RANKINGS}
    assert [text for text, outcome in forms.items() if outcome == "choices"] == ["nothing likely"]
    turn = said(talk, "nothing likely")
    assert turn.answered == () and turn.choices == ASKED[:CHOICES_SHOWN]
    assert turn.state.question == "choices" and turn.state.choices == turn.choices


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_gets_no_answer_reads_what_the_bot_knows_of_and_has_a_way_on(talk: Conversation, language: str) -> None:
    turn = said(talk, "nothing at all", language)
    assert turn.outcome == "none" and turn.choices == ()
    assert any("contacts" in verbs(talk, row) for row in turn.reply.rows)
    scope = talk.render.paragraphs(talk.campaign.sentences[language].scope, language, TODAY)
    assert set(scope) <= set(turn.reply.paragraphs)
    assert said(talk, "nothing, something near", language).choices == ASKED[:NEAR_SHOWN]


# ---- the note


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", NOTED)
def test_a_note_leads_the_ordinary_reply_and_the_urgent_key_stands_first(
    talk: Conversation, text: str, language: str
) -> None:
    turn = said(talk, text, language)
    (note,) = talk.render.paragraphs(_note(talk, language), language, TODAY)
    assert turn.reply.paragraphs[0] == note
    assert verbs(talk, turn.reply.rows[0]) == ["urgent"]
    assert sum(verbs(talk, row).count("urgent") for row in turn.reply.rows) == 1
    assert (turn.urgent, turn.danger, turn.place) == ("note", "in-camp", "russia")
    assert turn.outcome != "urgent" and len(turn.reply.paragraphs) > 1
    assert turn.state.dangers == ("in-camp",)


def _note(talk: Conversation, language: str) -> str:
    return talk._safety.replies[language].note


def test_a_menu_alone_is_never_shown_to_somebody_who_may_be_in_danger(content: Content, phrases: Phrases) -> None:
    detector: Any = FixedDetector({"nothing likely": ("held", "note")})
    turn = said(conversation_over(content, phrases, FixedClassifier(RANKINGS), danger=detector), "nothing likely")
    assert turn.outcome == "choices" and turn.urgent == "note"
    assert _note(conversation_over(content, phrases, FixedClassifier({})), "en") in turn.reply.text


def test_the_levels_above_a_note_answer_with_the_urgent_reply(content: Content, phrases: Phrases) -> None:
    heard = {"somebody is here": ("held", "full"), "may be": ("held", "ask"), "a sure question": ("held", "note")}
    detector: Any = FixedDetector(heard)
    other = conversation_over(content, phrases, FixedClassifier(RANKINGS), danger=detector)
    found = {text: (said(other, text).outcome, said(other, text).urgent) for text in heard}
    assert found == {
        "somebody is here": ("urgent", "full"),
        "may be": ("urgent", "ask"),
        "a sure question": ("answer", "note"),
    }


# ---- keys


def answers(content: Content, phrases: Phrases, sure: bool, language: str) -> Iterator[tuple[Conversation, Turn]]:
    """The turn of every topic, each asked by a word that is none."""
    ids = tuple(content.campaign.topics)
    asked = {}
    for number, topic in enumerate(ids):
        others = [ids[(number + step) % len(ids)] for step in (1, 2, 3, 4)]
        ranked = (Ranked(topic, 0.6), *(Ranked(other, 0.1) for other in others))
        asked[f"zq{number}"] = Ranking(ranked, "answer", (topic,), (), sure)
    talk = conversation_over(content, phrases, FixedClassifier(asked))
    for text in asked:
        yield talk, said(talk, text, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sure", [True, False])
def test_six_keys_at_most_stand_under_an_answer_besides_the_last_row(
    content: Content, phrases: Phrases, sure: bool, language: str
) -> None:
    for talk, turn in answers(content, phrases, sure, language):
        *rows, last = turn.reply.rows
        assert turn.answered and turn.sure == sure
        assert sum(map(len, rows)) <= MOST_KEYS, turn.answered
        assert all(len(button.label) <= 2 for button in last), turn.answered
        assert "urgent" in [verb for row in turn.reply.rows for verb in verbs(talk, row)]


def test_six_keys_at_most_under_an_overview_that_leads_with_a_note(content: Content, phrases: Phrases) -> None:
    ids = tuple(content.campaign.topics)
    wide = replace(content.campaign.topics[ids[0]], related=ids[1:9])
    campaign = replace(content.campaign, topics={**content.campaign.topics, ids[0]: wide})
    detector: Any = FixedDetector({ids[0]: ("held", "note")})
    other = conversation_over(content, phrases, ScriptedClassifier(ids), campaign=campaign, danger=detector)
    turn = said(other, ids[0])
    *rows, last = turn.reply.rows
    assert turn.urgent == "note"
    assert sum(map(len, rows)) <= MOST_KEYS
    assert set(topics(other, tuple(button for row in rows for button in row))) <= set(ids[1:9])
    assert "more" in verbs(other, last)


def test_every_key_fits_into_64_bytes_whatever_the_question_was_numbered(talk: Conversation) -> None:
    for text in RANKINGS:
        turn = talk.respond(Message(text), Context(TODAY, forced_language="ar", question_id=2**31 - 1))
        for button in turn.reply.buttons:
            assert button.action is None or len(button.action.encode()) <= 64


# ---- what leans on what was said before


AFTER_ANSWER = DialogueState(topics=("law-prison-term",), choices=("law-amnesty", "risk-survival"))
AFTER_MENU = DialogueState(choices=("law-prison-term", "law-amnesty", "risk-survival"), question="choices")
AFTER_ASK = DialogueState(dangers=("held",), choices=("law-prison-term",), question="danger")


def test_a_follow_up_brings_more_of_what_was_answered(scripted: Conversation) -> None:
    for follow_up in ("talk:follow-up", "talk:yes"):
        turn = said(scripted, follow_up, state=AFTER_ANSWER)
        assert turn.answered == ("law-prison-term",)
        assert turn.reply.paragraphs == scripted.render.details(
            scripted.campaign.topics["law-prison-term"], "en", TODAY
        )


def test_a_follow_up_to_nothing_gets_a_human_sentence(scripted: Conversation) -> None:
    turn = said(scripted, "talk:follow-up")
    assert turn.outcome == "smalltalk" and turn.answered == ()


@pytest.mark.parametrize(("ordinal", "topic"), zip(("first", "second", "third"), AFTER_MENU.choices, strict=True))
def test_an_ordinal_picks_from_the_last_menu(scripted: Conversation, ordinal: str, topic: str) -> None:
    turn = said(scripted, f"talk:{ordinal}", state=AFTER_MENU)
    assert turn.answered == (topic,)
    assert turn.counted.outcome == "suggestion-taken"


def test_an_ordinal_beyond_the_menu_picks_nothing(scripted: Conversation) -> None:
    state = replace(AFTER_MENU, choices=AFTER_MENU.choices[:2])
    assert said(scripted, "talk:third", state=state).answered == ()
    assert said(scripted, "talk:first").answered == ()


def test_a_typed_yes_after_the_question_on_danger_is_the_key_yes(scripted: Conversation) -> None:
    turn = said(scripted, "talk:yes", state=AFTER_ASK)
    key = scripted.press(
        scripted.actions.encode(Action("urgent", "en", 41, category="held")), Context(TODAY, question_id=41)
    )
    assert (turn.urgent, turn.danger) == ("full", "held")
    assert turn.reply == key.reply


def test_a_typed_yes_after_a_question_on_an_unnamed_danger_brings_the_help_too(scripted: Conversation) -> None:
    turn = said(scripted, "talk:yes", state=DialogueState(question="danger"))
    assert (turn.urgent, turn.danger) == ("full", "unknown")


def test_a_typed_no_after_the_question_on_danger_is_the_key_no(scripted: Conversation) -> None:
    turn = said(scripted, "talk:no", state=AFTER_ASK)
    assert turn.urgent is None
    assert turn.answered == ("law-prison-term",)
    several = replace(AFTER_ASK, choices=("law-prison-term", "law-amnesty"))
    assert said(scripted, "talk:no", state=several).choices == several.choices
    assert said(scripted, "talk:no", state=replace(AFTER_ASK, choices=())).reply.buttons


def test_yes_and_no_mean_nothing_by_themselves(scripted: Conversation) -> None:
    for word in ("talk:yes", "talk:no"):
        turn = said(scripted, word)
        assert turn.urgent is None and turn.outcome == "smalltalk"
        assert turn.reply.buttons


def test_a_short_question_leans_on_what_was_answered_last(talk: Conversation) -> None:
    last = next(one.id for one in talk.campaign.topics.values() if "law-amnesty" in one.related)
    turn = said(talk, "why though", state=DialogueState(topics=(last,)))
    assert (turn.answered, turn.sure) == (("law-amnesty",), False)
    assert next(one.confidence for one in turn.ranked if one.topic == "law-amnesty") >= LEANING
    assert said(talk, "why though").answered == ()
    # What is likelier by itself is not passed over.
    both = said(talk, "why though really", state=DialogueState(topics=(last,)))
    assert (both.answered, both.sure) == (("law-amnesty", "risk-survival"), False)


def test_a_long_or_a_sure_question_leans_on_nothing(talk: Conversation) -> None:
    last = next(one.id for one in talk.campaign.topics.values() if "law-amnesty" in one.related)
    long = "why though in more than these six words"
    assert len(long.split()) > SHORT_TOKENS
    assert said(talk, long, state=DialogueState(topics=(last,))).answered == ()
    assert said(talk, "a sure question", state=DialogueState(topics=(last,))).answered == ASKED[:1]


def test_danger_of_a_few_minutes_ago_stays_in_the_state_of_an_answer(talk: Conversation) -> None:
    assert said(talk, "a sure question", state=DialogueState(dangers=("held",))).state.dangers == ("held",)


# ---- what is typed instead of pressed


def test_a_typed_label_does_what_the_key_does(scripted: Conversation) -> None:
    for label, action in scripted.screens.labels():
        for typed in (label, label.upper(), f"  {label.lower()} "):
            for language in (action.language,):
                turn = said(scripted, typed, language)
                key = scripted.press(
                    scripted.actions.encode(replace(action, language=language, question=41)),
                    Context(TODAY, forced_language=language, question_id=41),
                )
                assert (turn.outcome, turn.effect, turn.urgent, turn.reply.paragraphs) == (
                    key.outcome,
                    key.effect,
                    key.urgent,
                    key.reply.paragraphs,
                ), typed


@pytest.mark.parametrize(
    "typed",
    ["SOS", "sos", "S.O.S", "s o s", "Sos!!", "🆘", "🆘🆘🆘", "🚨", "🆘 Urgent help", "urgent help", "مساعدة عاجلة"],
)
def test_who_calls_for_help_gets_it(scripted: Conversation, typed: str) -> None:
    assert said(scripted, typed).urgent == "full"


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("menu", "/topics"),
        ("MENU", "/topics"),
        ("Topics", "/topics"),
        ("m e n u", "/topics"),
        ("start", "/start"),
        ("START", "/start"),
        ("contacts", "/hotline"),
        ("Privacy", "/privacy"),
    ],
)
def test_a_command_without_its_slash_is_one(scripted: Conversation, typed: str, command: str) -> None:
    assert said(scripted, typed).reply.paragraphs == said(scripted, command).reply.paragraphs


@pytest.mark.parametrize(("typed", "language"), [("العربية", "ar"), ("English", "en"), ("ENGLISH", "en")])
def test_a_languages_own_name_chooses_it(scripted: Conversation, typed: str, language: str) -> None:
    turn = scripted.respond(Message(typed), Context(TODAY, client_language="de"))
    assert (turn.effect, turn.language) == ("remember-language", language)


def test_a_longer_message_that_holds_a_label_is_no_key(scripted: Conversation) -> None:
    turn = said(scripted, "which contacts do you have for my brother in Moscow please")
    assert turn.effect is None
    assert turn.reply.paragraphs != said(scripted, "/hotline").reply.paragraphs


# ---- small talk


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_small_talk_has_a_sentence_and_doors(content: Content, phrases: Phrases, language: str) -> None:
    kinds = {f"zq{n}": kind for n, kind in enumerate(content.small_talk) if kind.language == language}
    assert kinds
    labels = {text: (PREFIX + kind.id,) for text, kind in kinds.items()}
    asked = {text: Ranking((Ranked(label[0], 0.9),), "answer", label, ()) for text, label in labels.items()}
    scripted = conversation_over(content, phrases, FixedClassifier(asked))
    for text, kind in kinds.items():
        turn = said(scripted, text, language)
        assert turn.outcome == "smalltalk" and turn.answered == ()
        assert turn.reply.paragraphs == scripted.render.paragraphs(kind.reply, language, TODAY)
        assert "urgent" in [verb for row in turn.reply.rows for verb in verbs(scripted, row)]
        assert sum(map(len, turn.reply.rows[:-1])) <= MOST_KEYS
        doors = [door for door in kind.doors if door in scripted.campaign.topics]
        assert [topic for row in turn.reply.rows for topic in topics(scripted, row)][: len(doors)] == doors


def test_small_talk_is_never_named_as_a_topic(scripted: Conversation) -> None:
    turn = scripted.respond(Message("talk:thanks"), Context(TODAY), ranked=True)
    assert not [one for one in turn.ranked if one.topic.startswith("talk:")]
    assert not [topic for topic in (*turn.answered, *turn.choices) if topic.startswith("talk:")]
    assert turn.counted.topics == ()


# ---- heard by a machine


def spoken(talk: Conversation, text: str, language: str = "en", state: DialogueState | None = None) -> Turn:
    """The turn of a voice note that was heard as a text."""
    context = Context(TODAY, forced_language=language, question_id=41, state=state or DialogueState())
    return talk.respond(Message(text, "voice", heard=text), context)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_heard_is_repeated_and_answered_as_unsure(talk: Conversation, language: str) -> None:
    turn = spoken(talk, "a sure question", language)
    typed = said(talk, "a sure question", language)
    assert (turn.answered, turn.sure, turn.counted) == (typed.answered, False, typed.counted)
    assert "a sure question" in turn.reply.paragraphs[0]
    title = talk.campaign.topics[ASKED[0]].answers[language].title
    assert title in turn.reply.paragraphs[1]
    assert turn.reply.paragraphs[2:] == typed.reply.paragraphs
    assert verbs(talk, turn.reply.rows[0]) == ["not-said"]


def test_an_ordinal_that_was_heard_is_no_surer(talk: Conversation) -> None:
    turn = spoken(talk, "2", state=DialogueState(choices=ASKED[:3]))
    assert not turn.sure


@pytest.mark.parametrize("level", ["full", "ask"])
def test_help_stands_before_what_was_heard(content: Content, phrases: Phrases, level: str) -> None:
    detector: Any = FixedDetector({"somebody is here": ("held", level)})
    other = conversation_over(content, phrases, FixedClassifier(RANKINGS), danger=detector)
    turn, typed = spoken(other, "somebody is here"), said(other, "somebody is here")
    assert turn.urgent == typed.urgent == level
    assert turn.reply.paragraphs[:-1] == typed.reply.paragraphs
    assert "somebody is here" in turn.reply.paragraphs[-1]
    assert turn.reply.rows[:-1] == typed.reply.rows
    assert verbs(other, turn.reply.rows[-1]) == ["not-said"]
    assert turn.counted == typed.counted


def test_a_line_of_help_stands_before_what_was_heard(talk: Conversation) -> None:
    turn = spoken(talk, "a calm question")
    (note,) = talk.render.paragraphs(_note(talk, "en"), "en", TODAY)
    assert turn.urgent == "note"
    assert turn.reply.paragraphs[0] == note
    assert "a calm question" in turn.reply.paragraphs[1]
    assert [verbs(talk, row) for row in turn.reply.rows[:2]] == [["urgent"], ["not-said"]]


def test_what_was_heard_is_shown_short_and_fills_no_blank(talk: Conversation) -> None:
    turn = spoken(talk, "zzz {number:iraq-911} <b> " + "word " * 500)
    assert "{" not in turn.reply.paragraphs[0]
    assert "number:iraq-911 &lt;b&gt;" in turn.reply.paragraphs[0]
    assert len(turn.reply.paragraphs[0]) < 700


def test_who_said_something_else_writes_it_and_a_danger_is_still_known(talk: Conversation) -> None:
    state = DialogueState(topics=ASKED[:1], choices=ASKED[1:3], dangers=("held",))
    key = talk.actions.encode(Action("not-said", "en", 41))
    turn = talk.press(key, Context(TODAY, state=state))
    assert turn.state == DialogueState(dangers=("held",))
    assert turn.counted == NOTHING_COUNTED
    assert "write your question in words" in turn.reply.text
    assert any("urgent" in verbs(talk, row) for row in turn.reply.rows)
