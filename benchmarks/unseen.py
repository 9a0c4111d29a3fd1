"""Asks the blind sets of tests/unseen and prints figures, never a text: `python -m benchmarks.unseen [--sets danger,...]`.

Shares stand with their Wilson interval of 95 %. Who reads the misses has used a set up (tests/unseen/README.md).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Any

from bot.assemble import open_conversation
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Context, Message, Turn
from bot.dialogue.state import EMPTY
from bot.settings import read_settings

FOLDER = Path(__file__).parent.parent / "tests" / "unseen"
TODAY = date(2026, 11, 30)
ALARM = ("full", "ask")


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share, in per cent."""
    if not of:
        return 0.0, 0.0
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return 100 * (middle - half), 100 * (middle + half)


@dataclass
class Tally:
    """Counts of what was asked, by name and group."""

    hits: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, name: str, group: str, hit: float, weight: float = 1.0) -> None:
        """Count one case, under its group and under "all"."""
        for known in ("all", group):
            found = self.hits.setdefault((name, known), [0.0, 0.0])
            found[0] += hit * weight
            found[1] += weight

    def show(self, title: str) -> None:
        """Print a table of all shares."""
        print(f"\n{title}")
        for name in dict.fromkeys(name for name, _ in self.hits):
            cells = []
            for (known, group), (hits, of) in self.hits.items():
                if known == name:
                    low, high = interval(round(hits), round(of))
                    cells.append(f"{group} {100 * hits / of if of else 0:.1f} ({low:.0f}-{high:.0f}; n {of:.0f})")
            print(f"  {name:28} " + "  ".join(cells))


def rows(name: str) -> list[dict[str, Any]]:
    """The lines of one set."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def fits(turn: Turn, row: Mapping[str, Any]) -> bool:
    """Whether the first screen holds a fitting answer, or the urgent reply where that fits."""
    if turn.outcome == "urgent" and row.get("urgent_ok"):
        return True
    return bool(set(turn.answered) & set(row["expect"]))


def danger(ask: Callable[..., Turn]) -> None:
    """People in danger, and texts that only sound like it."""
    told, none = Tally(), Tally()
    for row in rows("danger"):
        turn = ask(row["q"])
        alarm, noted = turn.urgent in ALARM, turn.urgent is not None
        if row["set"] in ("plain", "indirect"):
            told.add(f"{row['set']}: alarm", row["variety"], alarm)
            told.add(f"{row['set']}: alarm or note", row["variety"], noted)
            told.add("menu alone", row["set"], turn.outcome in ("choices", "none") and not noted)
            if alarm:
                told.add("of alarms: right danger", row["set"], turn.danger == row["danger"])
                told.add("of alarms: right place", row["set"], turn.place == row["place"])
                wrong_place = turn.place not in (row["place"], "unknown") and row["place"] != "unknown"
                told.add("of alarms: another place", row["set"], wrong_place)
        else:
            none.add(f"{row['set']}: alarm", row["variety"], alarm)
            none.add(f"{row['set']}: note", row["variety"], noted and not alarm)
    told.show("Danger: people in danger")
    none.show("Danger: texts that are none")


def offers(ask: Callable[..., Turn]) -> None:
    """Traps, honest offers and talk about offers."""
    tally, signs = Tally(), Tally()
    for row in rows("offers"):
        turn = ask(row["text"])
        offer, signed = turn.outcome == "offer", bool(turn.signs)
        match row["kind"]:
            case "scam":
                tally.add("scam: recognised with a sign", row["variety"], offer and signed)
                tally.add("scam: recognised", row["variety"], offer)
                for sign in row["signs"]:
                    signs.add("sign found, of those there", sign, sign in turn.signs)
                for sign in turn.signs:
                    signs.add("sign right, of those found", sign, sign in row["signs"])
            case "honest":
                tally.add("honest: given a sign", row["variety"], signed)
            case _:
                tally.add("talk: taken for an offer", row["variety"], offer)
    tally.show("Offers")
    signs.hits = {key: value for key, value in signs.hits.items() if key[1] == "all"}
    signs.show("Signs")


def questions(ask: Callable[..., Turn], name: str, expected: Callable[[Mapping[str, Any]], float]) -> None:
    """Questions with topics that would answer them; `expected` gives a row its weight."""
    tally = Tally()
    for row in rows(name):
        turn = ask(row["q"])
        group = "word" if row.get("form") == "word" else str(row["variety"])
        right, answered = fits(turn, row), bool(turn.answered)
        ranked = [one.topic for one in turn.ranked if not one.topic.startswith("talk:")]
        tally.add("right on the first screen", group, right)
        tally.add("right on the first screen, weighted", "all", right, expected(row))
        tally.add("right first", group, (bool(ranked) and ranked[0] in row["expect"]) or right)
        shown = set(turn.answered) | set(turn.choices)
        tally.add("reached", group, right or bool(shown & set(row["expect"])))
        tally.add("certain and wrong", group, answered and turn.sure and not right)
        tally.add("uncertain and wrong", group, answered and not turn.sure and not right)
        if answered and not turn.sure and not right:
            tally.add("of these: right one on a key", group, bool(set(turn.choices) & set(row["expect"])))
        tally.add("urgent", group, turn.outcome == "urgent")
        tally.add("noted", group, turn.urgent == "note")
        tally.add("menu or nothing", group, turn.outcome in ("choices", "none"))
    tally.show(f"Questions: {name}")


def out_of_scope(ask: Callable[..., Turn], name: str) -> None:
    """What no topic answers."""
    tally = Tally()
    for row in rows(name):
        turn = ask(row["q"])
        tally.add("answered as certain", row["kind"], bool(turn.answered) and turn.sure)
        tally.add("answered in any form", row["kind"], bool(turn.answered))
        tally.add("bare menu", row["kind"], turn.outcome == "choices")
        tally.add("alarm", row["kind"], turn.urgent in ALARM)
        tally.add("small talk", row["kind"], turn.outcome == "smalltalk")
    tally.show(f"Out of scope: {name}")


def seed_facts(ask: Callable[..., Turn], conversation: Conversation) -> None:
    """Questions on the facts of the two articles that the campaign began with."""
    tally = Tally()
    for row in rows("seed_facts"):
        turn = ask(row["q"])
        wanted = row["fact"] if isinstance(row["fact"], list) else [row["fact"]]
        texts = [turn.reply.text]
        first = next((b.action for b in turn.reply.buttons if b.action is not None), None)
        if first is not None:
            texts.append(conversation.press(first, Context(TODAY)).reply.text)
        tally.add("fact on the first screen", row["variety"], any(fact in texts[0] for fact in wanted))
        tally.add("or under the first key", row["variety"], any(fact in text for text in texts for fact in wanted))
    tally.show("Facts of the two articles")


def dialogs(conversation: Conversation) -> None:
    """Follow-ups: whether the last turn is right."""
    tally = Tally()
    for row in rows("dialogs"):
        state, turn = EMPTY, None
        for said in row["turns"]:
            turn = conversation.respond(Message(said["q"]), Context(TODAY, state=state))
            state = turn.state
        assert turn is not None
        got = set(turn.answered) | ({turn.outcome} & {"smalltalk", "urgent"})
        tally.add("last turn right", row["variety"], bool(got & set(row["expect_last"])))
    tally.show("Dialogs")


def main(arguments: Iterable[str] | None = None) -> None:
    """Ask the sets and print their figures."""
    known = ("danger", "offers", "head", "questions", "questions_104", "out_of_scope", "out_of_scope_104")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join((*known, "seed_facts", "dialogs")))
    chosen = parser.parse_args(arguments).sets.split(",")
    conversation, _ = open_conversation(read_settings(), "auto", TODAY)
    taken: list[float] = []

    def ask(text: str) -> Turn:
        start = time.perf_counter()
        turn = conversation.respond(Message(text), Context(TODAY))
        taken.append(time.perf_counter() - start)
        if not turn.ranked:
            turn = conversation.respond(Message(text), Context(TODAY), ranked=True)
        return turn

    runs: Mapping[str, Callable[[], None]] = {
        "danger": lambda: danger(ask),
        "offers": lambda: offers(ask),
        "head": lambda: questions(ask, "head", lambda row: 1 / row["rank"]),
        "questions": lambda: questions(ask, "questions", lambda row: 1.0),
        "questions_104": lambda: questions(ask, "questions_104", lambda row: 1.0),
        "out_of_scope": lambda: out_of_scope(ask, "out_of_scope"),
        "out_of_scope_104": lambda: out_of_scope(ask, "out_of_scope_104"),
        "seed_facts": lambda: seed_facts(ask, conversation),
        "dialogs": lambda: dialogs(conversation),
    }
    for name in chosen:
        runs[name]()
    taken.sort()
    if taken:
        print(
            f"\n{len(taken)} messages: median {1000 * taken[len(taken) // 2]:.1f} ms, longest {1000 * taken[-1]:.1f} ms"
        )


if __name__ == "__main__":
    main()
