"""How far people have read the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.dialogue.campaign import Topic


def review_state(topics: Mapping[str, Topic], today: date) -> tuple[int, int]:
    """How many topics somebody still has to read, and how many should have been read again by today."""
    own = [topic for topic in topics.values() if topic.alias_of is None]
    unread = sum(any(not _was_read(topic, language) for language in topic.answers) for topic in own)
    return unread, sum(topic.review_by is not None and topic.review_by < today for topic in own)


def _was_read(topic: Topic, language: str) -> bool:
    review = topic.reviews.get(language)
    return review is not None and all(review.readers.values())
