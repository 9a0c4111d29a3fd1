"""From each sentence with a number in a topic's answers to the facts that give it, and on to their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.content_tools.checks.figures import Known, figures
from bot.dialogue.campaign import Campaign, Fact, Topic
from bot.i18n import SOURCE_LANGUAGE

_SENTENCE = re.compile(r"[^.!?؟\n]+(?:[.!?؟](?!\s|$)[^.!?؟\n]*)*[.!?؟]?")


def trace(campaign: Campaign, topic: Topic) -> Iterator[str]:
    """Lines of the report: sentence, its numbers, the facts that hold them, their sources."""
    facts = [campaign.facts[name] for name in topic.facts if name in campaign.facts]
    known = {fact.id: _known(campaign, fact) for fact in facts if fact.for_askers}
    yield f"{topic.id}  ({topic.category}; {', '.join(topic.facts)})"
    cited: dict[str, Fact] = {}
    for language, answer in topic.answers.items():
        for part in ("title", "short", "details", "next_step"):
            for sentence in _SENTENCE.findall(getattr(answer, part)):
                found = figures(sentence, language)
                if not found:
                    continue
                yield ""
                yield f"{language}/{part}: {sentence.strip(' •')}"
                for figure in found:
                    holders = [name for name, holds in known.items() if holds.holds(figure)]
                    cited.update((name, campaign.facts[name]) for name in holders)
                    value = figure.value if figure.kind == "date" else figure.typed
                    yield f"    {value}  <-  {', '.join(holders) if holders else 'NO FACT'}"
    for fact in cited.values():
        yield ""
        yield f"{fact.id} ({fact.confidence}): {fact.says}"
        yield f"    said by: {fact.said_by}"
        if fact.disputed:
            yield f"    disputed: {fact.disputed}"
        for name in fact.sources:
            source = campaign.sources.get(name)
            if source is not None:
                yield f"    {_name(source.publisher)}, {source.date or source.date_note or 'no date'}: {source.url}"


def _name(publisher: Mapping[str, str]) -> str:
    return publisher.get(SOURCE_LANGUAGE) or next(iter(publisher.values()), "-")


def _known(campaign: Campaign, fact: Fact) -> Known:
    sources = [campaign.sources[name] for name in fact.sources if name in campaign.sources]
    stated = [*figures("\n".join((fact.says, fact.said_by, fact.disputed or "")), "en")]
    for source in sources:
        stated.extend(figures(source.date_note or "", "en"))
    return Known(stated, [source.date for source in sources if source.date])
