"""The fixed reply to somebody in danger: every danger, person, place and level, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from bot.content_tools.load.build import Content, read_content
from bot.dialogue.campaign import DangerKind
from bot.dialogue.conversation import Conversation
from bot.dialogue.corpus import UNKNOWN_PLACE, WHO
from bot.dialogue.render import Renderer
from bot.dialogue.reply import Context, Message
from bot.dialogue.safety import Alarm, SafetyLane
from bot.dialogue.telegram_limits import plain
from bot.dialogue.urgent_reply import urgent_paragraphs
from bot.i18n import read_phrases
from tests.conftest import ROOT, TODAY

LONGEST, LONGEST_SELF_HARM = 700, 500
"""Characters of a whole reply, as plain text; of the words to somebody who may hurt himself."""
SCREEN = {
    "en": ("Read this when nobody sees your screen",) * 2,
    "ar": ("اقرأ هذا حين لا يرى أحد شاشتك", "اقرئي هذا حين لا يرى أحد شاشتكِ"),
}
"""The warning not to be read over the shoulder, to a man and to a woman."""
WARNING = {"en": r"do not dial it in Russia", "ar": r"لا ت?ي?تصلي? به (أحد )?من روسيا"}
PROMISES = re.compile(
    r"we will help|you will be safe|guarantee|you are safe|anonymous|encrypted|نضمن|ستكون بأمان|أنت بأمان|لن تُسجن|سنساعدك"
)
WAYS_OUT = re.compile(r"spasisebyabot|hochuzhit|iditelesom|@\w|t\.me|\+38")
MASCULINE = re.compile(
    r"(?<![\w])(اذهب|اتصل|قل|لا تقرر|ابتعد|لا توقّع|احفظ|أخبر|ابقَ|كرّر|اقرأ|لا تتصل|لا تدفع|لا ترسل|لا تسافر|اكتب|أنت"
    r"|تشعر|تستطيع|تثق|تفكر|لست|كنت|إليك|عليك|معك|نفسك|جوازك|أوراقك|وحدك|تسكن)(?![\w\u064b-\u0652])"
)
"""Words to a man that a woman must not read. «كِ» ends those to a woman."""

_read = read_content(ROOT / "content").content
assert _read is not None
CONTENT: Content = _read
CAMPAIGN = CONTENT.campaign
SAY = read_phrases(ROOT / "locales", CAMPAIGN.languages)
LANE = SafetyLane(CONTENT.safety, CAMPAIGN.dangers)
RENDER = Renderer(CAMPAIGN, SAY)
PLACES = (*CAMPAIGN.places, UNKNOWN_PLACE)
DANGERS = [danger for danger in CAMPAIGN.dangers if danger.id != "unknown"]


@dataclass(frozen=True)
class Said:
    """One composed reply and what it answers."""

    language: str
    kind: DangerKind
    who: str
    place: str
    level: str
    text: str

    @property
    def abroad(self) -> bool:
        """Whether the emergency number may not be dialled there."""
        return self.place in CAMPAIGN.places and not CAMPAIGN.places[self.place].emergency

    @property
    def own(self) -> bool:
        """Whether the writer is in danger."""
        return self.who in ("self", "woman")


def composed(language: str, kind: DangerKind, who: str, place: str, level: str) -> Said:
    """A reply as the asker reads it."""
    asks = level == "ask" and kind.ask_first
    alarm = Alarm(level, kind.id, place, who, (), asks=asks, alone=kind.alone)  # type: ignore[arg-type]
    paragraphs = urgent_paragraphs(
        LANE.replies[language], alarm, kind, LANE.safe_word(language),
        abroad=place in CAMPAIGN.places and not CAMPAIGN.places[place].emergency,
        language=language, render=RENDER, today=TODAY,
    )  # fmt: skip
    return Said(language, kind, who, place, level, "\n\n".join(map(plain, paragraphs)))


def every() -> Iterator[Said]:
    """All replies there are."""
    for language in CAMPAIGN.languages:
        for kind in CAMPAIGN.dangers:
            for who in WHO:
                for place in PLACES:
                    for level in ("full", "ask"):
                        yield composed(language, kind, who, place, level)


EVERY = tuple(every())


def those(**wanted: object) -> tuple[Said, ...]:
    """The replies that are so; never none."""
    found = tuple(said for said in EVERY if all(getattr(said, name) == value for name, value in wanted.items()))
    assert found
    return found


def test_every_combination_was_composed() -> None:
    assert len(EVERY) == 2 * len(CAMPAIGN.dangers) * len(WHO) * len(PLACES) * 2


@pytest.mark.parametrize("danger", CAMPAIGN.dangers, ids=lambda kind: kind.id)
def test_a_reply_is_short(danger: DangerKind) -> None:
    for said in those(kind=danger):
        assert 0 < len(said.text) <= LONGEST, (said.who, said.place, said.level, said.language, len(said.text))


@pytest.mark.parametrize("language", CAMPAIGN.languages)
def test_the_words_to_somebody_who_may_hurt_himself_are_shorter_still(language: str) -> None:
    for key in ("self-harm", "self-harm-abroad"):
        for who, words in LANE.replies[language].now[key].items():
            assert len(RENDER.paragraph(words, language, TODAY)) <= LONGEST_SELF_HARM, (key, who)


def test_a_reply_says_that_nobody_reads_it_and_how_to_see_it_again() -> None:
    for said in EVERY:
        assert ("program" in said.text and "none of us reads" in said.text) or (
            "برنامج" in said.text and "لا يقرأ أحد" in said.text
        )
        assert str(LANE.safe_word(said.language)) in said.text


def test_nothing_is_promised_and_no_way_out_of_the_war_is_sold() -> None:
    for said in EVERY:
        assert not PROMISES.search(said.text), said
        assert not WAYS_OUT.search(said.text), said


def test_no_placeholder_is_left() -> None:
    for said in EVERY:
        assert "{" not in said.text and "}" not in said.text


# ---- the screen that may be seen (W30)


def test_who_may_be_watched_is_warned_first_of_all() -> None:
    for said in EVERY:
        to_man, to_woman = SCREEN[said.language]
        warning = to_woman if said.who == "woman" else to_man
        may_be_seen = said.own and said.kind.watched and (said.abroad or said.place == UNKNOWN_PLACE)
        assert said.text.startswith(warning) == may_be_seen, said


def test_who_is_held_forced_or_in_that_army_may_be_watched() -> None:
    watched = {kind.id for kind in CAMPAIGN.dangers if kind.watched}
    assert {"held", "in-camp", "at-front", "wounded", "detained", "papers-taken", "deserted", "exploited"} <= watched


def test_a_family_is_not_told_to_hide_its_screen() -> None:
    for said in EVERY:
        if not said.own:
            assert not any(warning in said.text for warning in SCREEN[said.language])


# ---- the emergency number (W1, W18)


def test_nobody_is_told_to_dial_where_the_number_may_not_be_dialled() -> None:
    number = CAMPAIGN.contacts[str(CAMPAIGN.emergency_contact)].value
    assert number
    for said in EVERY:
        if number not in said.text or not said.abroad:
            continue
        assert re.search(WARNING[said.language], said.text), said
        assert not re.search(r"Call now|اتصل الآن|اتصلي الآن|اتصلوا الآن", said.text), said


def test_where_nobody_knows_the_place_the_number_stands_with_where_it_works() -> None:
    number = str(CAMPAIGN.contacts[str(CAMPAIGN.emergency_contact)].value)
    for said in those(place=UNKNOWN_PLACE):
        if number in said.text:
            assert re.search(r"[Ii]nside Iraq|in Iraq|داخل العراق|في العراق", said.text), said
            assert not re.search(r"Call now|اتصل الآن|اتصلي الآن|اتصلوا الآن", said.text), said


def test_somebody_held_in_iraq_gets_the_number_at_once() -> None:
    number = str(CAMPAIGN.contacts[str(CAMPAIGN.emergency_contact)].value)
    for said in those(kind=LANE.kind("held"), place="iraq"):
        assert number in said.text
        assert not re.search(WARNING[said.language], said.text)


def test_officials_who_hold_somebody_are_not_called() -> None:
    number = str(CAMPAIGN.contacts[str(CAMPAIGN.emergency_contact)].value)
    for said in those(kind=LANE.kind("detained"), place="iraq"):
        assert number not in said.text


# ---- self-harm (W31)


def test_nothing_but_care_stands_beside_self_harm() -> None:
    for said in those(kind=LANE.kind("self-harm")):
        assert not re.search(r"Red Crescent|الهلال الأحمر|Foreign Ministry|وزارة الخارجية|prison|سجن|sin\b", said.text)
        assert not re.search(r"embassy|سفارة|I Want to Live|أريد أن أعيش", said.text)
        assert re.search(r"[Dd]ecide nothing tonight|لا تقرري? شيئاً هذه الليلة", said.text)


def test_the_question_to_somebody_who_may_hurt_himself_names_it() -> None:
    for said in those(kind=LANE.kind("self-harm"), level="ask", who="self"):
        question = {"en": "Are you thinking of hurting yourself?", "ar": "هل تفكر في أن تؤذي نفسك؟"}[said.language]
        assert said.text.startswith(question)


@pytest.mark.parametrize("level", ["full", "ask"])
@pytest.mark.parametrize("language", CAMPAIGN.languages)
def test_no_topic_of_the_classifier_stands_under_self_harm(scripted: Conversation, language: str, level: str) -> None:
    kind = LANE.kind("self-harm")
    alarm = Alarm(level, kind.id, UNKNOWN_PLACE, "self", kind.topics, asks=level == "ask", alone=kind.alone)  # type: ignore[arg-type]
    utterance = scripted.read("law-prison-term")
    turn = scripted._urgent(alarm, language, Context(TODAY, question_id=5), utterance)
    actions = [scripted.actions.decode(button.action or "") for button in turn.reply.buttons]
    assert kind.alone
    assert all(action is not None and not action.topics for action in actions)
    assert turn.choices == ()


def test_the_button_yes_after_the_question_on_self_harm_shows_no_topic_either(scripted: Conversation) -> None:
    turn = scripted._urgent(LANE.alarm("self-harm"), "en", Context(TODAY, question_id=5), None)
    assert turn.choices == () and turn.urgent == "full"


# ---- the bereaved


def test_the_bereaved_get_no_question() -> None:
    kind = LANE.kind("killed")
    assert not kind.ask_first
    for said in those(kind=kind):
        assert "?" not in said.text and "؟" not in said.text, said
        assert re.search(r"^We are so sorry|^نأسف", said.text)


@pytest.mark.parametrize("text", ["they killed my brother in the war in russia", "اخوي استشهد بروسيا"])
def test_no_yes_or_no_stands_under_the_reply_to_the_bereaved(scripted: Conversation, text: str) -> None:
    turn = scripted._urgent(replace(LANE.alarm("killed"), level="ask"), "en", Context(TODAY), scripted.read(text))
    verbs = [action.verb for button in turn.reply.buttons if (action := scripted.actions.decode(button.action or ""))]
    assert "not-urgent" not in verbs and "urgent" not in verbs


# ---- deserters and families


def test_deserters_are_not_asked_where_they_are() -> None:
    for said in those(kind=LANE.kind("deserted")):
        if said.own:
            assert re.search(
                r"Tell nobody in writing where you are|لا تكتبي? مكانكِ? ?لأحد|لا تكتب مكانك لأحد", said.text
            )
            assert not re.search(r"where you are if that is safe|أين أنتِ? إن كان", said.text)
        else:
            assert re.search(r"Do not ask him where he is|لا تسألوه أين هو", said.text)
        assert not re.search(r"Foreign Ministry|وزارة الخارجية|911", said.text), said


def test_families_are_never_told_to_stay_under_cover() -> None:
    for said in EVERY:
        if not said.own:
            assert not re.search(r"[Ss]tay (down|under cover|in cover)|take cover|تحت ساتر", said.text), said


def test_families_read_their_own_words_and_the_writer_his() -> None:
    for kind in DANGERS:
        for language in CAMPAIGN.languages:
            words = LANE.replies[language].now[kind.id]
            assert "relative" in words
            for said in those(kind=kind, language=language, who="relative", place="iraq", level="full"):
                first = plain(RENDER.paragraph(words["relative"].split("\n\n")[0], language, TODAY))
                assert first in said.text


def test_a_friend_reads_what_a_family_reads() -> None:
    for said in those(who="friend"):
        assert said.text == composed(said.language, said.kind, "relative", said.place, said.level).text


def test_whoever_is_there_himself_is_not_told_how_to_search_for_the_missing() -> None:
    for said in EVERY:
        tracing = re.search(r"search for a missing person|للبحث عن مفقود", said.text)
        assert bool(tracing) == (said.kind.tracing and not said.own), said


def test_the_embassys_address_is_for_whoever_is_free_to_move() -> None:
    for said in EVERY:
        if said.kind.id in ("in-camp", "at-front", "wounded", "captured", "deserted", "held", "detained"):
            assert not re.search(r"Pogodinskaya|free to move|حراً في الحركة|حرة في الحركة", said.text), said


# ---- women (W32)


TO_THE_WRITER = [kind for kind in CAMPAIGN.dangers if "self" in LANE.replies["ar"].now[kind.id]]
"""Of the others only families write."""


@pytest.mark.parametrize("kind", TO_THE_WRITER, ids=lambda kind: kind.id)
def test_a_woman_is_addressed_as_one(kind: DangerKind) -> None:
    words = LANE.replies["ar"].now[kind.id]
    assert "woman" in words
    assert MASCULINE.search(words["self"]), "the positive control"
    for said in those(kind=kind, who="woman", language="ar"):
        own = [
            line for line in said.text.split("\n\n") if not line.startswith(("خيراً", "كلمة", "هذا برنامج", "هل هناك"))
        ]
        # What she is to say to others is said in their gender, and stands after a colon.
        spoken = [re.split(r":", line)[0] if "قولي" in line else line for line in own]
        assert not MASCULINE.search("\n".join(spoken)), (said.place, MASCULINE.search("\n".join(spoken)))


def test_a_woman_who_is_exploited_is_not_sent_to_her_family() -> None:
    for said in EVERY:
        if said.kind.id in ("exploited", "blackmailed") and said.own:
            assert not re.search(r"your family|أهلك", said.text), said


# ---- the reply as a whole turn


@pytest.mark.parametrize("language", CAMPAIGN.languages)
@pytest.mark.parametrize("danger", CAMPAIGN.dangers, ids=lambda kind: kind.id)
def test_the_keys_lead_on(scripted: Conversation, danger: DangerKind, language: str) -> None:
    for level in ("full", "ask"):
        alarm = Alarm(level, danger.id, "iraq", "self", danger.topics, asks=level == "ask" and danger.ask_first)
        turn = scripted._urgent(alarm, language, Context(TODAY, question_id=7), scripted.read("zzz"))
        verbs = [
            action.verb for button in turn.reply.buttons if (action := scripted.actions.decode(button.action or ""))
        ]
        assert "contacts" in verbs and "hide" in verbs
        assert (verbs[:2] == ["urgent", "not-urgent"]) == alarm.asks
        assert (turn.outcome, turn.urgent, turn.danger, turn.place) == ("urgent", level, danger.id, "iraq")
        assert turn.state.dangers == (danger.id,)
        assert turn.state.question == ("danger" if alarm.asks else None)


@pytest.mark.parametrize("button", ["/urgent", "/sos", "🆘", "SOS", "sos!", "palm tree", "نخلة"])
def test_the_help_comes_without_a_word_about_the_danger(scripted: Conversation, button: str) -> None:
    turn = scripted.respond(Message(button), Context(TODAY, question_id=7))
    assert (turn.urgent, turn.danger, turn.place) == ("full", "unknown", UNKNOWN_PLACE)
