"""Parsed word files -> the words of the urgent lane, the offer checker and small talk.

Each function takes a language code and what stands in its file, as plain dicts, lists and strings, and raises
ValueError("key path: what is wrong. How to mend it.") for the first thing that it cannot read.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from typing import Any

import yaml

from bot.dialogue.offers import OfferReport, OfferWords, SignWords
from bot.dialogue.safety import UNKNOWN, DangerWords, SafetyWords
from bot.dialogue.smalltalk import SmallTalkKind
from bot.dialogue.urgent_reply import UrgentReply
from bot.nlu.patterns import PatternError, Vocabulary

LAST_RESORT_LANGUAGES = ("ar", "en")


def safety_words(language: str, data: Mapping[str, Any]) -> SafetyWords:
    """What stands in `_safety.yaml`."""
    top = _mapping(data, "")
    _only(
        top,
        "",
        ("safe_words", "groups", "negations", "cancels", "softens", "dangers", "people", "places", "steering", "reply"),
    )
    groups = _groups(top)
    dangers = []
    for name, value in _mapping(_needed(top, "", "dangers"), "dangers").items():
        where = f"dangers.{name}"
        danger = _mapping(value, where)
        _only(danger, where, ("strong", "weak"))
        dangers.append(
            DangerWords(
                name,
                _patterns(danger.get("strong"), f"{where}.strong", groups),
                _patterns(danger.get("weak"), f"{where}.weak", groups),
            )
        )
    people = _part(top, "people", ("self", "relatives"))
    places = _mapping(top.get("places", {}), "places")
    steering = _part(top, "steering", ("enlisting", "recruiting"))
    return SafetyWords(
        language=language,
        safe_words=_lines(_needed(top, "", "safe_words"), "safe_words"),
        groups=groups,
        negations=_patterns(top.get("negations"), "negations", groups),
        cancels=_patterns(top.get("cancels"), "cancels", groups),
        softens=_patterns(top.get("softens"), "softens", groups),
        dangers=tuple(dangers),
        self_words=_patterns(people.get("self"), "people.self", groups),
        relatives=_patterns(people.get("relatives"), "people.relatives", groups),
        places={place: _patterns(lines, f"places.{place}", groups) for place, lines in places.items()},
        enlisting=_patterns(steering.get("enlisting"), "steering.enlisting", groups),
        recruiting=_patterns(steering.get("recruiting"), "steering.recruiting", groups),
        reply=_urgent_reply(_mapping(_needed(top, "", "reply"), "reply")),
    )


def _urgent_reply(data: Mapping[str, Any]) -> UrgentReply:
    _only(
        data,
        "reply",
        (
            *("full", "ask", "now", "contacts", "machine", "kindness", "again"),
            *("tracing", "mission", "watched", "note", "neutral", "question"),
        ),
    )
    now = {
        name: _by_person(value, f"reply.now.{name}")
        for name, value in _mapping(_needed(data, "reply", "now"), "reply.now").items()
    }
    if UNKNOWN not in now:
        raise ValueError(f"reply.now: the sentences for {UNKNOWN} are missing. Add the key {UNKNOWN}.")
    contacts = _mapping(_needed(data, "reply", "contacts"), "reply.contacts")
    questions = _mapping(data.get("question", {}), "reply.question")
    return UrgentReply(
        full=_sentence(data, "reply", "full"),
        ask=_sentence(data, "reply", "ask"),
        now=now,
        contacts={
            place: _by_person(_needed(contacts, "reply.contacts", place), f"reply.contacts.{place}")
            for place in (*contacts, UNKNOWN)
        },
        machine=_sentence(data, "reply", "machine"),
        kindness=_sentence(data, "reply", "kindness"),
        again=_sentence(data, "reply", "again"),
        tracing=_sentence(data, "reply", "tracing") if "tracing" in data else "",
        note=_sentence(data, "reply", "note") if "note" in data else "",
        neutral=_sentence(data, "reply", "neutral") if "neutral" in data else "",
        mission=_by_person(data["mission"], "reply.mission") if "mission" in data else {},
        watched=_by_person(data["watched"], "reply.watched") if "watched" in data else {},
        questions={danger: _by_person(words, f"reply.question.{danger}") for danger, words in questions.items()},
    )


def _by_person(value: object, where: str) -> dict[str, str]:
    """One text for everybody, or one for each who may be in danger."""
    if isinstance(value, Mapping):
        _only(value, where, ("self", "woman", "relative", "private"))
        return {who: _text(text, f"{where}.{who}") for who, text in value.items()}
    return {"self": _text(value, where)}


def offer_words(language: str, data: Mapping[str, Any]) -> OfferWords:
    """What stands in `_offers.yaml`."""
    top = _mapping(data, "")
    _only(top, "", ("groups", "offer", "not_an_offer", "signs", "report"))
    groups = _groups(top)
    offer = _part(top, "offer", ("calls", "terms"))
    against = _part(top, "not_an_offer", ("questions", "warnings", "news"))
    listed = _mapping(_needed(top, "", "signs"), "signs")
    signs = []
    for name, value in listed.items():
        where = f"signs.{name}"
        sign = _mapping(value, where)
        _only(sign, where, ("name", "why", "ask", "only_with", "not_with", "words", "not_words"))
        others = {key: _lines(sign.get(key, []), f"{where}.{key}") for key in ("only_with", "not_with")}
        for key, ids in others.items():
            for other in ids:
                if other not in listed:
                    raise ValueError(f"{where}.{key}: no sign is called {other}. {_nearest(other, tuple(listed))}")
        signs.append(
            SignWords(
                id=name,
                name=_sentence(sign, where, "name"),
                why=_sentence(sign, where, "why"),
                ask=_sentence(sign, where, "ask"),
                patterns=_patterns(sign.get("words"), f"{where}.words", groups),
                without=_patterns(sign.get("not_words"), f"{where}.not_words", groups),
                only_with=others["only_with"],
                not_with=others["not_with"],
            )
        )
    report = _part(top, "report", ("found", "nothing_found", "ask", "more", "next"))
    return OfferWords(
        language=language,
        groups=dict(groups),
        calls=_patterns(offer.get("calls"), "offer.calls", groups),
        terms=_patterns(offer.get("terms"), "offer.terms", groups),
        questions=_patterns(against.get("questions"), "not_an_offer.questions", groups),
        warnings=_patterns(against.get("warnings"), "not_an_offer.warnings", groups),
        news=_patterns(against.get("news"), "not_an_offer.news", groups),
        signs=tuple(signs),
        report=OfferReport(
            **{key: _sentence(report, "report", key) for key in ("found", "nothing_found", "ask", "more", "next")}
        ),
    )


def small_talk_kinds(language: str, data: Mapping[str, Any]) -> tuple[SmallTalkKind, ...]:
    """What stands in `_smalltalk.yaml`."""
    top = _mapping(data, "")
    _only(top, "", ("kinds",))
    kinds = []
    for name, value in _mapping(_needed(top, "", "kinds"), "kinds").items():
        where = f"kinds.{name}"
        kind = _mapping(value, where)
        _only(kind, where, ("wordings", "reply", "doors"))
        wordings = _mapping(_needed(kind, where, "wordings"), f"{where}.wordings")
        listed = {variety: _lines(texts, f"{where}.wordings.{variety}") for variety, texts in wordings.items()}
        doors = _lines(kind.get("doors", []), f"{where}.doors")
        kinds.append(SmallTalkKind(name, language, _sentence(kind, where, "reply"), doors, listed))
    return tuple(kinds)


def last_resort() -> tuple[SafetyWords, ...]:
    """The lane's words that ship with the program, for when the content is gone."""
    folder = resources.files("bot.content_tools.load") / "last_resort"
    return tuple(
        safety_words(
            language,
            yaml.load((folder / f"{language}_safety.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader),  # noqa: S506 - strings only
        )
        for language in LAST_RESORT_LANGUAGES
    )


# ---- reading


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where or 'file'}: keys with values are expected here. Write one `key: value` a line.")
    return value


def _only(data: Mapping[str, Any], where: str, known: tuple[str, ...]) -> None:
    for key in data:
        if key not in known:
            path = f"{where}.{key}" if where else key
            raise ValueError(f"{path}: this key is not known here. {_nearest(key, known)}")


def _needed(data: Mapping[str, Any], where: str, key: str) -> object:
    if key not in data:
        path = f"{where}.{key}" if where else key
        raise ValueError(f"{path}: this key is missing. Add it.")
    return data[key]


def _part(top: Mapping[str, Any], name: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    part = _mapping(top.get(name, {}), name)
    _only(part, name, known)
    return part


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: a text is expected here. Write a sentence.")
    return value.strip()


def _sentence(data: Mapping[str, Any], where: str, key: str) -> str:
    return _text(_needed(data, where, key), f"{where}.{key}")


def _lines(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: a list is expected here. Begin each line with `- `.")
    return tuple(_text(line, f"{where}[{number}]") for number, line in enumerate(value, 1))


class _Groups(dict[str, tuple[str, ...]]):
    """A file's named groups, and a vocabulary in which its patterns are tried while they are read."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(groups)
        self.trial = Vocabulary()


def _groups(top: Mapping[str, Any]) -> _Groups:
    found = _mapping(top.get("groups", {}), "groups")
    return _Groups({name: _lines(lines, f"groups.{name}") for name, lines in found.items()})


def _patterns(value: object, where: str, groups: _Groups) -> tuple[str, ...]:
    """Lines of patterns: a list, or lists by variety (iq, msa, arabizi, mixed ...). Each one is tried at once."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(line for name, part in value.items() for line in _patterns(part, f"{where}.{name}", groups))
    lines = _lines(value, where)
    for number, line in enumerate(lines, 1):
        try:
            groups.trial.compile(line, groups)
        except PatternError as problem:
            raise ValueError(f"{where}[{number}]: {problem}") from None
    return lines


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, 1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Use one of: {', '.join(known)}."
