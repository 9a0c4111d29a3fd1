"""Numbers, dates and contacts of an answer: each in a fact of its topic, and in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.content_tools.checks import texts
from bot.content_tools.checks.answers import part_with
from bot.content_tools.checks.figures import Figure, Known, figures
from bot.content_tools.checks.inspection import ANSWER_PARTS, Inspection
from bot.content_tools.load import schema
from bot.content_tools.load.yaml_tree import Node
from bot.content_tools.rule import error
from bot.i18n import N_

error(
    "number-differs",
    N_('"{number}" stands here and not in the "{other}" text of this topic. Make the two languages say the same.'),
)
error(
    "number-unsourced",
    N_(
        '"{number}" stands in none of the facts of topic "{topic}" ({facts}). Correct it, or name the fact in topics.yaml.'
    ),
)
error(
    "placeholder-differs",
    N_(
        'contact "{typed}" stands here and not in the "{other}" text of this topic. Name the same contacts in both languages.'
    ),
)


@dataclass
class _Written:
    """What one language's answer names."""

    path: str
    root: Node
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Plain number -> (as typed, line)."""
    contacts: set[str] = field(default_factory=set)


def check(inspection: Inspection) -> None:
    """Look at every answer in every language."""
    # Without facts or sources every number would be reported, and the one true fault would drown.
    if inspection.content is None or not inspection.facts or not inspection.sources:
        return
    for topic in inspection.topics.values():
        known = _figures_of(inspection, topic)
        written = {
            code: _read(inspection, topic, known, code, path)
            for code, path, _ in inspection.contents(f"{topic.id}.yaml")
        }
        if written:
            _compare(inspection, written)


def _figures_of(inspection: Inspection, topic: schema.TopicEntry) -> Known:
    """What the topic's facts for askers give, with the dates of their pages."""
    found: list[Figure] = []
    published: list[str] = []
    for name in topic.facts:
        fact = inspection.facts.get(name)
        if fact is None or name in inspection.rules.entry.never_stated or fact.use == "editors":
            continue
        found.extend(figures(" \n ".join((fact.says, fact.said_by, fact.disputed or "")), "en"))
        for source in (inspection.sources[name] for name in fact.sources if name in inspection.sources):
            published.extend([source.date] if source.date is not None else [])
            found.extend(figures(source.date_note or "", "en"))
    return Known(found, published)


def _read(inspection: Inspection, topic: schema.TopicEntry, known: Known, code: str, path: str) -> _Written:
    """One language's numbers and contacts; numbers without a fact are reported."""
    written = _Written(path, inspection.folder.documents[path].root)
    for part in ANSWER_PARTS:
        node = written.root.at((part,))
        if not isinstance(node.value, str) or (isinstance(written.root.value, dict) and part not in written.root.value):
            continue
        written.contacts.update(match.group(2) for match in texts.PLACEHOLDER.finditer(node.value))
        for figure in figures(texts.without_addresses(node.value, inspection.emergency), code):
            line = inspection.folder.documents[path].line_of(node, figure.typed)
            for key in _comparable(figure):
                written.numbers.setdefault(key, (figure.typed, line))
            if not known.holds(figure):
                values = {"number": _readable(figure), "topic": topic.id, "facts": ", ".join(topic.facts)}
                inspection.folder.report(path, line, "number-unsourced", **values)
    return written


def _compare(inspection: Inspection, written: Mapping[str, _Written]) -> None:
    """Report what stands in one language and not in the first one, or in the first and not in another."""
    first = next(iter(written))
    for code, mine in written.items():
        for other in [first] if code != first else [other for other in written if other != first]:
            theirs = written[other]
            for key, (typed, line) in mine.numbers.items():
                if key not in theirs.numbers:
                    inspection.folder.report(mine.path, line, "number-differs", number=typed, other=other)
            # A mistyped contact is reported by itself; its absence from the other text would only repeat that.
            if (mine.contacts | theirs.contacts) <= inspection.contacts.keys():
                for name in sorted(mine.contacts - theirs.contacts):
                    node = part_with(mine.root, f":{name}}}")
                    line = inspection.folder.documents[mine.path].line_of(node, f":{name}}}")
                    inspection.folder.report(mine.path, line, "placeholder-differs", typed=name, other=other)


def _comparable(figure: Figure) -> tuple[str, ...]:
    """The plain numbers of a figure: languages may write a date in another order or without its month's name."""
    if figure.kind != "date":
        return (figure.value.lstrip("0") or "0",)
    year, _, day = figure.value.split("-")
    return tuple(part.lstrip("0") for part in (year, day) if "?" not in part)


def _readable(figure: Figure) -> str:
    return figure.typed if figure.kind != "date" else figure.value.replace("????-", "").replace("-??", "")
