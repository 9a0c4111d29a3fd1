"""`tabayyan privacy`: what is kept, for how long, what a day of questions can give away, and the honest limits."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bot.counting.dimensions import DIMENSIONS, rules, sizes_of
from bot.dialogue.render import Say
from storage.values import Cell


def guess_chance(cost: float) -> float:
    """How often the best guess about one asker's day is right, for somebody who knows all the others."""
    return math.exp(cost) / (1 + math.exp(cost))


def privacy_text(
    say: Say,
    language: str,
    scale: float,
    show_limit: int,
    cells: Iterable[Cell],
    *,
    pictures: bool = False,
    voice: bool = False,
) -> str:
    """The ledger and the limits as plain text; `pictures`, `voice`: these are switched on."""
    sizes = sizes_of(cells)
    by_family = rules(scale, show_limit, sizes)
    lines = [
        say(language, "What is kept"),
        "",
        say(language, "Counters of the open window, each begun at a secret random value: until the window closes, in open.db, never backed up."),
        say(language, "The same counters of the last 8 closed windows, still noisy, for comparison; then deleted and overwritten."),
        say(language, "Released figures (multiples of 5, or nothing): for ever, in released.db or PostgreSQL; only these are backed up."),
        say(language, "In memory only: a keyed hash of who asked today, to count nobody twice. The key is renewed at midnight and never written."),
        say(language, "In memory only, for ten minutes: which of our topics and dangers a chat was last about, under such a hash, so that a follow-up is understood. Hide and /forget empty it."),
        say(language, "Not kept anywhere: questions, names, numbers, ids, times of day."),
        *([say(language, "Pictures are switched on: each is downloaded into memory, read on this machine, and dropped with its words.")] if pictures else []),
        *([say(language, "Voice notes are switched on: each of at most a minute is downloaded into memory, heard on this machine, and dropped with its words.")] if voice else []),
        "",
        say(language, "What a day of questions can give away (the protected unit is one asker for one day)"),
        "",
        " | ".join(
            (
                say(language, "Family"),
                say(language, "Counters"),
                say(language, "Counted per day at most"),
                say(language, "Noise b"),
                say(language, "Shown from"),
                say(language, "Cost (epsilon)"),
            )
        ),
    ]  # fmt: skip
    for family, rule in by_family.items():
        cost = say(language, "none of its own") if rule.shared else f"{rule.cost:.2f}"
        lines.append(
            " | ".join(
                (
                    say(language, DIMENSIONS[family].name),
                    str(sizes.get(family, 0)),
                    str(rule.cap),
                    f"{rule.scale:g}",
                    str(rule.show_limit),
                    cost,
                )
            )
        )
    one_cell = 1 / by_family["topic"].scale
    one_question = one_cell + 1 / by_family["outcome"].scale + by_family["language"].cost
    most = sum(rule.cost for rule in by_family.values())
    lines += [
        "",
        say(
            language,
            "One answered question costs {question}; a day that reaches every cap costs {day}.",
            question=f"{one_question:.2f}",
            day=f"{most:.2f}",
        ),
        say(
            language,
            "Somebody who knows all other askers guesses right about one topic in {topic} of 100 cases, about one question in {question}, about such a full day in {day}; 50 is chance.",
            topic=str(round(100 * guess_chance(one_cell))),
            question=str(round(100 * guess_chance(one_question))),
            day=str(min(99, round(100 * guess_chance(most)))),
        ),
        "",
        say(language, "Honest limits"),
        "",
        say(language, "Telegram sees every message. So does whoever holds the unlocked phone, or has full rights on the running server."),
        say(language, "Two copies of open.db from the same window tell the exact difference between them: protect the disk, copy nothing."),
        say(
            language,
            "Who asks the same every week is less and less protected: {four} of 100 after 4 windows, near 100 after 12.",
            four=str(round(100 * guess_chance(4 * one_cell))),
        ),
        say(language, "Python cannot reliably wipe memory. After a restart an asker may count a second time that day."),
        say(language, "Counts cannot be taken back, because nothing says whose they are."),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
