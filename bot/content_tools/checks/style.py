"""How answers are written: what the campaign's editors agreed on, as far as a program can know it.

The limits and lists of topics stand in `rules: style:` of campaign.yaml, the words in <language>/_style.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.content_tools.checks.figures import Known, figures
from bot.content_tools.checks.inspection import ANSWER_PARTS, Inspection
from bot.content_tools.checks.phrases import compiled, sentences, unmarked
from bot.content_tools.checks.texts import Finding
from bot.content_tools.load import schema
from bot.content_tools.load.word_schema import StyleFile
from bot.content_tools.load.yaml_tree import Node
from bot.content_tools.rule import warning
from bot.i18n import N_

warning(
    "style-opening",
    N_(
        'the answer opens with a bare "{word}". People ask the same thing both ways round: let the first sentence say the '
        "whole thing."
    ),
)
warning(
    "style-unknown-first",
    N_(
        'the answer opens with what is not known ("{words}"). Say first what to do or what is so, and last what is not known.'
    ),
)
warning(
    "style-sentence-long",
    N_('the sentence that begins "{words}" has {count} words; {limit} are easy to read. Make two of it.'),
)
warning(
    "style-sentence-again",
    N_(
        'the sentence "{words}" stands in {count} topics; more than {limit} make it noise. Say it where it is needed most.'
    ),
)
warning("style-label-long", N_("the label has {count} characters; a key on a phone shows {limit}. Shorten it."))
warning(
    "style-short-long",
    N_("the short answer has {count} characters; {limit} are read on a phone. Move a part to the details."),
)
warning(
    "style-screen-long",
    N_(
        "short answer and next step have {count} characters together; {limit} fit the first screen. Shorten one of them."
    ),
)
warning(
    "style-publisher",
    N_(
        '"{name}" stands in brackets in the short answer. Say in the sentence who says so; pages and dates stand under the answer.'
    ),
)
warning(
    "style-screen-first",
    N_(
        "who reads this may be watched. Begin the short answer with the sentence on the screen (screen_sentence in _style.yaml)."
    ),
)
warning(
    "style-screen-elsewhere",
    N_(
        "the sentence on the screen is for topics whose readers may be watched. Delete it here, or name the topic under "
        "screen_first in campaign.yaml."
    ),
)
warning(
    "style-emergency-elsewhere",
    N_(
        "the warning of the emergency number stands where the number is not offered, so that nobody reads it any more. "
        "Delete it here, or name the topic under emergency_offered in campaign.yaml."
    ),
)
warning(
    "style-men-only",
    N_("this topic is for women too, and no word addresses them. Add a sentence that does (feminine in _style.yaml)."),
)
warning(
    "style-figure-early",
    N_('"{number}" comes from fact {fact}, whose figures stand in the details alone. Move it there.'),
)

FEWEST_REPEATED_WORDS = 4
"""A shorter sentence may stand anywhere."""
LONGEST_ABBREVIATION = 5
"""Letters in brackets that stand for the name before them."""
SHOWN = 60
"""Characters of a sentence that a message quotes."""
EARLY = ("title", "short", "next_step")
_BRACKETS = re.compile(r"\(([^()]{2,80})\)")
_SPACE_OR_MARK = re.compile(r"[\s.!?؟،,;؛:«»\"'()-]+")
_WORD = re.compile(r"\w")
_YEAR = re.compile(r"(?:19|20)\d\d(?:-.*)?")


@dataclass(frozen=True)
class _Words:
    """One language's phrases, ready to be looked for."""

    opening: re.Pattern[str] | None
    hedge: re.Pattern[str] | None
    screen: re.Pattern[str] | None
    feminine: re.Pattern[str] | None
    warning: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, style: StyleFile) -> _Words:
        """Compile what stands in `_style.yaml`."""
        return cls(
            opening=compiled(style.bare_openings),
            hedge=compiled(style.hedges),
            screen=compiled(style.screen_sentence),
            feminine=compiled(style.feminine, marked=True),
            # The last list says where the number must not be dialled; the others may stand in any answer.
            warning=tuple(found for lines in style.emergency_warning[-1:] if (found := compiled(lines)) is not None),
        )


@dataclass(frozen=True)
class _Answer:
    """An answer to look at."""

    topic: schema.TopicEntry
    code: str
    path: str
    root: Node
    model: schema.AnswerFile


def check(inspection: Inspection) -> None:
    """Look at every answer in every language, and at the labels of the first screen."""
    campaign = inspection.campaign
    if inspection.content is None or campaign is None:
        return
    style = campaign.rules.style
    _door_labels(inspection, campaign, style)
    words = {code: _Words.of(found) for code, _, found in inspection.contents("_style.yaml")}
    publishers = _publishers(inspection)
    answers = list(_answers(inspection))
    for answer in answers:
        own = words.get(answer.code)
        _lengths(inspection, answer, style, own)
        _publisher(inspection, answer, publishers)
        _early_figures(inspection, answer, style)
        if own is not None:
            _beginning(inspection, answer, style, own)
            _places(inspection, answer, style, own)
    _repeated(inspection, answers, style, words)


def _answers(inspection: Inspection) -> Iterator[_Answer]:
    for topic in inspection.topics.values():
        for code, path, model in inspection.contents(f"{topic.id}.yaml"):
            yield _Answer(topic, code, path, inspection.folder.documents[path].root, model)


def _door_labels(inspection: Inspection, campaign: schema.CampaignFile, style: schema.StyleEntry) -> None:
    for position, door in enumerate(campaign.doors):
        for code, label in door.label.items():
            if style.label is not None and len(label) > int(style.label):
                where = ("doors", position, "label", code)
                count = str(len(label))
                inspection.folder.at("campaign.yaml", where, "style-label-long", count=count, limit=style.label)


# ---- lengths


def _lengths(inspection: Inspection, answer: _Answer, style: schema.StyleEntry, words: _Words | None) -> None:
    model = answer.model
    short = len(_without_screen_sentence(model.short, words))
    for code, key, length, limit in (
        ("style-label-long", "title", len(model.title), style.label),
        ("style-short-long", "short", short, style.short),
        ("style-screen-long", "short", short + len(model.next_step), style.first_screen),
    ):
        if limit is not None and length > int(limit):
            inspection.folder.at(answer.path, (key,), code, on_key=True, count=str(length), limit=limit)
    if style.sentence_words is None:
        return
    for part in ANSWER_PARTS:
        for sentence in sentences(getattr(model, part)):
            count = sum(1 for word in sentence.split() if _WORD.search(word))
            if count > int(style.sentence_words):
                values = {"words": _shown(sentence), "count": str(count), "limit": style.sentence_words}
                _report(inspection, answer, part, Finding("style-sentence-long", sentence.strip(), values))


def _without_screen_sentence(short: str, words: _Words | None) -> str:
    first = next(iter(sentences(short)), "")
    if words is None or words.screen is None or not words.screen.match(unmarked(first.strip())):
        return short
    return short.removeprefix(first).strip()


def _shown(sentence: str) -> str:
    text = " ".join(sentence.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + "…"


def _report(inspection: Inspection, answer: _Answer, part: str, finding: Finding) -> None:
    inspection.report_all(answer.path, answer.root.at((part,)), (finding,))


# ---- how an answer begins, and what belongs elsewhere


def _beginning(inspection: Inspection, answer: _Answer, style: schema.StyleEntry, words: _Words) -> None:
    told = sentences(answer.model.short)
    first = unmarked(told[0].strip()) if told else ""
    watched = words.screen is not None and words.screen.match(first) is not None
    if watched != (answer.topic.id in style.screen_first) and words.screen is not None:
        code = "style-screen-elsewhere" if watched else "style-screen-first"
        inspection.folder.at(answer.path, ("short",), code)
    if watched:
        first = unmarked(told[1].strip()) if len(told) > 1 else ""
    opening = words.opening.match(first) if words.opening is not None else None
    if opening is not None and first[opening.end() : opening.end() + 1] in ("", ".", ",", "،", ":", "!", ";", "؛"):
        inspection.folder.at(answer.path, ("short",), "style-opening", word=opening.group())
    if words.hedge is not None and words.hedge.match(first) and answer.topic.id not in style.unknown_is_the_answer:
        inspection.folder.at(answer.path, ("short",), "style-unknown-first", words=_shown(first))


def _places(inspection: Inspection, answer: _Answer, style: schema.StyleEntry, words: _Words) -> None:
    """The warning abroad only where the number is offered; words for women where the topic is theirs too."""
    texts = {part: getattr(answer.model, part) for part in ANSWER_PARTS}
    if answer.topic.id not in style.emergency_offered:
        for part, text in texts.items():
            found = next((hit for pattern in words.warning if (hit := pattern.search(unmarked(text)))), None)
            if found is not None:
                _report(inspection, answer, part, Finding("style-emergency-elsewhere", found.group()))
    addressed = words.feminine is None or any(words.feminine.search(text) for text in texts.values())
    if answer.topic.id in style.women_too and not addressed:
        inspection.folder.at(answer.path, ("short",), "style-men-only", on_key=True)


# ---- sources and figures


def _publishers(inspection: Inspection) -> frozenset[str]:
    """Every publisher's name, in every language, without what stands beside it."""
    names: set[str] = set()
    for source in inspection.sources.values():
        told = source.publisher.values() if isinstance(source.publisher, Mapping) else (source.publisher,)
        names.update(re.split(r"\s*[(،,]", name)[0].strip().lower() for name in told)
    return frozenset(name for name in names if len(name) > 1)


def _publisher(inspection: Inspection, answer: _Answer, publishers: frozenset[str]) -> None:
    for brackets in _BRACKETS.finditer(answer.model.short):
        inside = brackets.group(1)
        told = (part.strip().lower() for part in re.split(r"[،,;؛]", inside))
        abbreviates = inside.isupper() and len(inside) <= LONGEST_ABBREVIATION
        dated = any(figure.kind == "date" and "?" not in figure.value for figure in figures(inside, answer.code))
        if not abbreviates and (dated or any(part in publishers for part in told)):
            _report(inspection, answer, "short", Finding("style-publisher", inside, {"name": inside}))


def _early_figures(inspection: Inspection, answer: _Answer, style: schema.StyleEntry) -> None:
    """Figures of a fact for the details alone, where no other fact of the topic gives them."""
    late = [name for name in style.details_only if name in answer.topic.facts and name in inspection.facts]
    if not late:
        return
    others = _known(inspection, (name for name in answer.topic.facts if name not in late))
    for part in EARLY:
        for figure in figures(getattr(answer.model, part), answer.code):
            if _YEAR.fullmatch(figure.value):
                continue
            fact = next((name for name in late if _known(inspection, (name,)).holds(figure)), None)
            if fact is not None and not others.holds(figure):
                values = {"number": figure.typed, "fact": fact}
                _report(inspection, answer, part, Finding("style-figure-early", figure.typed, values))


def _known(inspection: Inspection, names: Iterable[str]) -> Known:
    facts = [inspection.facts[name] for name in names if name in inspection.facts]
    told = "\n".join(text for fact in facts for text in (fact.says, fact.said_by, fact.disputed or ""))
    return Known(figures(told, "en"), ())


# ---- the same sentence everywhere


def _repeated(
    inspection: Inspection, answers: list[_Answer], style: schema.StyleEntry, words: Mapping[str, _Words]
) -> None:
    if style.same_sentence is None:
        return
    where: dict[tuple[str, str], dict[str, tuple[_Answer, str, str]]] = {}
    for answer in answers:
        own = words.get(answer.code)
        for part in ("short", "details", "next_step"):
            for sentence in sentences(getattr(answer.model, part)):
                alike = _SPACE_OR_MARK.sub(" ", unmarked(sentence).lower()).strip()
                wanted = own is not None and _belongs(sentence, own)
                if not wanted and len(alike.split()) >= FEWEST_REPEATED_WORDS:
                    where.setdefault((answer.code, alike), {}).setdefault(answer.topic.id, (answer, part, sentence))
    for topics in where.values():
        if len(topics) > int(style.same_sentence):
            for answer, part, sentence in topics.values():
                values = {"words": _shown(sentence), "count": str(len(topics)), "limit": style.same_sentence}
                _report(inspection, answer, part, Finding("style-sentence-again", sentence.strip(), values))


def _belongs(sentence: str, words: _Words) -> bool:
    """Whether a sentence is asked for in several topics: those have rules of their own."""
    bare = unmarked(sentence.strip())
    if words.screen is not None and words.screen.match(bare):
        return True
    return any(pattern.search(bare) for pattern in words.warning)
