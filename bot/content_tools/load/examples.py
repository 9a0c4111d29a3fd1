"""`<language>/dangers/` and `<language>/offers/` -> the examples that the detectors learn from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.content_tools.load import example_schema
from bot.content_tools.load.content_folder import ContentFolder
from bot.dialogue.corpus import HONEST, NONE, OFFER_LEVEL, SCAM
from bot.nlu.detector import LEVEL
from bot.nlu.detector_training import KIND
from bot.nlu.training_set import Example, Marked

TALK = frozenset({"news", "warning", "question-about-offer", "story", "chat"})
"""Kinds of honest text that are about offers and no offers themselves."""
_MARK = re.compile(r"\[\[([a-z0-9-]+)\|([^\]]*)\]\]")


def danger_examples(folder: ContentFolder, languages: Iterable[str]) -> tuple[Example, ...]:
    """Texts of people in danger, labelled with its id, and harmless ones without a label."""
    return tuple(example for code in languages for example in _dangers(folder, code))


def _dangers(folder: ContentFolder, code: str) -> Iterator[Example]:
    for path in folder.below(f"{code}/dangers/"):
        danger = path.rsplit("/", 1)[1].removesuffix(".yaml")
        if danger == NONE:
            harmless = folder.model(path, example_schema.HarmlessExamplesFile)
            for calm in harmless.groups if harmless is not None else ():
                tags = {LEVEL: NONE, KIND: calm.kind}
                yield from (Example("", variety, text, tags) for variety, texts in calm.texts.items() for text in texts)
            continue
        known = folder.model(path, example_schema.DangerExamplesFile)
        for group in known.groups if known is not None else ():
            told = {LEVEL: group.level, "who": group.who, "place": group.place}
            tags = {tag: value for tag, value in told.items() if value is not None}
            yield from (
                Example(danger, variety, text, tags) for variety, texts in group.texts.items() for text in texts
            )


def offer_examples(folder: ContentFolder, languages: Iterable[str]) -> tuple[tuple[Example, ...], tuple[Marked, ...]]:
    """Traps, honest offers and talk about offers; and the traps with their marked words, honest offers with none."""
    examples: list[Example] = []
    marked: list[Marked] = []
    for code in languages:
        scams = folder.model(f"{code}/offers/scams.yaml", example_schema.ScamExamplesFile)
        for group in scams.groups if scams is not None else ():
            for variety, texts in group.texts.items():
                found = [read_marks(text, variety) for text in texts]
                # A text without marks may still show signs: it teaches nothing about where they are not.
                marked += [one for one in found if one.spans]
                examples += [Example(SCAM, variety, one.text, {LEVEL: OFFER_LEVEL[SCAM]}) for one in found]
        honest = folder.model(f"{code}/offers/honest.yaml", example_schema.HonestExamplesFile)
        for kind in honest.groups if honest is not None else ():
            label = "" if kind.kind in TALK else HONEST
            for variety, texts in kind.texts.items():
                examples += [Example(label, variety, text, {LEVEL: OFFER_LEVEL[label]}) for text in texts]
                marked += [Marked(text, (), variety) for text in texts if label]
    return tuple(examples), tuple(marked)


def read_marks(text: str, variety: str) -> Marked:
    """A text with [[sign|words]] in it -> the text as it was sent, and where each sign shows."""
    plain, spans, end = "", [], 0
    for mark in _MARK.finditer(text):
        plain += text[end : mark.start()]
        spans.append((len(plain), len(plain) + len(mark[2]), mark[1]))
        plain += mark[2]
        end = mark.end()
    return Marked(plain + text[end:], tuple(spans), variety)
