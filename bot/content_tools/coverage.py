"""How complete the words are, per language and variety."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dialogue.campaign import Campaign


def coverage(campaign: Campaign) -> Iterator[str]:
    """Lines of a table: answers and phrasings per language, then the topics with too few phrasings."""
    total = len(campaign.topics)
    for code, language in campaign.languages.items():
        answers = sum(code in topic.answers for topic in campaign.topics.values())
        needed = "" if language.required else " (not required)"
        yield f"{code} {language.name}{needed}: {answers} of {total} topics answered"
        roles: dict[str, int] = {}
        for topic in campaign.topics.values():
            review = topic.reviews.get(code)
            for role, day in review.readers.items() if review is not None else ():
                roles[role] = roles.get(role, 0) + (day is not None)
        for role, count in roles.items():
            yield f"    read by {role.replace('_', ' ')}: {count} of {total}"
        for variety, wanted in language.varieties.items():
            counts = {topic.id: len(topic.phrasings.get(variety, ())) for topic in campaign.topics.values()}
            short = {topic: count for topic, count in counts.items() if count < wanted}
            line = f"    {variety}: {sum(counts.values())} phrasings, {total - len(short)} of {total} topics have {wanted} or more"
            yield line
            for name, count in sorted(short.items(), key=lambda pair: pair[1]):
                yield f"        {name}: {count}"
