"""One turn of a conversation: what was said or pressed -> what to show and what to count. No I/O, no memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.dialogue.callback_data import Action, Actions
from bot.dialogue.campaign import Campaign
from bot.dialogue.commands import Command, read_command
from bot.dialogue.forms import Forms, shown_topics
from bot.dialogue.offers import OfferChecker, OfferReading
from bot.dialogue.own_words import OwnWords
from bot.dialogue.render import Renderer, Say
from bot.dialogue.reply import NO_CAMPAIGN, OTHER, Button, Context, CountedOutcome, Message, Reply, Turn
from bot.dialogue.safety import Alarm, SafetyLane
from bot.dialogue.screens import Row, Screens, read_start_payload, start_payload
from bot.dialogue.smalltalk import FOLLOW_UP, NO, ORDINALS, PREFIX, YES, SmallTalk, kind_of
from bot.dialogue.state import DialogueState, StateCodec
from bot.dialogue.telegram_limits import START_PAYLOAD
from bot.dialogue.typed import TypedKeys
from bot.nlu.normalize import words
from bot.nlu.ranking import Classifier, Ranked, Ranking
from bot.nlu.utterance import Utterance

INLINE_CARDS = TOPICS_RANKED = 5
SHORT_TOKENS = 6
"""A message of no more words may lean on what was said before."""
LEANING = 0.06
"""Probability from which a short message's own topic counts beside what was said before."""
_STILL_IN_DANGER = (YES, FOLLOW_UP, "help-me", "scared", "low", "not-understood")
"""Small talk that means the danger itself where danger was spoken of last."""


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
        read: Callable[[str], Utterance] = Utterance.read,
    ) -> None:
        self.campaign = campaign
        self.render = Renderer(campaign, say)
        self.actions = Actions(
            campaign.topics, (*(shelf.id for shelf in campaign.categories), *safety.dangers), campaign.languages
        )
        self.states = StateCodec(campaign.topics, safety.dangers)
        self.screens = Screens(campaign, self.render, self.actions, say)
        self._forms = Forms(campaign, self.render, self.screens, self.actions, safety, offers, small_talk, say)
        self._typed = TypedKeys(self.screens.labels())
        self._own_words = OwnWords(campaign)
        self._classifier = classifier
        self._safety = safety
        self._offers = offers
        self._small_talk = small_talk
        self._say = say
        self.read = read
        """Raw text -> utterance. Never raises."""
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
        """Answer one message. Danger comes first, then commands, offers, small talk, and the topics.

        Never raises for any text; the reply is never empty and always leaves a next step. With `ranked` the turn
        carries the topics that come nearest whatever the outcome, with `explain` also why.
        """
        heard = message.heard.strip()
        if heard:
            context = replace(context, heard=True)
        command, utterance = read_command(message.text), None
        if command is not None and command.bare:
            # There is nothing to read or to listen to, and somebody waits for the first screen.
            turn = self._command(command, context)
        else:
            utterance = self.read(message.text)
            turn = self._respond(message, utterance, command, context, explain)
        if heard:
            turn = self._forms.heard(turn, heard, context)
        if (ranked or explain) and not turn.ranked:
            ranking = self._classifier.predict(utterance or self.read(message.text))
            turn = replace(turn, ranked=_topics_of(ranking).ranked)
        return replace(turn, choices=shown_topics(turn.reply, self.actions))

    def _respond(
        self, message: Message, utterance: Utterance, command: Command | None, context: Context, explain: bool
    ) -> Turn:
        language = self.text_language(utterance, context)
        if not message.text.strip():
            return self._forms.not_text(message.kind, self.chat_language(context), context)
        alarm = self._safety.listen(utterance, context.state.dangers, explain=explain)
        if alarm is not None and alarm.level == "full" and not message.forwarded:
            reading = self._offers.read(utterance) if command is None else None
            if reading is None or not reading.signs or alarm.surer_than(reading.scam):
                return self._urgent(alarm, language, context, utterance)
        if command is not None:
            return self._command(command, context)
        typed = self._typed.action(utterance, language, context.question_id)
        if typed is not None:
            return self._act(typed, context)
        if self._safety.is_safe_word(utterance):
            return self._urgent(self._safety.unknown, language, context, None)
        if self._own_words.holds(utterance):
            return self._forms.own_message(language, context)
        reading = self._offers.read(utterance, forwarded=message.forwarded, explain=explain)
        if reading is not None and (reading.signs or message.forwarded or alarm is None):
            return self._forms.offer(reading, language, context)
        if alarm is not None and alarm.level != "note":
            return self._urgent(alarm, language, context, utterance)
        return self._about_topics(utterance, language, context, alarm, explain)

    def _about_topics(
        self, utterance: Utterance, language: str, context: Context, alarm: Alarm | None, explain: bool
    ) -> Turn:
        ranking = self._classifier.predict(utterance, explain=explain)
        if ranking.written is not None:
            ranking = _written(ranking, ranking.written)
        kind = kind_of(ranking.answered[0]) if ranking.answered else None
        if kind is not None:
            turn = self._small_talk_turn(kind, ranking, utterance, language, context)
            return turn if alarm is None else self._forms.with_note(turn, alarm, language, context)
        ranking = _topics_of(ranking)
        steered = self._safety.steer(utterance)
        if steered is not None and self._forms.steering(steered):
            turn = self._forms.steered(steered, ranking, language, context)
        elif utterance.script in self._other_scripts or utterance.script in ("kurdish", "cyrillic", "other"):
            own = self._other_scripts.get(utterance.script)
            turn = self._forms.unknown(ranking, language, context, self._themes(utterance), own)
        else:
            ranking = self._leaning(ranking, utterance, context.state)
            turn = self._by_outcome(ranking, utterance, language, context)
        return turn if alarm is None else self._forms.with_note(turn, alarm, language, context)

    def _by_outcome(self, ranking: Ranking, utterance: Utterance, language: str, context: Context) -> Turn:
        if ranking.outcome == "answer" and ranking.answered:
            return self._forms.answer(ranking, language, context, "answered")
        if ranking.outcome == "choices" and ranking.choices:
            return self._forms.choices(ranking, language, context)
        return self._forms.unknown(ranking, language, context, self._themes(utterance), None)

    def _themes(self, utterance: Utterance) -> tuple[str, ...]:
        """The word families of the closed list that a question holds."""
        return tuple(dict.fromkeys(self._families[word] for word in utterance.tokens if word in self._families))

    # ---- what leans on what was said before

    def _leaning(self, ranking: Ranking, utterance: Utterance, state: DialogueState) -> Ranking:
        """A short question read with what was answered last, where it is not clear by itself."""
        last = [topic for topic in state.topics or state.choices if topic in self.campaign.topics]
        if not last or len(utterance.tokens) > SHORT_TOKENS or (ranking.outcome == "answer" and ranking.sure):
            return ranking
        near = {topic for one in last for topic in (one, *self.campaign.topics[one].related)}
        found = next((one for one in ranking.ranked if one.topic in near and one.confidence >= LEANING), None)
        if found is None or (found is ranking.ranked[0] and ranking.outcome == "answer"):
            return ranking
        rest = tuple(one for one in ranking.ranked if one is not found)
        return replace(
            ranking, ranked=(found, *rest), outcome="answer", sure=False, answered=(found.topic,), choices=()
        )

    def _small_talk_turn(
        self, kind: str, ranking: Ranking, utterance: Utterance, language: str, context: Context
    ) -> Turn:
        """Small talk by itself; an answer to the bot, or a call for more, does what it answers."""
        state = context.state
        answer_in = language if utterance.language else self.chat_language(context)
        if kind in (YES, NO) and state.question == "danger":
            danger = state.dangers[-1] if state.dangers else None
            if kind == YES:
                alarm = self._safety.alarm(danger) if danger is not None else self._safety.unknown
                return self._urgent(alarm, answer_in, context, None)
            return self._act(Action("not-urgent", answer_in, context.question_id, state.choices), context)
        if kind in ORDINALS and ORDINALS.index(kind) < len(state.choices):
            topic = state.choices[ORDINALS.index(kind)]
            return self._forms.answer(_certain((topic,)), answer_in, context, "suggestion-taken")
        if kind in _STILL_IN_DANGER and state.dangers and not state.topics:
            return self._urgent(self._safety.alarm(state.dangers[-1]), answer_in, context, None)
        if kind in (FOLLOW_UP, YES) and state.topics:
            return self._forms.more(state.topics[0], answer_in, context)
        return self._forms.small_talk(kind, _topics_of(ranking), answer_in, context)

    # ---- what people press

    def press(self, data: str, context: Context) -> Turn:
        """Do what a button asks. Data that no version wrote, or of a topic now gone, gets a fresh menu."""
        action = self.actions.decode(data)
        if action is None:
            return self._menu(self.chat_language(context), context)
        return self._act(action, replace(context, question_id=action.question))

    def _act(self, action: Action, context: Context) -> Turn:
        language, screens, forms = action.language, self.screens, self._forms
        match action.verb:
            case "urgent":
                danger = action.category
                alarm = self._safety.alarm(danger) if danger is not None else self._safety.unknown
                return self._urgent(alarm, language, context, None)
            case "not-urgent":
                return self._after_not_urgent(action, context)
            case "topic" | "pick" if action.topics:
                outcome: CountedOutcome = "suggestion-taken" if action.verb == "pick" else "answered"
                return forms.answer(_certain(action.topics[:1]), language, context, outcome)
            case "more" if action.topics:
                return forms.more(action.topics[0], language, context)
            case "other" if action.topics:
                return forms.choices(_unsure(action.topics), language, context, counted=False)
            case "helpful" | "not-helpful" if action.topics:
                return forms.feedback(action, context)
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
            case "not-said":
                return forms.not_said(language, context)
            case "hide" if action.question is None:
                return Turn(screens.hide_help(language, context), "smalltalk")
            case "hide":
                return Turn(
                    screens.too_old_to_hide(language), "smalltalk", effect="hide", effect_message=action.question
                )
            case _:
                return self._menu(language, context)

    def _after_not_urgent(self, action: Action, context: Context) -> Turn:
        if len(action.topics) == 1:
            return self._forms.answer(_certain(action.topics), action.language, context, "suggestion-taken")
        if action.topics:
            return self._forms.choices(_unsure(action.topics), action.language, context)
        return self._menu(action.language, context)

    def _urgent(self, alarm: Alarm, language: str, context: Context, utterance: Utterance | None) -> Turn:
        ranking = None
        if utterance is not None and not alarm.alone:
            ranking = _topics_of(self._classifier.predict(utterance))
        return self._forms.urgent(alarm, ranking, language, context)

    # ---- inline mode

    def inline(self, query: str, context: Context) -> tuple[Card, ...]:
        """Answer cards for a query typed in any chat: the same words as the chat gives. Nothing is counted."""
        utterance = self.read(query)
        language = self.text_language(utterance, context)
        if not query.strip():
            topics = list(self.campaign.topics)[:INLINE_CARDS]
        else:
            ranking = _topics_of(self._classifier.predict(utterance))
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

    # ---- commands

    def _menu(self, language: str, context: Context) -> Turn:
        return Turn(self.screens.start(language, context), "smalltalk")

    def _command(self, command: Command, context: Context) -> Turn:
        language, screens = self.chat_language(context), self.screens
        match command.name:
            case "start":
                return self._start(command.argument, language, context)
            case "topics" | "menu":
                reply = screens.topics(language, context)
            case "hotline" | "contacts":
                reply = screens.contacts(language, context)
            case "urgent" | "sos":
                return self._urgent(self._safety.unknown, language, context, None)
            case "language":
                reply = screens.languages(language, context)
            case "check":
                if command.argument:
                    return self._checked(command.argument, context)
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
        utterance = self.read(text)
        language = self.text_language(utterance, context)
        reading = self._offers.read(utterance, forwarded=True) or OfferReading(())
        return self._forms.offer(reading, language, context)

    def _start(self, payload: str, language: str, context: Context) -> Turn:
        topic, code = (None, None)
        if START_PAYLOAD.fullmatch(payload):
            topic, code = read_start_payload(payload, self.campaign.topics)
        known = code if code in self.campaign.codes else (OTHER if code else NO_CAMPAIGN)
        if topic is not None:
            turn = self._forms.answer(_certain((topic,)), language, context, "answered")
        else:
            turn = self._menu(language, context)
        return replace(turn, counted=replace(turn.counted, campaign=known))


def _certain(topics: tuple[str, ...]) -> Ranking:
    """The ranking of topics that the asker named by a button."""
    return Ranking(tuple(Ranked(topic, 1.0) for topic in topics), "answer", topics, ())


def _unsure(topics: tuple[str, ...]) -> Ranking:
    """A ranking that only offers."""
    return Ranking(tuple(Ranked(topic, 0.0) for topic in topics), "choices", (), topics)


def _written(ranking: Ranking, label: str) -> Ranking:
    """An editor wrote this very question under one label: that is sure, however short it is."""
    rest = tuple(found for found in ranking.ranked if found.topic != label)
    return replace(
        ranking, ranked=(Ranked(label, 1.0), *rest)[:5], outcome="answer", sure=True, answered=(label,), choices=()
    )


def _topics_of(ranking: Ranking) -> Ranking:
    """A ranking without the labels of small talk."""

    def topics(labels: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(label for label in labels if not label.startswith(PREFIX))

    ranked = tuple(found for found in ranking.ranked if not found.topic.startswith(PREFIX))[:TOPICS_RANKED]
    answered, choices = topics(ranking.answered), topics(ranking.choices)
    outcome = ranking.outcome
    if (outcome == "answer" and not answered) or (outcome == "choices" and not choices):
        outcome = "none"
    return replace(ranking, ranked=ranked, outcome=outcome, answered=answered, choices=choices)
