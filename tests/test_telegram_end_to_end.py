"""The Telegram channel as a process against the simulator, in both modes: what a person sees."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.simulator.client import Telegram, buttons, key, until
from tests.simulator.fixtures import Bot, pair, running, telegram, user

__all__ = ["pair", "telegram", "user"]


SIZE = {"file_unique_id": "u", "width": 1, "height": 1}


def test_a_question_is_answered_in_its_own_language(telegram: Telegram, user: int) -> None:
    english = telegram.ask(user, "what is the prison term?")
    assert "Answer: The prison term <&>." in english["text"]
    assert "🆘 Urgent help" in buttons(english)
    arabic = telegram.ask(user + 1, "شنو عقوبة السجن؟")
    assert "جواب: عقوبة السجن" in arabic["text"]


def test_replies_have_no_preview_and_are_html(telegram: Telegram, user: int) -> None:
    telegram.ask(user, "what is the prison term?")
    call = next(one for one in reversed(telegram("calls", method="sendMessage")) if one["values"]["chat_id"] == user)
    assert call["values"]["link_preview_options"] == {"is_disabled": True}
    assert call["values"]["parse_mode"] == "HTML"
    assert "disable_notification" not in call["values"]


def test_a_button_edits_its_message_and_is_answered(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "what is the prison term?")
    after = telegram.press(user, message, key(message, "ts"))
    assert after is not None
    assert "Choose a shelf" in after["text"]
    assert len(telegram.said(user)) == 1


def test_a_button_of_an_unreachable_message_gets_a_new_one(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "what is the prison term?")
    button = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    telegram("remove", user=user, message_id=message["message_id"])
    telegram("press", user=user, message_id=message["message_id"], data=button, force=True)
    fresh = until(lambda: [one for one in telegram.said(user) if one["message_id"] != message["message_id"]], 5)
    assert "The prison term" in fresh[0]["text"]


@pytest.mark.parametrize("data", ["", "old:stuff", "1:t:en::ffffff", "1:zz:en::", "9" * 64])
def test_an_unknown_button_gets_a_fresh_menu(telegram: Telegram, user: int, data: str) -> None:
    message = telegram.ask(user, "what is the prison term?")
    query = telegram("press", user=user, message_id=message["message_id"], data=data or "x", force=True)
    assert until(lambda: telegram("callback", id=query["callback_query_id"]), 5)
    telegram.idle()
    shown = telegram.said(user)[-1]
    assert "🆘 Urgent help" in buttons(shown)


def test_the_rest_of_a_question_edits_the_answer(telegram: Telegram, user: int) -> None:
    first = telegram.ask(user, "hello")
    telegram("say", user=user, text="what is the prison term?")
    assert until(lambda: "prison term" in telegram.said(user)[0]["text"], 5)
    telegram.idle()
    assert [one["message_id"] for one in telegram.said(user)] == [first["message_id"]]


def test_ten_forwards_give_one_reply(telegram: Telegram, user: int) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "x", "date": 1}
    for number in range(10):
        telegram("say", user=user, text=f"salary {number} dollars", content={"forward_origin": origin})
    telegram.idle()
    said = telegram.said(user)
    assert len(said) == 1
    assert "Warning signs: high-pay" in said[0]["text"]


def test_an_album_gives_one_reply(telegram: Telegram, user: int) -> None:
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    for number in range(5):
        content = {"photo": photo, "media_group_id": "g", **({"caption": "salary 3000"} if number == 2 else {})}
        telegram("say", user=user, content=content)
    telegram.idle()
    said = telegram.said(user)
    assert len(said) == 1
    assert "Warning signs" in said[0]["text"]


def test_a_cry_for_help_is_not_wiped_away_by_what_follows(telegram: Telegram, user: int) -> None:
    urgent = telegram.ask(user, "they locked me")
    assert urgent["text"].startswith("URGENT")
    telegram("say", user=user, text="what is the prison term?")
    telegram.idle()
    assert telegram.said(user)[0]["text"].startswith("URGENT")


def test_urgent_replies_are_silent(telegram: Telegram, user: int) -> None:
    assert telegram.ask(user, "they locked me")["_silent"]


def test_an_edited_question_edits_its_answer(telegram: Telegram, user: int) -> None:
    said = telegram("say", user=user, text="what is the prison term?")
    answer = telegram.next(user, 0)
    telegram("edit", user=user, message_id=said["message_id"], text="what is the amnesty?")
    assert until(lambda: "amnesty" in telegram.said(user)[0]["text"], 5)
    assert [one["message_id"] for one in telegram.said(user)] == [answer["message_id"]]


def test_an_edit_of_a_forgotten_question_is_answered_anew(telegram: Telegram, user: int) -> None:
    said = telegram("say", user=user, text="what is the prison term?")
    telegram.next(user, 0)
    telegram.ask(user, "/forget")
    telegram("edit", user=user, message_id=said["message_id"], text="what is the amnesty?")
    assert "amnesty" in telegram.next(user, 2)["text"]


def test_hide_deletes_question_and_answer(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "what is the prison term?")
    assert telegram.press(user, message, key(message, "h")) is None
    assert all(one.get("_deleted") for one in telegram("chat", chat=user))


def test_hide_works_after_other_screens_were_shown_in_the_message(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "what is the prison term?")
    message = telegram.press(user, message, key(message, "ts"))
    assert message is not None
    message = telegram.press(user, message, "law")
    assert message is not None
    assert telegram.press(user, message, key(message, "h")) is None
    assert all(one.get("_deleted") for one in telegram("chat", chat=user))


def test_hide_takes_every_part_of_a_question_and_of_a_long_answer(telegram: Telegram, user: int) -> None:
    telegram.ask(user, "tell me")
    telegram("say", user=user, text="the story")
    telegram.idle()
    message = telegram.said(user)[0]
    telegram.press(user, message, "More and sources")
    assert len(telegram.said(user)) == 3
    assert buttons(telegram.said(user)[0]) == ["Hide"]
    telegram.press(user, telegram.said(user)[1], key(telegram.said(user)[1], "h"))
    assert all(one.get("_deleted") for one in telegram("chat", chat=user))


def test_what_is_too_old_to_hide_is_said_honestly(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "what is the prison term?")
    for one in telegram("chat", chat=user):
        telegram("age", chat=user, message_id=one["message_id"], seconds=49 * 3600)
    after = telegram.press(user, message, key(message, "h"))
    assert after is not None
    assert "48 hours" in after["text"]


def test_hide_as_a_reply_hides_that_message_and_the_command(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "what is the prison term?")
    telegram("say", user=user, text="/hide", reply_to=message["message_id"])
    assert until(lambda: all(one.get("_deleted") for one in telegram("chat", chat=user)), 5)


def test_forget_deletes_its_own_command(telegram: Telegram, user: int) -> None:
    telegram.ask(user, "/language")
    said = telegram("say", user=user, text="/forget")
    telegram.next(user, 1)
    chat = until(lambda: [one for one in telegram("chat", chat=user) if one.get("_deleted")], 5)
    assert [one["message_id"] for one in chat] == [said["message_id"]]


def test_a_chosen_language_is_remembered_until_forgotten(telegram: Telegram, user: int) -> None:
    menu = telegram.ask(user, "/language", lang="en")
    telegram.press(user, menu, "العربية")
    assert "🆘 Urgent help" not in buttons(telegram.ask(user, "/help"))
    telegram.ask(user, "/forget")
    assert "🆘 Urgent help" in buttons(telegram.ask(user, "/help"))


def test_a_deep_link_opens_its_topic(telegram: Telegram, user: int) -> None:
    from bot.dialogue.screens import start_payload

    assert "The amnesty" in telegram.ask(user, f"/start {start_payload('law-amnesty', 'poster')}")["text"]
    assert telegram.ask(user, "/start nonsense$%")["text"]


def test_a_very_long_answer_is_split_with_its_keyboard_at_the_end(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, "the story")
    telegram.press(user, message, "More and sources")
    parts = telegram.said(user)
    assert len(parts) == 3
    assert telegram.press(user, parts[-1], key(parts[-1], "ts")) is None
    assert len(telegram.said(user)) == 1


def test_old_questions_get_one_silent_neutral_line(telegram: Telegram, user: int) -> None:
    for minutes in (300, 200, 100):
        telegram("say", user=user, text="what is the prison term?", date=int(time.time()) - 60 * minutes)
    telegram.idle()
    (only,) = telegram.said(user)
    assert only["text"] == "I am back. Ask me again when it suits you."
    assert only["_silent"]


def test_late_answers_are_silent(telegram: Telegram, user: int) -> None:
    said = telegram.ask(user, "what is the prison term?", date=int(time.time()) - 1200)
    assert "prison term" in said["text"]
    assert said["_silent"]


def test_a_fault_inside_is_said_and_the_help_stays(telegram: Telegram, user: int, pair: tuple[Telegram, Bot]) -> None:
    said = telegram.ask(user, "explode please 07701234567")
    assert "Something went wrong" in said["text"]
    assert "🆘 Urgent help" in buttons(said)
    assert "internal-error" in pair[1].said
    assert "07701234567" not in pair[1].said


def test_inline_cards_come_fast_and_equal_the_answer(telegram: Telegram, user: int) -> None:
    query = telegram("inline", user=user, query="amnesty")["inline_query_id"]
    answer = until(lambda: telegram("cards", id=query), 5)
    assert answer["seconds"] < 0.3
    assert answer["is_personal"] is True
    card = answer["results"][0]
    told = telegram.ask(user, "amnesty")
    from tests.simulator.markup import parsed

    assert parsed({"text": card["input_message_content"]["message_text"], "parse_mode": "HTML"})[0] == told["text"]
    assert card["reply_markup"]["inline_keyboard"][0][0]["url"].startswith("https://t.me/sim_faq_bot?start=")


def test_an_empty_inline_query_shows_topics_and_is_not_cached(telegram: Telegram, user: int) -> None:
    query = telegram("inline", user=user, query="")["inline_query_id"]
    answer = until(lambda: telegram("cards", id=query), 5)
    assert len(answer["results"]) == 4
    assert answer["cache_time"] == 0


def test_floods_are_told_once_and_urgent_help_still_works(telegram: Telegram, user: int) -> None:
    for number in range(70):
        telegram("say", user=user, text=f"/help {number}")
    telegram.idle(30)
    said = telegram.said(user)
    notices = [one for one in said if "That was a lot at once" in one["text"]]
    assert len(notices) == 1
    assert len(said) <= 63
    assert telegram.ask(user, "they locked me")["text"].startswith("URGENT")


# ---- groups


@pytest.fixture
def group(user: int) -> int:
    return -1_000_000 - user


def quiet(telegram: Telegram, group: int) -> bool:
    telegram.idle()
    return not telegram.said(group)


@pytest.mark.parametrize(
    "text",
    ["what is the prison term?", "/start@other_bot", "/unknown", "hello @sim_faq_bots", "they locked me", "amber"],
)
def test_a_group_is_left_alone(telegram: Telegram, user: int, group: int, text: str) -> None:
    telegram("say", user=user, chat=group, text=text)
    assert quiet(telegram, group)


@pytest.mark.parametrize("text", ["@sim_faq_bot what is the prison term?", "the prison term @Sim_FAQ_bot"])
def test_a_group_that_names_the_bot_gets_one_short_reply(telegram: Telegram, user: int, group: int, text: str) -> None:
    said = telegram("say", user=user, chat=group, text=text)
    answer = telegram.next(group, 0)
    assert "prison term" in answer["text"]
    assert answer["reply_to_message"]["message_id"] == said["message_id"]
    assert len(answer["text"]) <= 900
    assert "Ask the bot" in buttons(answer)
    telegram.idle()
    assert len(telegram.said(group)) == 1


def test_a_group_gets_one_short_message_even_of_a_long_answer(telegram: Telegram, user: int, group: int) -> None:
    telegram("say", user=user, chat=group, text="/help@sim_faq_bot")
    message = telegram.next(group, 0)
    telegram("say", user=user, chat=group, text="the story", reply_to=message["message_id"])
    story = telegram.next(group, 1)
    query = telegram("press", user=user, chat=group, message_id=story["message_id"], label="More and sources")
    assert until(lambda: telegram("callback", id=query["callback_query_id"]), 5)
    telegram.idle()
    said = telegram.said(group)
    assert len(said) == 2
    assert all(len(one["text"]) <= 900 for one in said)


def test_naming_the_bot_under_an_offer_checks_the_offer(telegram: Telegram, user: int, group: int) -> None:
    offer = telegram("say", user=user, chat=group, text="salary 3000 dollars, write me")
    telegram("say", user=user, chat=group, text="@sim_faq_bot", reply_to=offer["message_id"])
    assert "Warning signs" in telegram.next(group, 0)["text"]


def test_hiding_in_a_group_takes_the_bots_message_away(telegram: Telegram, user: int, group: int) -> None:
    telegram("say", user=user, chat=group, text="@sim_faq_bot the prison term")
    answer = telegram.next(group, 0)
    telegram("press", user=user, chat=group, message_id=answer["message_id"], label=key(answer, "h"))
    assert until(lambda: not telegram.said(group), 5)
    telegram.idle()
    assert not telegram.said(group)


# ---- pictures


def test_pictures_are_read_where_that_is_switched_on(tmp_path: Path) -> None:
    with running("polling", tmp_path) as (telegram, bot):
        bot.start({"TABAYYAN_LOG_LEVEL": "DEBUG"})
        telegram("file", name="advert", hex=b"salary 3000 dollars".hex())
        telegram("file", name="blank", hex="")
        telegram("file", name="huge", hex="00" * 5_000_001)

        def shown(user: int, name: str) -> str:
            sizes = [{**SIZE, "file_id": name}]
            telegram("say", user=user, content={"photo": sizes})
            return str(telegram.next(user, 0, 20)["text"])

        assert "Warning signs: high-pay" in shown(11, "advert")
        for user, name in ((12, "blank"), (13, "huge"), (14, "missing")):
            assert "type or paste its text" in shown(user, name)
        telegram(
            "say", user=15, chat=-15, content={"photo": [{**SIZE, "file_id": "advert"}], "caption": "@sim_faq_bot"}
        )
        telegram.idle()
        assert len(telegram("calls", method="getFile")) == 4
        assert "salary" not in bot.said
