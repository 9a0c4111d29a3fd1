"""One turn of a conversation: what was said or pressed -> what to show and what to count. No I/O, no memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

from bot.dialogue.callback_data import Action, Actions
from bot.dialogue.campaign import Campaign
from bot.dialogue.offers import OfferChecker, OfferReading
from bot.dialogue.render import Renderer, Say
from bot.dialogue.reply import NO_CAMPAIGN, OTHER, Button, Context, Counted, CountedOutcome, Message, Reply, Turn
from bot.dialogue.safety import Alarm, SafetyLane
from bot.dialogue.screens import Row, Screens, read_start_payload, start_payload
from bot.dialogue.smalltalk import SmallTalk
from bot.dialogue.telegram_limits import START_PAYLOAD
from bot.nlu.normalize import words
from bot.nlu.ranking import Classifier, Ranked, Ranking
from bot.nlu.utterance import Utterance

CHOICES_SHOWN = 3
LIKELY, LIKELY_SHOWN = 0.03, 2
"""Under an answer, so many runners-up with at least this chance get a key of their own."""
URGENT_TOPICS_SHOWN = 3
NEAR, NEAR_SHOWN = 0.08, 2
"""Under "I have no answer", so many topics with at least this chance are offered all the same."""
INLINE_CARDS = 5


@dataclass(frozen=True, slots=True)
class Card:
    """One result of inline mode: a topic's short answer, ready to be sent into another chat."""

    topic: str
    title: str
    summary: str
    reply: Reply


class Conversation:
    """Everything that a chat needs, for one loaded campaign. Thread-safe: it holds nothing that changes."""

    def __init__(
        self,
        campaign: Campaign,
        classifier: Classifier,
        safety: SafetyLane,
        offers: OfferChecker,
        small_talk: SmallTalk,
        say: Say,
        other_scripts: Mapping[str, str] | None = None,
    ) -> None:
        self.campaign = campaign
        self.render = Renderer(campaign, say)
        self.actions = Actions(
            campaign.topics, (*(shelf.id for shelf in campaign.categories), *safety.dangers), campaign.languages
        )
        self.screens = Screens(campaign, self.render, self.actions, say)
        self._classifier = classifier
        self._safety = safety
        self._offers = offers
        self._small_talk = small_talk
        self._say = say
        self._other_scripts = dict(other_scripts or {})
        self._families = {
            folded: family
            for family, members in campaign.vocabulary.items()
            for member in members
            for folded in words(member)
        }
        self._default_language = next(iter(campaign.languages))

    # ---- language

    def chat_language(self, context: Context) -> str:
        """The language of a screen that answers no text: chosen, else the client's, else the campaign's first."""
        for language in (context.forced_language, context.chosen_language, context.client_language):
            code = (language or "").split("-")[0]
            if code in self.campaign.languages:
                return code
        return self._default_language

    def text_language(self, utterance: Utterance, context: Context) -> str:
        """The language that a message is answered in: its own, else the chat's."""
        found = context.forced_language or utterance.language
        return found if found is not None and found in self.campaign.languages else self.chat_language(context)

    # ---- what people send

    def respond(self, message: Message, context: Context, *, ranked: bool = False, explain: bool = False) -> Turn:
        """Answer one message. Danger comes first, then offers, commands, small talk, and the topics.

        Never raises for any text; the reply is never empty and always leaves a next step. With `ranked` the turn
        carries the topics that come nearest whatever the outcome, with `explain` also why.
        """
        utterance = Utterance.read(message.text)
        turn = self._respond(message, utterance, context, explain)
        if (ranked or explain) and not turn.ranked:
            turn = replace(turn, ranked=self._classifier.predict(utterance).ranked)
        return replace(turn, choices=self._on_buttons(turn.reply))

    def _respond(self, message: Message, utterance: Utterance, context: Context, explain: bool) -> Turn:
        text = message.text
        language = self.text_language(utterance, context)
        if not text.strip():
            return self._not_text(message, self.chat_language(context), context)
        heard = self._safety.read(utterance)
        alarm = self._safety.look(heard)
        if alarm is not None and alarm.level == "full":
            return self._urgent(alarm, language, context, self._classifier.predict(utterance, explain=explain))
        if text.startswith("/"):
            return self._command(text, context)
        if self._safety.is_safe_word(utterance):
            return self._urgent(self._safety.unknown, language, context, None)
        reading = self._offers.look(utterance, forwarded=message.forwarded)
        if reading is not None:
            return self._offer(reading, language, context, utterance, explain)
        if alarm is not None:
            return self._urgent(alarm, language, context, self._classifier.predict(utterance, explain=explain))
        kind = self._small_talk.look(utterance)
        if kind is not None:
            # The wording's own language decides: "hi" holds too little to detect one.
            answer_in = language if utterance.language else self.chat_language(context)
            reply = self._small_talk.reply(kind.id, answer_in)
            return Turn(
                Reply(
                    answer_in,
                    (self.render.paragraph(reply, answer_in, context.today),),
                    self._start_rows(answer_in, context),
                ),
                "smalltalk",
            )
        steered = tuple(topic for topic in self._safety.steer(heard) if topic in self.campaign.topics)
        ranking = self._classifier.predict(utterance, explain=explain)
        if ranking.written is not None and ranking.outcome != "answer":
            # An editor wrote this very question under one topic: that is sure, however short it is.
            rest = tuple(found for found in ranking.ranked if found.topic != ranking.written)
            ranked = (Ranked(ranking.written, 1.0), *rest)[:5]
            ranking = Ranking(ranked, "answer", (ranking.written,), (), explanation=ranking.explanation)
        if steered:
            return self._steered(steered, ranking, language, context)
        script = utterance.script
        if script in self._other_scripts or script in ("kurdish", "cyrillic", "other"):
            return self._unknown(ranking, language, context, utterance.tokens, self._other_scripts.get(script))
        if ranking.outcome == "answer" and ranking.answered:
            return self._answer(ranking, language, context, "answered")
        if ranking.outcome == "choices" and ranking.choices:
            return self._choices(ranking, language, context)
        return self._unknown(ranking, language, context, utterance.tokens, None)

    def press(self, data: str, context: Context) -> Turn:
        """Do what a button asks. Data that no version wrote, or of a topic now gone, gets a fresh menu."""
        action = self.actions.decode(data)
        if action is None:
            return self._menu(self.chat_language(context), context)
        context = replace(context, question_id=action.question)
        language, screens = action.language, self.screens
        match action.verb:
            case "urgent":
                danger = action.category
                alarm = self._safety.alarm(danger) if danger is not None else self._safety.unknown
                return self._urgent(alarm, language, context, None)
            case "not-urgent":
                return self._after_not_urgent(action, context)
            case "topic" | "pick" if action.topics:
                outcome: CountedOutcome = "suggestion-taken" if action.verb == "pick" else "answered"
                return self._answer(_certain(action.topics[:1]), language, context, outcome)
            case "more" if action.topics:
                return self._more(action.topics[0], language, context)
            case "other" if action.topics:
                return self._choices(_unsure(action.topics), language, context, counted=False)
            case "helpful" | "not-helpful" if action.topics:
                return self._feedback(action, context)
            case "category" if action.category in {shelf.id for shelf in self.campaign.categories}:
                return Turn(screens.category(action.category or "", action.page, language, context), "smalltalk")
            case "topics":
                return Turn(screens.topics(language, context), "smalltalk")
            case "contacts":
                return Turn(screens.contacts(language, context), "smalltalk")
            case "check":
                return Turn(screens.check_prompt(language, context), "smalltalk")
            case "language":
                return Turn(screens.start(language, context), "smalltalk", effect="remember-language")
            case "privacy":
                return Turn(screens.privacy(language, context), "smalltalk")
            case "hide":
                return Turn(
                    screens.too_old_to_hide(language), "smalltalk", effect="hide", effect_message=action.question
                )
            case _:
                return self._menu(language, context)

    def inline(self, query: str, context: Context) -> tuple[Card, ...]:
        """Answer cards for a query typed in any chat: the same words as the chat gives. Nothing is counted."""
        utterance = Utterance.read(query)
        language = self.text_language(utterance, context)
        if not query.strip():
            topics = list(self.campaign.topics)[:INLINE_CARDS]
        else:
            ranking = self._classifier.predict(utterance)
            topics = list(
                dict.fromkeys((*ranking.answered, *ranking.choices, *(found.topic for found in ranking.ranked)))
            )
        return tuple(self.card(topic, language, context) for topic in topics[:INLINE_CARDS])

    def card(self, topic: str, language: str, context: Context) -> Card:
        """One topic as a card: no keys but a link to the bot, since it lands in somebody else's chat."""
        known = self.campaign.topics[topic]
        answer = self.render.answer(known, language)
        paragraphs = self.render.short_answer(known, language, context.today)
        rows: tuple[Row, ...] = ()
        if context.bot_username:
            link = f"https://t.me/{context.bot_username}?start={start_payload(topic, None)}"
            rows = ((Button(self._say(language, "Ask the bot"), url=link),),)
        return Card(topic, answer.title, answer.short, Reply(language, paragraphs, rows))

    # ---- turns

    def _on_buttons(self, reply: Reply) -> tuple[str, ...]:
        """The topics that a reply's keys open at once."""
        found = (self.actions.decode(button.action) for button in reply.buttons if button.action is not None)
        return tuple(
            dict.fromkeys(
                topic
                for action in found
                if action is not None and action.verb in ("topic", "pick")
                for topic in action.topics
            )
        )

    def _answer(self, ranking: Ranking, language: str, context: Context, outcome: CountedOutcome) -> Turn:
        topics = ranking.answered
        others = [found for found in ranking.ranked if found.topic not in topics]
        likely = tuple(found.topic for found in others if found.confidence >= LIKELY)[:LIKELY_SHOWN]
        paragraphs: list[str] = []
        for topic in topics:
            paragraphs += self.render.short_answer(self.campaign.topics[topic], language, context.today)
        runners_up = tuple(found.topic for found in others)
        rows = self.screens.answer_rows(topics, runners_up, likely, language, context)
        return Turn(
            Reply(language, tuple(paragraphs), rows),
            "answer",
            Counted(topics=topics, outcome=outcome, language=language),
            ranked=ranking.ranked,
            answered=topics,
            explanation=ranking.explanation,
        )

    def _more(self, topic: str, language: str, context: Context) -> Turn:
        related = [other for other in self.campaign.topics[topic].related if other in self.campaign.topics]
        rows = tuple((self.screens.topic_button(other, language, context.question_id),) for other in related)
        reply = Reply(
            language,
            self.render.details(self.campaign.topics[topic], language, context.today),
            (*rows, *self.screens.foot(language, context.question_id)),
        )
        return Turn(reply, "answer", answered=(topic,), ranked=(Ranked(topic, 1.0),))

    def _choices(self, ranking: Ranking, language: str, context: Context, *, counted: bool = True) -> Turn:
        shown = ranking.choices[:CHOICES_SHOWN]
        rows = tuple((self.screens.topic_button(topic, language, context.question_id, picked=True),) for topic in shown)
        paragraphs = (
            self.screens.paragraph(language, "I want to be sure that I understand you. Which of these do you mean?"),
            self.screens.paragraph(
                language, "If it is none of them, write it again in other words or open the topics."
            ),
        )
        return Turn(
            Reply(language, paragraphs, (*rows, *self.screens.foot(language, context.question_id))),
            "choices",
            Counted(near_miss=shown[0], outcome="choices", language=language) if counted else Counted(),
            ranked=ranking.ranked,
            choices=shown,
            explanation=ranking.explanation,
        )

    def _unknown(
        self, ranking: Ranking, language: str, context: Context, tokens: tuple[str, ...], own_language: str | None
    ) -> Turn:
        paragraphs = [escape(own_language, quote=False)] if own_language else []
        paragraphs += [
            self.screens.paragraph(language, "I have no answer to that. I will not guess."),
            self.screens.paragraph(
                language,
                "I know about offers from Russia, the law, and people who are there. "
                "Write it in other words, or open the topics or the contacts.",
            ),
        ]
        question = context.question_id
        near = ranking.choices or tuple(found.topic for found in ranking.ranked if found.confidence >= NEAR)
        near = near[:NEAR_SHOWN] if own_language is None else ()
        rows = tuple((self.screens.topic_button(topic, language, question, picked=True),) for topic in near)
        contacts = (self.screens.said_button("Contacts", Action("contacts", language, question)),)
        families = tuple(dict.fromkeys(self._families[word] for word in tokens if word in self._families))
        return Turn(
            Reply(language, tuple(paragraphs), (*rows, contacts, *self.screens.foot(language, question))),
            "none",
            Counted(outcome="no-match", language=language, vocabulary=families),
            ranked=ranking.ranked,
            choices=near,
            explanation=ranking.explanation,
        )

    def _steered(self, topics: tuple[str, ...], ranking: Ranking, language: str, context: Context) -> Turn:
        """Who asks how to enlist or to recruit gets the law and the risk, whatever the words come nearest to."""
        others = tuple(found for found in ranking.ranked if found.topic not in topics)
        ranked = (*(Ranked(topic, 0.9) for topic in topics), *others)[:5]
        return self._answer(
            Ranking(ranked, "answer", topics[:2], topics[2:], explanation=ranking.explanation),
            language,
            context,
            "answered",
        )

    def _urgent(self, alarm: Alarm, language: str, context: Context, ranking: Ranking | None) -> Turn:
        best = [found.topic for found in ranking.ranked[:1]] if ranking is not None else []
        topics = tuple(dict.fromkeys(topic for topic in (*alarm.topics, *best) if topic in self.campaign.topics))[
            :URGENT_TOPICS_SHOWN
        ]
        question = context.question_id
        rows: list[Row] = []
        if alarm.level == "ask":
            asked = _near(ranking)
            rows.append(
                (
                    self.screens.said_button("Yes", Action("urgent", language, question, category=alarm.danger)),
                    self.screens.said_button("No, just a question", Action("not-urgent", language, question, asked)),
                )
            )
        rows += [(self.screens.topic_button(topic, language, question),) for topic in topics]
        foot: list[Button] = [self.screens.said_button("Contacts", Action("contacts", language, question))]
        if question is not None:
            foot.append(self.screens.said_button("Hide", Action("hide", language, question)))
        rows.append(tuple(foot))
        return Turn(
            Reply(language, self._safety.paragraphs(alarm, language, self.render, context.today), tuple(rows)),
            "urgent",
            Counted(outcome="urgent", language=language),
            ranked=ranking.ranked if ranking is not None else (),
            choices=topics,
            urgent=alarm.level,
            explanation=ranking.explanation if ranking is not None else None,
        )

    def _after_not_urgent(self, action: Action, context: Context) -> Turn:
        if len(action.topics) == 1:
            return self._answer(_certain(action.topics), action.language, context, "suggestion-taken")
        if action.topics:
            return self._choices(_unsure(action.topics), action.language, context)
        return self._menu(action.language, context)

    def _offer(
        self, reading: OfferReading, language: str, context: Context, utterance: Utterance, explain: bool
    ) -> Turn:
        ranking = self._classifier.predict(utterance, explain=explain)
        question = context.question_id
        topics = [topic for topic in ("scam-red-flags", "scam-job-guard-cook") if topic in self.campaign.topics]
        rows = tuple((self.screens.topic_button(topic, language, question),) for topic in topics)
        signs = tuple(sign.id for sign in reading.signs)
        return Turn(
            Reply(
                language,
                self._offers.paragraphs(reading, language, self.render, context.today)
                or self.screens.trouble(language).paragraphs,
                (*rows, *self.screens.foot(language, question)),
            ),
            "offer",
            Counted(outcome="offer", language=language, offer_signs=signs),
            ranked=ranking.ranked,
            signs=signs,
            explanation=ranking.explanation,
        )

    def _feedback(self, action: Action, context: Context) -> Turn:
        topic, language = action.topics[0], action.language
        if action.verb == "helpful":
            turn = self._answer(_certain((topic,)), language, context, "answered")
            thanks = self.screens.paragraph(language, "Thank you. That helps us.")
        else:
            turn = self._unknown(_unsure(self.campaign.topics[topic].related), language, context, (), None)
            thanks = self.screens.paragraph(language, "Thank you. I am sorry that it did not help.")
        reply = replace(turn.reply, paragraphs=(*turn.reply.paragraphs, f"<i>{thanks}</i>"))
        return replace(turn, reply=reply, counted=Counted(feedback=(f"{topic}:{action.verb}",)))

    def _not_text(self, message: Message, language: str, context: Context) -> Turn:
        """Voice, pictures and the rest: a useful next step, with the urgent help already in the message."""
        screens = self.screens
        if message.kind in ("voice", "video", "picture", "story"):
            first = screens.paragraph(language, "I cannot hear or see this. Please write your question in words.")
        elif message.kind in ("contact", "location"):
            first = screens.paragraph(
                language, "I do not need this and I have not kept it. Please write your question in words."
            )
        else:
            first = screens.paragraph(language, "I can only read words. Please write your question.")
        paragraphs = [first]
        if message.kind in ("picture", "document"):
            paragraphs.append(
                screens.paragraph(
                    language, "If it shows an offer, type or paste its text here and I look for warning signs."
                )
            )
        paragraphs.append(screens.paragraph(language, "If you are in danger now:"))
        paragraphs += self.render.usable_contacts(language, context.today, place="iraq")[:1]
        paragraphs.append(
            screens.paragraph(
                language,
                "{number:iraq-911} works inside Iraq only. Do not dial it in Russia: there it starts Russia's own "
                "emergency service. A relative in Iraq can call for you.",
            )
        )
        return Turn(
            Reply(language, tuple(paragraphs), screens.foot(language, context.question_id)),
            "none",
            Counted(outcome="not-text"),
        )

    def _start_rows(self, language: str, context: Context) -> tuple[Row, ...]:
        return self.screens.start(language, context).rows

    def _menu(self, language: str, context: Context) -> Turn:
        return Turn(self.screens.start(language, context), "smalltalk")

    # ---- commands

    def _command(self, text: str, context: Context) -> Turn:
        name, _, argument = text[1:].partition(" ")
        name = name.split("@")[0].casefold().strip()
        language, screens = self.chat_language(context), self.screens
        match name:
            case "start":
                return self._start(argument.strip(), language, context)
            case "help":
                reply = screens.help(language, context)
            case "topics" | "menu":
                reply = screens.topics(language, context)
            case "hotline" | "contacts":
                reply = screens.contacts(language, context)
            case "urgent" | "sos":
                return self._urgent(self._safety.unknown, language, context, None)
            case "language":
                reply = screens.languages(language, context)
            case "check":
                if argument.strip():
                    return self._checked(argument, context)
                reply = screens.check_prompt(language, context)
            case "privacy":
                reply = screens.privacy(language, context)
            case "forget":
                return Turn(screens.forgotten(language, context), "smalltalk", effect="forget")
            case "hide":
                return Turn(screens.hide_help(language, context), "smalltalk")
            case "verify":
                reply = screens.verify(language, context)
            case _:
                reply = screens.help(language, context)
        return Turn(reply, "smalltalk")

    def _checked(self, text: str, context: Context) -> Turn:
        """`/check TEXT`: the asker says that it is an offer, so a report comes even where no sign is found."""
        utterance = Utterance.read(text)
        language = self.text_language(utterance, context)
        reading = self._offers.look(utterance, forwarded=True) or OfferReading(())
        return self._offer(reading, language, context, utterance, False)

    def _start(self, payload: str, language: str, context: Context) -> Turn:
        topic, code = (None, None)
        if START_PAYLOAD.fullmatch(payload):
            topic, code = read_start_payload(payload, self.campaign.topics)
        known = code if code in self.campaign.codes else (OTHER if code else NO_CAMPAIGN)
        if topic is not None:
            turn = self._answer(_certain((topic,)), language, context, "answered")
        else:
            turn = self._menu(language, context)
        return replace(turn, counted=replace(turn.counted, campaign=known))


def _certain(topics: tuple[str, ...]) -> Ranking:
    """The ranking of topics that the asker named by a button."""
    return Ranking(tuple(Ranked(topic, 1.0) for topic in topics), "answer", topics, ())


def _unsure(topics: tuple[str, ...]) -> Ranking:
    """A ranking that only offers."""
    return Ranking(tuple(Ranked(topic, 0.0) for topic in topics), "choices", (), topics)


def _near(ranking: Ranking | None) -> tuple[str, ...]:
    """What "No, just a question" should lead to."""
    if ranking is None:
        return ()
    if ranking.outcome == "answer":
        return ranking.answered[:1]
    return ranking.choices[:CHOICES_SHOWN]
