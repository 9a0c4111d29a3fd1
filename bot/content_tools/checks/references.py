"""The lists that name each other: topics, facts, sources, categories, vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load import schema
from bot.content_tools.load.content_folder import nearest
from bot.content_tools.load.yaml_tree import Step
from bot.content_tools.rule import error, warning
from bot.dialogue.callback_data import topic_key
from bot.i18n import N_
from bot.nlu.normalize import words

error("id-long", N_('"{id}" is longer than {limit} characters. Choose a shorter id.'))
error("id-key-twice", N_('the short key of "{id}" is the same as that of "{other}". Change a letter of the newer id.'))
error("related-self", N_('topic "{id}" names itself as related. Delete it from "related".'))
error("related-count", N_('topic "{id}" has {count} related topics. Name two to six.'))
error("alias-chain", N_('"{id}" was itself merged into another topic. Name the topic that is left.'))
error(
    "fact-alone",
    N_('fact {fact} never stands without {other}: {because}. Add {other} to "facts" and say so in the answer.'),
)
error(
    "review-missing",
    N_('topic "{id}" has no "review_by". Add the day by which somebody should read it again, such as "2027-02-28".'),
)
warning(
    "review-passed", N_('the review of topic "{id}" was due on {date}. Check its facts, then set a later "review_by".')
)
error("day-future", N_("{date} is in the future. Write the day on which it was done."))
warning("category-empty", N_('no topic stands in category "{id}". Add a topic, or delete the category.'))
error(
    "fact-unsourced",
    N_("fact {id} names no source. Add the id of a page in sources.yaml, or set its confidence to not-found."),
)
warning("fact-unused", N_("no topic and no contact uses fact {id}. Name it in topics.yaml, or mark it use: editors."))
error("source-undated", N_('source "{id}" has no date. Add "date", or "date_note" saying what the page shows.'))
warning("source-unused", N_('no fact and no contact uses source "{id}". Name it in facts.yaml, or delete it.'))
error("source-future", N_('source "{id}" is dated in the future ({date}). Correct the date.'))
error("word-two-families", N_('"{word}" stands in the families "{first}" and "{second}". Keep it in one of them.'))

LONGEST_ID = 40
RELATED = range(2, 7)


def check(inspection: Inspection) -> None:
    """Look at topics.yaml, facts.yaml, sources.yaml, _categories.yaml and vocabulary.yaml."""
    if inspection.campaign is None:
        return
    _registry(inspection, inspection.campaign)
    _facts(inspection)
    _sources(inspection)
    _categories(inspection, inspection.campaign)
    _vocabulary(inspection)


def _registry(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    path = "topics.yaml"
    model = inspection.folder.models.get(path)
    keys: dict[str, str] = {}
    for position, topic in enumerate(model.topics if model is not None else ()):
        where: tuple[Step, ...] = ("topics", position)
        if len(topic.id) > LONGEST_ID:
            inspection.folder.at(path, (*where, "id"), "id-long", id=topic.id, limit=str(LONGEST_ID))
        other = keys.setdefault(topic_key(topic.id), topic.id)
        if other != topic.id:
            inspection.folder.at(path, (*where, "id"), "id-key-twice", id=topic.id, other=other)
        inspection.one_known(path, (*where, "category"), topic.category, campaign.categories, "campaign.yaml")
        if topic.place != "any":
            inspection.one_known(path, (*where, "place"), topic.place, campaign.places, "campaign.yaml")
        if inspection.facts:
            inspection.known(path, (*where, "facts"), topic.facts, inspection.facts, "facts.yaml")
        _neighbours(inspection, path, where, topic)
        for fact, companion, because in inspection.rules.missing_beside(topic.facts):
            line = inspection.folder.documents[path].root.at((*where, "facts")).line
            values = {"fact": fact, "other": companion, **in_languages("because", because)}
            inspection.folder.report(path, line, "fact-alone", **values)
        _reviews(inspection, path, where, topic)


def in_languages(name: str, words_: Mapping[str, str]) -> dict[str, str]:
    """Words per language as values of a message: name.ar, name.en ..."""
    return {f"{name}.{language}": text for language, text in words_.items()}


def _neighbours(inspection: Inspection, path: str, where: tuple[Step, ...], topic: schema.TopicEntry) -> None:
    """Related topics, and the topic that this one was merged into."""
    inspection.known(path, (*where, "related"), topic.related, inspection.topics, "topics.yaml")
    if topic.id in topic.related:
        inspection.folder.at(path, (*where, "related"), "related-self", id=topic.id)
    if topic.alias_of is not None:
        place = (*where, "alias_of")
        inspection.one_known(path, place, topic.alias_of, inspection.topics, "topics.yaml")
        kept = inspection.topics.get(topic.alias_of)
        if kept is not None and kept.alias_of is not None:
            inspection.folder.at(path, place, "alias-chain", id=topic.alias_of)
    elif len(topic.related) not in RELATED:
        count = str(len(topic.related))
        inspection.folder.at(path, (*where, "related"), "related-count", on_key=True, id=topic.id, count=count)


def _reviews(inspection: Inspection, path: str, where: tuple[Step, ...], topic: schema.TopicEntry) -> None:
    folder = inspection.folder
    if topic.review_by is None:
        folder.at(path, (*where, "id"), "review-missing", id=topic.id)
    elif date.fromisoformat(topic.review_by) < inspection.today:
        folder.at(path, (*where, "review_by"), "review-passed", id=topic.id, date=topic.review_by)
    for code, review in topic.reviews.items():
        if code not in inspection.languages:
            near = nearest(code, inspection.languages)
            folder.at(path, (*where, "reviews", code), "language-unknown", on_key=True, id=code, nearest=near)
        for role, state in review.model_dump().items():
            if state != "not yet" and date.fromisoformat(state) > inspection.today:
                folder.at(path, (*where, "reviews", code, role), "day-future", date=state)


def _facts(inspection: Inspection) -> None:
    used = {fact for topic in inspection.topics.values() for fact in topic.facts}
    used.update(fact for contact in inspection.contacts.values() for fact in contact.facts)
    path = "facts.yaml"
    model = inspection.folder.models.get(path)
    for position, fact in enumerate(model.facts if model is not None else ()):
        where: tuple[Step, ...] = ("facts", position)
        if inspection.sources:
            inspection.known(path, (*where, "sources"), fact.sources, inspection.sources, "sources.yaml")
        if not fact.sources and fact.confidence != "not-found":
            inspection.folder.at(path, (*where, "id"), "fact-unsourced", id=fact.id)
        if fact.use == "asker" and fact.id not in used and inspection.topics and inspection.contacts:
            inspection.folder.at(path, (*where, "id"), "fact-unused", id=fact.id)


def _sources(inspection: Inspection) -> None:
    cited = {source for contact in inspection.contacts.values() for source in contact.sources}
    cited.update(source for fact in inspection.facts.values() for source in fact.sources)
    path = "sources.yaml"
    model = inspection.folder.models.get(path)
    for position, source in enumerate(model.sources if model is not None else ()):
        where: tuple[Step, ...] = ("sources", position)
        if isinstance(source.publisher, dict):
            inspection.every_language(path, (*where, "publisher"), source.publisher, "publisher")
        if source.date is None and source.date_note is None:
            inspection.folder.at(path, (*where, "id"), "source-undated", id=source.id)
        if source.date is not None and source.date > inspection.today.isoformat()[: len(source.date)]:
            inspection.folder.at(path, (*where, "date"), "source-future", id=source.id, date=source.date)
        if source.id not in cited and inspection.facts and inspection.contacts:
            inspection.folder.at(path, (*where, "id"), "source-unused", id=source.id)


def _categories(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    filled = {topic.category for topic in inspection.topics.values()}
    for position, category in enumerate(campaign.categories):
        if category in campaign.categories[:position]:
            inspection.folder.at("campaign.yaml", ("categories", position), "entry-twice", id=category)
        if inspection.topics and category not in filled:
            inspection.folder.at("campaign.yaml", ("categories", position), "category-empty", id=category)
    for code, path, model in inspection.contents("_categories.yaml"):
        root = inspection.folder.documents[path].root
        for category in campaign.categories:
            if category not in model.categories:
                inspection.folder.at(path, ("categories",), "key-missing", on_key=True, key=category)
        for category, entry in model.categories.items():
            where = ("categories", category)
            inspection.one_known(path, where, category, campaign.categories, "campaign.yaml", on_key=True)
            inspection.too_long(path, (*where, "title"), "title", entry.title)
            for key in ("title", "about"):
                inspection.sentence(path, root.at((*where, key)), code)


def _vocabulary(inspection: Inspection) -> None:
    path = "vocabulary.yaml"
    model = inspection.folder.models.get(path)
    families: dict[str, str] = {}
    for family, entry in model.families.items() if model is not None else ():
        for code, members in entry.words.items():
            for position, word in enumerate(members):
                first = families.setdefault(" ".join(words(word)), family)
                if first != family:
                    where = ("families", family, "words", code, position)
                    inspection.folder.at(path, where, "word-two-families", word=word, first=first, second=family)
