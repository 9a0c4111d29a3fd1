"""The models of the word files -> the words of the urgent lane, the offer checker, small talk and the fixed screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.content_tools.load import word_schema
from bot.dialogue.campaign import Sentences
from bot.dialogue.offers import OfferReport, OfferWords, SignWords
from bot.dialogue.safety import DangerWords, SafetyWords
from bot.dialogue.smalltalk import SmallTalkKind
from bot.dialogue.urgent_reply import UrgentReply


def safety_words(language: str, file: word_schema.SafetyFile) -> SafetyWords:
    """What stands in `_safety.yaml`."""
    reply = file.reply
    return SafetyWords(
        language=language,
        safe_words=_stripped(file.safe_words),
        groups=_groups(file.groups),
        negations=file.negations.texts(),
        cancels=file.cancels.texts(),
        softens=file.softens.texts(),
        dangers=tuple(DangerWords(name, one.strong.texts(), one.weak.texts()) for name, one in file.dangers.items()),
        self_words=file.people.own.texts(),
        relatives=file.people.relatives.texts(),
        places={place: patterns.texts() for place, patterns in file.places.items()},
        enlisting=file.steering.enlisting.texts(),
        recruiting=file.steering.recruiting.texts(),
        reply=UrgentReply(
            full=reply.full.strip(),
            ask=reply.ask.strip(),
            now={danger: words.texts() for danger, words in reply.now.items()},
            contacts={place: words.texts() for place, words in reply.contacts.items()},
            questions={danger: words.texts() for danger, words in reply.question.items()},
            watched=reply.watched.texts(),
            mission=reply.mission.texts(),
            tracing=reply.tracing.strip(),
            note=reply.note.strip(),
            machine=reply.machine.strip(),
            again=reply.again.strip(),
        ),
    )


def offer_words(language: str, file: word_schema.OffersFile) -> OfferWords:
    """What stands in `_offers.yaml`."""
    report = file.report
    return OfferWords(
        language=language,
        groups=_groups(file.groups),
        calls=file.offer.calls.texts(),
        terms=file.offer.terms.texts(),
        questions=file.not_an_offer.questions.texts(),
        warnings=file.not_an_offer.warnings.texts(),
        news=file.not_an_offer.news.texts(),
        signs=tuple(
            SignWords(
                id=name,
                name=sign.name.strip(),
                why=sign.why.strip(),
                ask=sign.ask.strip(),
                patterns=sign.words.texts(),
                without=sign.not_words.texts(),
                only_with=tuple(sign.only_with),
                not_with=tuple(sign.not_with),
            )
            for name, sign in file.signs.items()
        ),
        report=OfferReport(
            found=report.found.strip(),
            nothing_found=report.nothing_found.strip(),
            ask=report.ask.strip(),
            more=report.more.strip(),
            next=report.next.strip(),
        ),
    )


def small_talk_kinds(language: str, file: word_schema.SmallTalkFile) -> tuple[SmallTalkKind, ...]:
    """What stands in `_smalltalk.yaml`."""
    return tuple(
        SmallTalkKind(
            name,
            language,
            kind.reply.strip(),
            tuple(kind.doors),
            {variety: _stripped(texts) for variety, texts in kind.wordings.items()},
        )
        for name, kind in file.kinds.items()
    )


def sentences(language: str, file: word_schema.SentencesFile) -> Sentences:
    """What stands in `_sentences.yaml`."""
    return Sentences(
        welcome=file.welcome.strip(),
        honest=file.honest.strip(),
        scope=file.scope.strip(),
        emergency=file.emergency.strip(),
    )


def _groups(groups: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: _stripped(lines) for name, lines in groups.items()}


def _stripped(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line.strip() for line in lines)
