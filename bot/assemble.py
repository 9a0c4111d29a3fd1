"""Content -> what answers: the wiring that `ask`, `chat` and the running bot share, and nothing that they do not."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from bot.clock import Clock, read_clock
from bot.content_tools.last_good import load_or_last_good, time_zone_of
from bot.content_tools.last_resort import neutral_content
from bot.content_tools.load.build import Content
from bot.dialogue.campaign import Campaign
from bot.dialogue.conversation import Conversation
from bot.dialogue.corpus import DANGER_LIMITS, OFFER_LIMITS, corpus_of
from bot.dialogue.offers import OfferChecker
from bot.dialogue.reply import Context
from bot.dialogue.safety import SafetyLane, SafetyWords
from bot.dialogue.smalltalk import SmallTalk
from bot.i18n import Phrases, asker_languages, read_phrases
from bot.nlu.detector import Detector
from bot.nlu.language_id import LanguageModel
from bot.nlu.ranking import Classifier, Ranking
from bot.nlu.reader import Encoder, QueryEncoder
from bot.nlu.training import DetectorRules, Models, cache_keys, train_classifier, train_models
from bot.nlu.training_set import Corpus
from bot.nlu.utterance import Utterance
from bot.nlu.utterance_reader import UtteranceReader
from bot.nlu_io.cache import TrainingResources, one_at_a_time, open_training_resources
from bot.nlu_io.encoder import encoder_behind, serve_encoder
from bot.settings import LOCALES, Settings, SettingsError

MOST_ENCODERS = 2
"""Processes that make sentence vectors while the classifier is learnt; each takes some 150 MB."""


class _Silent:
    """The classifier of a bot without content: it knows nothing and says so."""

    def read(self, raw: str) -> Utterance:
        """A message, without any campaign's languages."""
        return Utterance.read(raw)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """No topic, for any question."""
        return Ranking((), "none", (), ())


@dataclass(frozen=True)
class Answering:
    """What answers at the moment: swapped whole when the content changes."""

    conversation: Conversation
    content: Content | None
    """None while only the urgent lane answers."""
    offer_signs: tuple[str, ...] = ()
    """Ids of the warning signs that offers are searched for."""

    @property
    def version(self) -> str:
        """The content's digest, short enough for a log line; "none" without content."""
        return self.content.digest[:12] if self.content is not None else "none"


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or the test clock where it is allowed, with the days of the campaign's time zone.

    Raises:
        SettingsError: the test clock cannot be read.
    """
    try:
        clock = read_clock(os.environ.get("TABAYYAN_TEST_CLOCK", ""), loopback=settings.api_is_loopback)
    except ValueError as error:
        raise SettingsError(f"TABAYYAN_TEST_CLOCK is wrong: {error}") from None
    return clock.in_zone(time_zone_of(settings.content_dir, settings.data_dir))


def build_answering(content: Content | None, phrases: Phrases, learning: TrainingResources) -> Answering:
    """Fit everything that answers to a content, or to none."""
    if content is None or not content.campaign.topics:
        left = content or neutral_content(phrases, asker_languages())
        words = _safety_words(left, phrases)
        lane = SafetyLane(words, left.campaign.dangers)
        read = _reader_of(words).read
        silent = Conversation(left.campaign, _Silent(), lane, OfferChecker(()), SmallTalk(()), phrases, None, read)
        return Answering(silent, None)
    if learning.encoder is not None:
        # Its weights are read with the first text: not while somebody waits.
        learning.encoder(["warm"])
    models = _models(content, learning, query_encoder=learning.query_encoder)
    campaign = content.campaign
    offers = OfferChecker(content.offers, models.offers, models.signs)
    conversation = Conversation(
        campaign,
        models.topics,
        SafetyLane(_safety_words(content, phrases), campaign.dangers, models.dangers),
        offers,
        SmallTalk(content.small_talk),
        phrases,
        content.other_scripts,
        models.reader.read,
    )
    return Answering(conversation, content, offers.sign_ids)


def train_detectors(settings: Settings, content: Content) -> Mapping[str, Detector]:
    """The detectors of a content by name (danger, offer), learnt or from the cache; {} without their examples."""
    models = _models(content, learning_of(settings), query_encoder=None)
    named = {"danger": models.dangers, "offer": models.offers}
    return {name: detector for name, detector in named.items() if detector is not None}


def _safety_words(content: Content, phrases: Phrases) -> tuple[SafetyWords, ...]:
    return content.safety or neutral_content(phrases, content.campaign.languages).safety


def _reader_of(words: Sequence[SafetyWords]) -> UtteranceReader:
    """What reads messages without content: it tells languages by the urgent words, the only ones there are."""
    texts = [
        (one.language, one.language, text)
        for one in words
        for text in (one.reply.full, one.reply.ask, one.reply.machine, *one.self_words, *one.relatives)
    ]
    return UtteranceReader(LanguageModel.train(texts, {}))


def _corpus(content: Content, learning: TrainingResources) -> Corpus:
    return corpus_of(content.campaign, SmallTalk(content.small_talk).examples(), learning.frequencies)


def _models(
    content: Content, learning: TrainingResources, *, encoder: Encoder | None = None, query_encoder: QueryEncoder | None
) -> Models:
    """Learn a content's models, or take them from the cache."""
    lane = SafetyLane(_safety_words(content, read_phrases(LOCALES, ())), content.campaign.dangers)
    offers = OfferChecker(content.offers)
    return train_models(
        _corpus(content, learning),
        encoder=encoder or learning.encoder,
        query_encoder=query_encoder,
        cache=learning.cache,
        danger_rules=DetectorRules(DANGER_LIMITS, lane.hints),
        offer_rules=DetectorRules(OFFER_LIMITS, offers.hints),
    )


def empty_campaign() -> Campaign:
    """A campaign without topics or contacts, in the languages that have a catalogue."""
    return neutral_content(read_phrases(LOCALES, ()), asker_languages()).campaign


def learning_of(settings: Settings) -> TrainingResources:
    """Sentence vectors where they are wanted and installed, the word list, and the cache under DATA_DIR."""
    return open_training_resources(settings.learnt_dir, semantic=settings.semantic)


def languages_of(content: Content | None) -> tuple[str, ...]:
    """Language codes that need an interface catalogue."""
    return tuple(content.campaign.languages) if content is not None else asker_languages()


def answering_over(settings: Settings, content: Content) -> Answering:
    """What answers over a content, learnt here, or found in the cache under DATA_DIR."""
    return build_answering(content, read_phrases(LOCALES, languages_of(content)), learning_of(settings))


def classifier_of(settings: Settings) -> Callable[[Campaign], Classifier]:
    """Campaign -> its classifier alone, with what the bot itself uses: vectors, cache and word list."""
    learning = learning_of(settings)
    return lambda campaign: _trained(campaign, learning)


def _trained(campaign: Campaign, learning: TrainingResources) -> Classifier:
    return train_classifier(
        corpus_of(campaign, (), learning.frequencies),
        encoder=learning.encoder,
        query_encoder=learning.query_encoder,
        cache=learning.cache,
    )


def open_conversation(settings: Settings, language: str, today: date | None) -> tuple[Conversation, Context]:
    """What `ask` and `chat` talk to, and the context of a new chat."""
    day = today or clock_of(settings).today()
    loaded = load_or_last_good(settings.content_dir, settings.data_dir, day)
    phrases = read_phrases(LOCALES, languages_of(loaded.content))
    learning = learning_of(settings)
    learn_beside(settings, loaded.content, learning)
    answering = build_answering(loaded.content, phrases, learning)
    forced = language if language in answering.conversation.campaign.languages else None
    return answering.conversation, Context(day, forced_language=forced)


def fit_into_cache(settings: Settings, content: Content, encoders: Sequence[Connection] = ()) -> None:
    """Fit the classifier in another process, so that the running bot finds it in the cache.

    `encoders` lead to processes that encode meanwhile; without any the encoding is done here.
    """
    learning = learning_of(settings)
    with one_at_a_time(settings.learnt_dir):
        _models(content, learning, encoder=encoder_behind(encoders) if encoders else None, query_encoder=None)


def learn_beside(settings: Settings, content: Content | None, learning: TrainingResources) -> None:
    """Where the cache lacks this content, learn it in other processes and wait for them.

    TrainingResources takes twice the memory of answering, and only the end of a process gives memory back to the machine.
    Sentence vectors, half of the work, are made by processes of their own. Where nothing can be cached it is left to
    build_answering().
    """
    if content is None or not content.campaign.topics:
        return
    keys = cache_keys(_corpus(content, learning), semantic=learning.encoder is not None)
    if all(key in learning.cache for key in keys) or not learning.keeps():
        return
    start = multiprocessing.get_context("spawn")
    ours: list[Connection] = []
    processes: list[BaseProcess] = []
    for _ in range(min(MOST_ENCODERS, os.cpu_count() or 1) if learning.encoder is not None else 0):
        near, far = start.Pipe()
        processes.append(start.Process(target=serve_encoder, args=(far,), daemon=True, name="encoding"))
        processes[-1].start()
        far.close()
        ours.append(near)
    processes.append(start.Process(target=fit_into_cache, args=(settings, content, ours), daemon=True, name="learning"))
    processes[-1].start()
    # With our copies closed, each process sees the end of the other.
    for connection in ours:
        connection.close()
    for process in processes:
        process.join()
