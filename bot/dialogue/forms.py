"""The forms that a reply can take: an answer, choices, help, a report, small talk. Each is a turn, ready to be shown."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Literal

from bot.dialogue.callback_data import Action, Actions
from bot.dialogue.campaign import Campaign
from bot.dialogue.offers import OfferChecker, OfferReading
from bot.dialogue.render import N_, Renderer, Say
from bot.dialogue.reply import Button, Context, Counted, CountedOutcome, Kind, Reply, Turn
from bot.dialogue.safety import Alarm, SafetyLane
from bot.dialogue.screens import Row, Screens
from bot.dialogue.smalltalk import SmallTalk
from bot.dialogue.state import DialogueState
from bot.dialogue.urgent_reply import urgent_paragraphs
from bot.nlu.ranking import Ranked, Ranking

CHOICES_SHOWN = 3
RUNNERS_UP = 3
"""Keys of other topics right under an answer that may not be what was meant."""
LIKELY, LIKELY_SHOWN = 0.03, 2
"""Under a certain answer, so many runners-up with at least this probability get a key of their own."""
EQUAL, EQUAL_AT_LEAST = 0.6, 0.2
"""Two topics are equal when the second has this share of the first one's probability, and this probability."""
URGENT_TOPICS_SHOWN = 3
NEAR, NEAR_SHOWN = 0.08, 2
"""Under "I have no answer", so many topics with at least this probability are offered all the same."""
HEARD_SHOWN = 600
"""Characters of what was heard that a reply repeats."""

Steering = Literal["enlisting", "recruiting"]
CANNOT_CHECK = N_(
    "I cannot check offers right now. Send no picture of your passport and no money, and sign no paper that you do not "
    "understand."
)
"""Said when the content, and with it every warning sign, is gone."""


class Forms:
    """Makes turns for one campaign. Holds nothing that changes."""

    def __init__(
        self,
        campaign: Campaign,
        render: Renderer,
        screens: Screens,
        actions: Actions,
        safety: SafetyLane,
        offers: OfferChecker,
        small_talk: SmallTalk,
        say: Say,
    ) -> None:
        self._campaign = campaign
        self._render = render
        self._screens = screens
        self._actions = actions
        self._safety = safety
        self._offers = offers
        self._small_talk = small_talk
        self._say = say

    # ---- answers

    def answer(self, ranking: Ranking, language: str, context: Context, outcome: CountedOutcome) -> Turn:
        """The answers that a message asks for: certain, likely, or two that are equally likely."""
        if not ranking.sure and len(ranking.answered) == 1 and _equal(ranking):
            return self._two(ranking, language, context)
        topics, sure = ranking.answered, ranking.sure and not context.heard
        others = [found for found in ranking.ranked if found.topic not in topics]
        paragraphs: list[str] = []
        if not sure:
            title = self._render.answer(self._campaign.topics[topics[0]], language).title
            paragraphs.append(
                self._screens.paragraph(
                    language, "This is what I have on “{title}”. If you meant something else, press below.", title=title
                )
            )
        for topic in topics:
            paragraphs += self._render.short_answer(self._campaign.topics[topic], language, context.today)
        if sure:
            shown = tuple(found.topic for found in others if found.confidence >= LIKELY)[:LIKELY_SHOWN]
        else:
            shown = tuple(found.topic for found in others)[:RUNNERS_UP]
        runners_up = tuple(found.topic for found in others)
        rows = self._screens.answer_rows(topics, runners_up, shown, language, context, sure=sure)
        return Turn(
            Reply(language, tuple(paragraphs), rows),
            "answer",
            Counted(topics=topics, outcome=outcome, language=language),
            ranked=ranking.ranked,
            answered=topics,
            sure=sure,
            explanation=ranking.explanation,
            state=replace(context.state, topics=topics, choices=shown, question=None),
        )

    def _two(self, ranking: Ranking, language: str, context: Context) -> Turn:
        """Two topics that are equally likely: the beginning of both, each with its key."""
        topics = tuple(found.topic for found in ranking.ranked[:2])
        paragraphs = [self._screens.paragraph(language, "This may be one of two things. Press the one you mean.")]
        for topic in topics:
            paragraphs += self._render.first_sentence(self._campaign.topics[topic], language, context.today)
        question = context.question_id
        rows = [(self._screens.topic_button(topic, language, question, picked=True),) for topic in topics]
        rows += [
            (self._screens.topic_button(found.topic, language, question, picked=True),) for found in ranking.ranked[2:3]
        ]
        return Turn(
            Reply(language, tuple(paragraphs), (*rows, *self._screens.foot(language, question))),
            "answer",
            Counted(topics=topics[:1], outcome="answered", language=language),
            ranked=ranking.ranked,
            answered=topics,
            sure=False,
            explanation=ranking.explanation,
            state=replace(
                context.state,
                topics=topics,
                choices=tuple(found.topic for found in ranking.ranked[:3]),
                question="choices",
            ),
        )

    def more(self, topic: str, language: str, context: Context) -> Turn:
        """The long answer with its sources, and the related topics."""
        known = self._campaign.topics[topic]
        related = tuple(other for other in known.related if other in self._campaign.topics)
        rows: list[Row] = [(self._screens.topic_button(other, language, context.question_id),) for other in related]
        rows.append((Button(self._say(language, "Share"), share=self._screens.share_query(topic, language)),))
        reply = Reply(
            language,
            self._render.details(known, language, context.today),
            (*rows, *self._screens.foot(language, context.question_id)),
        )
        return Turn(
            reply,
            "answer",
            answered=(topic,),
            ranked=(Ranked(topic, 1.0),),
            state=replace(context.state, topics=(topic,), choices=related[:CHOICES_SHOWN], question=None),
        )

    def choices(self, ranking: Ranking, language: str, context: Context, *, counted: bool = True) -> Turn:
        """A menu of what may be meant."""
        shown = ranking.choices[:CHOICES_SHOWN]
        rows = tuple(
            (self._screens.topic_button(topic, language, context.question_id, picked=True),) for topic in shown
        )
        paragraphs = (
            self._screens.paragraph(language, "Which of these do you mean?"),
            self._screens.paragraph(language, "If it is none of them, write it another way: two words will do."),
        )
        return Turn(
            Reply(language, paragraphs, (*rows, *self._screens.foot(language, context.question_id))),
            "choices",
            Counted(near_miss=shown[0], outcome="choices", language=language) if counted else Counted(),
            ranked=ranking.ranked,
            choices=shown,
            explanation=ranking.explanation,
            state=replace(context.state, choices=shown, question="choices"),
        )

    def unknown(
        self,
        ranking: Ranking,
        language: str,
        context: Context,
        themes: tuple[str, ...],
        own_language: str | None,
    ) -> Turn:
        """No answer, and what there is instead. `own_language` is the sentence for a script that nobody here reads."""
        screens, question = self._screens, context.question_id
        paragraphs = [escape(own_language, quote=False)] if own_language else []
        paragraphs.append(
            screens.paragraph(
                language, "I do not know this one, and I do not want to guess about something that matters to you."
            )
        )
        sentences = self._campaign.sentences.get(language)
        if sentences is not None:
            paragraphs += self._render.paragraphs(sentences.scope, language, context.today)
        near = ranking.choices or tuple(found.topic for found in ranking.ranked if found.confidence >= NEAR)
        near = near[:NEAR_SHOWN] if own_language is None else ()
        rows = tuple((screens.topic_button(topic, language, question, picked=True),) for topic in near)
        contacts = (screens.said_button("Contacts", Action("contacts", language, question)),)
        return Turn(
            Reply(language, tuple(paragraphs), (*rows, contacts, *screens.foot(language, question))),
            "none",
            Counted(outcome="no-match", language=language, vocabulary=themes),
            ranked=ranking.ranked,
            choices=near,
            explanation=ranking.explanation,
            state=replace(context.state, choices=near, question=None),
        )

    def steering(self, steering: Steering) -> tuple[str, ...]:
        """The topics for somebody who asks how to enlist or to recruit."""
        campaign = self._campaign
        topics = campaign.enlisting_topics if steering == "enlisting" else campaign.recruiting_topics
        return tuple(topic for topic in topics if topic in campaign.topics)

    def steered(self, steering: Steering, ranking: Ranking, language: str, context: Context) -> Turn:
        """Who asks how to enlist or to recruit gets the law and the risk, whatever the words come nearest to."""
        topics = self.steering(steering)
        others = tuple(found for found in ranking.ranked if found.topic not in topics)
        ranked = (*(Ranked(topic, 0.9) for topic in topics), *others)[:5]
        certain = Ranking(ranked, "answer", topics[:1], topics[1:], explanation=ranking.explanation)
        return self.answer(certain, language, context, "answered")

    def small_talk(self, kind: str, ranking: Ranking, language: str, context: Context) -> Turn:
        """A short human sentence and the doors that fit; a kind that nobody wrote gets the first screen."""
        known = self._small_talk.kind(kind, language)
        if known is None:
            return Turn(self._screens.start(language, context), "smalltalk", ranked=ranking.ranked)
        rows: tuple[Row, ...] = tuple((button,) for button in self._doors(known.doors, language, context.question_id))
        rows = rows or self._screens.doors(language, context.question_id)
        return Turn(
            Reply(
                language,
                self._render.paragraphs(known.reply, language, context.today),
                (*rows, *self._screens.foot(language, context.question_id)),
            ),
            "smalltalk",
            ranked=ranking.ranked,
            explanation=ranking.explanation,
            state=replace(context.state, question=None),
        )

    def _doors(self, doors: tuple[str, ...], language: str, question: int | None) -> list[Button]:
        found = (
            self._screens.door(door, None, language, question) for door in doors if door not in ("urgent", "topics")
        )
        return [button for button in found if button is not None]

    # ---- danger

    def urgent(self, alarm: Alarm, ranking: Ranking | None, language: str, context: Context) -> Turn:
        """The fixed reply to an alarm; where it has to ask first, a question that is clear is answered below."""
        screens, question = self._screens, context.question_id
        likely = ranking.answered[:1] if ranking is not None and not alarm.alone else ()
        best = tuple(topic for topic in likely if topic in self._campaign.topics)
        answered = best if alarm.asks and ranking is not None and ranking.sure and not context.heard else ()
        candidates = () if alarm.alone else dict.fromkeys((*best, *alarm.topics))
        topics = tuple(topic for topic in candidates if topic in self._campaign.topics and topic not in answered)[
            :URGENT_TOPICS_SHOWN
        ]
        asked = _near(ranking)
        rows: list[Row] = []
        if alarm.asks:
            rows.append(
                (
                    screens.said_button("Yes", Action("urgent", language, question, category=alarm.danger)),
                    screens.said_button("No, just a question", Action("not-urgent", language, question, asked)),
                )
            )
        if answered:
            rows.append((screens.said_button("More and sources", Action("more", language, question, answered)),))
        rows += [(screens.topic_button(topic, language, question),) for topic in topics]
        answer = [
            paragraph
            for topic in answered
            for paragraph in self._render.short_answer(self._campaign.topics[topic], language, context.today)
        ]
        foot: list[Button] = [screens.said_button("Contacts", Action("contacts", language, question))]
        if question is not None:
            foot.append(screens.said_button("Hide", Action("hide", language, question)))
        rows.append(tuple(foot))
        return Turn(
            Reply(language, (*self.urgent_paragraphs(alarm, language, context), *answer), tuple(rows)),
            "urgent",
            Counted(outcome="urgent", language=language),
            answered=answered,
            ranked=ranking.ranked if ranking is not None else (),
            choices=topics,
            urgent=alarm.level,
            danger=alarm.danger,
            place=alarm.place,
            explanation=ranking.explanation if ranking is not None else None,
            alarm=alarm,
            state=DialogueState(
                topics=answered,
                choices=asked if alarm.asks else topics,
                dangers=context.state.after_danger(alarm.danger),
                question="danger" if alarm.asks else None,
            ),
        )

    def urgent_paragraphs(self, alarm: Alarm, language: str, context: Context) -> tuple[str, ...]:
        """The words of the fixed reply, in a language or in the first one that there is."""
        replies = self._safety.replies
        spoken = language if language in replies else next(iter(replies))
        place = self._campaign.places.get(alarm.place)
        return urgent_paragraphs(
            replies[spoken],
            alarm,
            self._safety.kind(alarm.danger),
            self._safety.safe_word(spoken),
            abroad=place is not None and not place.emergency,
            language=language,
            render=self._render,
            today=context.today,
        )

    def with_note(self, turn: Turn, alarm: Alarm, language: str, context: Context) -> Turn:
        """An ordinary reply, led by one line of help and with the urgent key first."""
        note = self._note(language, context)
        if not note:
            return turn
        urgent = self._screens.urgent_row(language, context.question_id)
        rows = (urgent, *(row for row in turn.reply.rows if row != urgent))
        paragraphs = (*note, *turn.reply.paragraphs)
        return replace(
            turn,
            reply=replace(turn.reply, paragraphs=paragraphs, rows=rows),
            urgent="note",
            danger=alarm.danger,
            place=alarm.place,
            alarm=alarm,
            state=replace(turn.state, dangers=context.state.after_danger(alarm.danger)),
        )

    def _note(self, language: str, context: Context) -> tuple[str, ...]:
        """The one line of help."""
        replies = self._safety.replies
        note = (replies.get(language) or next(iter(replies.values()))).note
        return self._render.paragraphs(note, language, context.today)

    # ---- offers and other messages

    def offer(self, reading: OfferReading, language: str, context: Context) -> Turn:
        """The report on an offer."""
        question = context.question_id
        topics = [topic for topic in self._campaign.offer_topics if topic in self._campaign.topics]
        rows = tuple((self._screens.topic_button(topic, language, question),) for topic in topics)
        return Turn(
            Reply(
                language,
                self._offers.paragraphs(reading, language, self._render, context.today)
                or (self._screens.paragraph(language, CANNOT_CHECK),),
                (*rows, *self._screens.foot(language, question)),
            ),
            "offer",
            Counted(outcome="offer", language=language, offer_signs=tuple(sign.id for sign in reading.signs)),
            signs=tuple(sign.id for sign in reading.signs),
            offer=reading,
            state=replace(context.state, topics=tuple(topics[:1]), choices=tuple(topics), question=None),
        )

    def own_message(self, language: str, context: Context) -> Turn:
        """The bot's own words came back."""
        words = self._screens.paragraph(language, "These are my own words. Ask me what you want to know about them.")
        return Turn(Reply(language, (words,), self._screens.foot(language, context.question_id)), "smalltalk")

    def feedback(self, action: Action, context: Context) -> Turn:
        """What somebody said of an answer."""
        topic, language = action.topics[0], action.language
        if action.verb == "helpful":
            certain = Ranking((Ranked(topic, 1.0),), "answer", (topic,), ())
            turn = self.answer(certain, language, context, "answered")
            thanks = self._screens.paragraph(language, "Thank you. That helps us.")
        else:
            related = self._campaign.topics[topic].related
            unsure = Ranking(tuple(Ranked(one, 0.0) for one in related), "choices", (), related)
            turn = self.unknown(unsure, language, context, (), None)
            thanks = self._screens.paragraph(
                language, "I am sorry that it did not help. Tell me in other words what you need."
            )
        reply = replace(turn.reply, paragraphs=(*turn.reply.paragraphs, f"<i>{thanks}</i>"))
        return replace(turn, reply=reply, counted=Counted(feedback=(f"{topic}:{action.verb}",)))

    def not_text(self, kind: Kind, language: str, context: Context) -> Turn:
        """Voice, pictures and the rest: a useful next step, with the urgent help already in the message."""
        screens = self._screens
        if kind in ("voice", "video", "picture", "story"):
            first = screens.paragraph(language, "I cannot hear or see this. Please write your question in words.")
        elif kind in ("contact", "location"):
            first = screens.paragraph(
                language, "I do not need this and I have not kept it. Please write your question in words."
            )
        else:
            first = screens.paragraph(language, "I can only read words. Please write your question.")
        paragraphs = [first]
        if kind in ("picture", "document"):
            paragraphs.append(
                screens.paragraph(
                    language, "If it shows an offer, type or paste its text here and I look for warning signs."
                )
            )
        return Turn(self._in_words(paragraphs, language, context), "none", Counted(outcome="not-text"))

    def not_said(self, language: str, context: Context) -> Turn:
        """A voice note was misheard: the same way on as from what is not text. Only a danger is still remembered."""
        words = self._screens.paragraph(language, "Then I heard you wrongly. Please write your question in words.")
        reply = self._in_words([words], language, context)
        return Turn(reply, "smalltalk", state=DialogueState(dangers=context.state.dangers))

    def _in_words(self, paragraphs: list[str], language: str, context: Context) -> Reply:
        """A call to write, with the urgent help already in the message."""
        screens = self._screens
        emergency = screens.emergency(language, context.today)
        if emergency:
            paragraphs = [*paragraphs, screens.paragraph(language, "If you are in danger now:"), *emergency]
        return Reply(language, tuple(paragraphs), screens.foot(language, context.question_id))

    def heard(self, turn: Turn, words: str, context: Context) -> Turn:
        """A reply to what was heard: it repeats the words, and has a key for whoever said something else.

        Help comes first: there the words stand behind it, and an ordinary reply's line of help stands before them.
        """
        reply, language = turn.reply, turn.language
        # Braces would be read as the name of a contact.
        shown = " ".join(words.translate({ord("{"): None, ord("}"): None}).split())
        if len(shown) > HEARD_SHOWN:
            shown = shown[:HEARD_SHOWN].rstrip() + "…"
        line = self._screens.paragraph(language, "I understood: “{words}”", words=shown)
        key = (self._screens.said_button("That is not what I said", Action("not-said", language, context.question_id)),)
        first = 0
        if turn.urgent == "note":
            first = len(self._note(language, context))
        elif turn.urgent is not None:
            first = len(reply.paragraphs)
        above = 0 if turn.urgent is None else 1 if turn.urgent == "note" else len(reply.rows)
        paragraphs = (*reply.paragraphs[:first], line, *reply.paragraphs[first:])
        rows = (*reply.rows[:above], key, *reply.rows[above:])
        return replace(turn, reply=replace(reply, paragraphs=paragraphs, rows=rows), sure=False)


def shown_topics(reply: Reply, actions: Actions) -> tuple[str, ...]:
    """The topics that a reply's keys open at once."""
    found = (actions.decode(button.action) for button in reply.buttons if button.action is not None)
    return tuple(
        dict.fromkeys(
            topic
            for action in found
            if action is not None and action.verb in ("topic", "pick")
            for topic in action.topics
        )
    )


def _equal(ranking: Ranking) -> bool:
    if len(ranking.ranked) < 2:
        return False
    first, second = ranking.ranked[0].confidence, ranking.ranked[1].confidence
    return second >= EQUAL_AT_LEAST and second >= EQUAL * first


def _near(ranking: Ranking | None) -> tuple[str, ...]:
    """What "No, just a question" should lead to."""
    if ranking is None:
        return ()
    if ranking.outcome == "answer":
        return ranking.answered[:1]
    return ranking.choices[:CHOICES_SHOWN]
