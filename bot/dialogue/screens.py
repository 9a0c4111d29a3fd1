"""The fixed screens and keyboards: start, help, menus, contacts, privacy. Pure layout, no decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from html import escape

from bot.dialogue.callback_data import Action, Actions, Verb, topic_key
from bot.dialogue.campaign import Campaign
from bot.dialogue.render import N_, Renderer, Say
from bot.dialogue.reply import Button, Context, Reply

TOPICS_PER_PAGE = 6
FEWEST_BRANCHES, BRANCHES_SHOWN = 5, 6
"""A topic that is related to so many is an overview: it shows them, up to so many."""
_TYPED_LABELS: tuple[tuple[str, Verb], ...] = (
    (N_("🆘 Urgent help"), "urgent"),
    (N_("☰ Topics"), "topics"),
    (N_("Contacts"), "contacts"),
    (N_("Hide"), "hide"),
    (N_("Is this offer real?"), "check"),
)

Row = tuple[Button, ...]


class Screens:
    """Lays out replies for one campaign."""

    def __init__(self, campaign: Campaign, render: Renderer, actions: Actions, say: Say) -> None:
        self._campaign = campaign
        self._render = render
        self._actions = actions
        self._say = say

    def paragraph(self, language: str, sentence: str, /, **values: str) -> str:
        """One interface sentence as a paragraph of HTML."""
        return self._render.paragraph(self._say(language, sentence, **values), language, date.min)

    def heading(self, language: str, sentence: str) -> str:
        """An interface sentence in bold."""
        return f"<b>{self.paragraph(language, sentence)}</b>"

    def button(self, label: str, action: Action) -> Button:
        """A key that does an action."""
        return Button(label, action=self._actions.encode(action))

    def said_button(self, sentence: str, action: Action) -> Button:
        """A key whose label is an interface sentence."""
        return self.button(self._say(action.language, sentence), action)

    # ---- keyboards

    def urgent_row(self, language: str, question: int | None) -> Row:
        """The key that brings the urgent help: it stands under every reply."""
        return (self.said_button("🆘 Urgent help", Action("urgent", language, question)),)

    def foot(self, language: str, question: int | None, *, menu: bool = True) -> tuple[Row, ...]:
        """Urgent help, the menu and Hide: the end of every keyboard."""
        last = [self.said_button("Hide", Action("hide", language, question))] if question is not None else []
        if menu:
            last.insert(0, self.said_button("☰ Topics", Action("topics", language, question)))
        return (self.urgent_row(language, question), tuple(last)) if last else (self.urgent_row(language, question),)

    def labels(self) -> Iterator[tuple[str, Action]]:
        """The labels of keys that people may type, and what each does."""
        for code, known in self._campaign.languages.items():
            yield known.name, Action("language", code)
        for language in self._campaign.languages:
            for sentence, verb in _TYPED_LABELS:
                yield self._say(language, sentence), Action(verb, language)
            for shelf in self._campaign.categories:
                yield shelf.titles.get(language, shelf.id), Action("category", language, category=shelf.id)
            for door in self._campaign.doors:
                button = self.door(door.open, door.label.get(language), language, None)
                action = self._actions.decode(button.action or "") if button is not None else None
                if button is not None and action is not None:
                    yield button.label, action

    def door(self, opens: str, label: str | None, language: str, question: int | None) -> Button | None:
        """A key that opens a topic, a category, the offer checker, the contacts or the topics; None for none of them."""
        if opens in self._campaign.topics:
            title = label or self._render.answer(self._campaign.topics[opens], language).title
            return self.button(title, Action("topic", language, question, (opens,)))
        shelf = next((shelf for shelf in self._campaign.categories if shelf.id == opens), None)
        if shelf is not None:
            title = label or shelf.titles.get(language, shelf.id)
            return self.button(title, Action("category", language, question, category=opens))
        said = {"check": N_("Is this offer real?"), "contacts": N_("Contacts"), "topics": N_("☰ Topics")}.get(opens)
        if said is None:
            return None
        return self.button(label or self._say(language, said), Action(opens, language, question))  # type: ignore[arg-type]

    def doors(self, language: str, question: int | None) -> tuple[Row, ...]:
        """The campaign's doors; without any, the offer checker, three shelves and the contacts."""
        doors = [(door.open, door.label.get(language)) for door in self._campaign.doors]
        if not doors:
            doors = [(name, None) for name in ("check", *(s.id for s in self._campaign.categories[:3]), "contacts")]
        found = (self.door(opens, label, language, question) for opens, label in doors)
        return tuple((button,) for button in found if button is not None)

    def emergency(self, language: str, today: date) -> tuple[str, ...]:
        """The emergency contact and where it may be dialled."""
        contact = self._campaign.contacts.get(self._campaign.emergency_contact or "")
        sentences = self._campaign.sentences.get(language)
        if contact is None:
            return ()
        said = self._render.paragraphs(sentences.emergency, language, today) if sentences is not None else ()
        return (self._render.contact_paragraph(contact, language, today), *said)

    def topic_button(self, topic: str, language: str, question: int | None, *, picked: bool = False) -> Button:
        """A key that opens a topic; picked from choices, or from a menu."""
        title = self._render.answer(self._campaign.topics[topic], language).title
        return self.button(title, Action("pick" if picked else "topic", language, question, (topic,)))

    def answer_rows(
        self,
        topics: tuple[str, ...],
        runners_up: tuple[str, ...],
        likely: tuple[str, ...],
        language: str,
        context: Context,
        *,
        sure: bool = True,
    ) -> tuple[Row, ...]:
        """The keyboard under one or two answers: at most six keys and a last row of signs.

        `runners_up` stand behind "Not what I meant"; the `likely` ones among them get a key of their own, first where
        the answer is not sure. An overview shows its branches instead.
        """
        question = context.question_id
        rows: list[Row] = []
        if len(topics) > 1:
            for topic in topics:
                title = self._render.answer(self._campaign.topics[topic], language).title
                more = self._say(language, "More: {title}", title=title)
                rows.append((self.button(more, Action("more", language, question, (topic,))),))
            return (*rows, *self.foot(language, question))
        first = topics[0]
        branches = self.branches(first)
        others = tuple(topic for topic in runners_up if topic not in topics)[:3]
        nearby = [(self.topic_button(topic, language, question, picked=not sure),) for topic in likely]
        keys = [self.said_button("More and sources", Action("more", language, question, topics))]
        if others and sure and not branches:
            keys.append(self.said_button("Not what I meant", Action("other", language, question, others)))
        if branches:
            rows += [(self.topic_button(topic, language, question),) for topic in branches]
        elif sure:
            rows += [tuple(keys), *nearby]
        else:
            rows += [*nearby, tuple(keys)]
        signs = [
            self.button("👍", Action("helpful", language, question, topics)),
            self.button("👎", Action("not-helpful", language, question, topics)),
            self.button("☰", Action("topics", language, question)),
        ]
        if branches:
            signs.insert(0, self.button("📖", Action("more", language, question, topics)))
        if question is not None:
            signs.append(self.button("🗑", Action("hide", language, question)))
        return (*rows, self.urgent_row(language, question), tuple(signs))

    def branches(self, topic: str) -> tuple[str, ...]:
        """The topics that an overview leads to, at most six; () for any other topic."""
        related = [other for other in self._campaign.topics[topic].related if other in self._campaign.topics]
        return tuple(related[:BRANCHES_SHOWN]) if len(related) >= FEWEST_BRANCHES else ()

    def share_query(self, topic: str, language: str) -> str:
        """What inline mode finds a topic by, in another chat."""
        return self._render.answer(self._campaign.topics[topic], language).title

    # ---- screens

    def start(self, language: str, context: Context) -> Reply:
        """The first screen: five doors, the topics and urgent help."""
        question = context.question_id
        doors = list(self.doors(language, question))
        others = [code for code in self._campaign.languages if code != language]
        doors.append(
            tuple(
                self.button(self._campaign.languages[code].name, Action("language", code, question)) for code in others
            )
        )
        sentences = self._campaign.sentences.get(language)
        paragraphs = [f"<b>{escape(self._campaign.name.get(language, ''), quote=False)}</b>"]
        if sentences is not None:
            for sentence in (sentences.welcome, sentences.honest):
                paragraphs += self._render.paragraphs(sentence, language, context.today)
        else:
            paragraphs.append(self.paragraph(language, "Write your question in your own words."))
        return Reply(language, tuple(paragraphs), (*(row for row in doors if row), *self.foot(language, question)))

    def help(self, language: str, context: Context) -> Reply:
        """What the bot can do and how to ask it."""
        paragraphs = (
            self.paragraph(language, "Write your question in your own words, in any dialect. Mistakes do not matter."),
            self.paragraph(language, "Paste or forward an offer, and I tell you which warning signs it has."),
            self.paragraph(
                language,
                "/topics all topics\n/hotline contacts\n/check check an offer\n/language language\n"
                "/privacy what is kept\n/hide delete a question and its answer\n/forget forget me\n"
                "/verify is this the real bot?",
            ),
        )
        return Reply(language, paragraphs, self.foot(language, context.question_id))

    def topics(self, language: str, context: Context) -> Reply:
        """The shelves of the menu."""
        question = context.question_id
        rows = tuple(
            (
                self.button(
                    shelf.titles.get(language, shelf.id), Action("category", language, question, category=shelf.id)
                ),
            )
            for shelf in self._campaign.categories
            if any(topic.category == shelf.id for topic in self._campaign.topics.values())
        )
        return Reply(
            language,
            (
                self.heading(language, "Topics"),
                self.paragraph(language, "Choose a shelf, or just write your question."),
            ),
            (*rows, *self.foot(language, question, menu=False)),
        )

    def category(self, category: str, page: int, language: str, context: Context) -> Reply:
        """One shelf of the menu, a page of topics at a time."""
        question = context.question_id
        shelf = next(shelf for shelf in self._campaign.categories if shelf.id == category)
        ids = [topic.id for topic in self._campaign.topics.values() if topic.category == category]
        pages = max(1, -(-len(ids) // TOPICS_PER_PAGE))
        page = min(page, pages - 1)
        here = Action("category", language, question, category=category)
        rows: list[Row] = [
            (self.topic_button(topic, language, question),)
            for topic in ids[page * TOPICS_PER_PAGE : (page + 1) * TOPICS_PER_PAGE]
        ]
        turn: list[Button] = []
        if page > 0:
            turn.append(self.said_button("Previous", replace(here, page=page - 1)))
        if page + 1 < pages:
            turn.append(self.said_button("Next", replace(here, page=page + 1)))
        if turn:
            rows.append(tuple(turn))
        title = f"<b>{escape(shelf.titles.get(language, shelf.id), quote=False)}</b>"
        about = shelf.about.get(language, "")
        paragraphs = (title, escape(about, quote=False)) if about else (title,)
        return Reply(language, paragraphs, (*rows, *self.foot(language, question)))

    def contacts(self, language: str, context: Context) -> Reply:
        """The usable contacts, with what is not published said plainly."""
        question = context.question_id
        paragraphs = [self.heading(language, "Contacts")]
        paragraphs += self._render.usable_contacts(language, context.today)
        sentences = self._campaign.sentences.get(language)
        if sentences is not None:
            paragraphs += self._render.paragraphs(sentences.emergency, language, context.today)
        paragraphs.append(
            self.paragraph(
                language, "For the others we found no published number. Go there yourselves; the answers say how."
            )
        )
        first = self._campaign.categories[0].id if self._campaign.categories else ""
        ids = [topic.id for topic in self._campaign.topics.values() if topic.category == first]
        rows = tuple((self.topic_button(topic, language, question),) for topic in ids[:TOPICS_PER_PAGE])
        return Reply(language, tuple(paragraphs), (*rows, *self.foot(language, question)))

    def check_prompt(self, language: str, context: Context) -> Reply:
        """Ask for the text of an offer."""
        paragraphs = (
            self.paragraph(language, "Paste the offer here, or forward the message. I look for warning signs in it."),
            self.paragraph(language, "I keep nothing of it. I can never say that an offer is safe."),
        )
        rows: list[Row] = []
        known = [topic for topic in self._campaign.offer_topics[:1] if topic in self._campaign.topics]
        rows += [(self.topic_button(topic, language, context.question_id),) for topic in known]
        return Reply(language, paragraphs, (*rows, *self.foot(language, context.question_id)))

    def languages(self, language: str, context: Context) -> Reply:
        """The language menu."""
        row = tuple(
            self.button(known.name, Action("language", code, context.question_id))
            for code, known in self._campaign.languages.items()
        )
        return Reply(
            language,
            (self.paragraph(language, "Choose a language."),),
            (row, *self.foot(language, context.question_id)),
        )

    def privacy(self, language: str, context: Context) -> Reply:
        """What is seen, what is counted, what stays on the phone."""
        paragraphs = (
            self.heading(language, "What is kept"),
            self.paragraph(
                language,
                "I keep no message, no name, no account and no time. "
                "I only count how often a topic is asked about, with random noise added.",
            ),
            self.paragraph(
                language,
                "Telegram itself sees this chat, and so does anybody who opens your phone. I cannot call it secret.",
            ),
            self.paragraph(
                language,
                "Hide, under an answer, deletes the question and the answer for both of us. "
                "To delete everything, open this chat's menu and choose to delete the chat for both sides. "
                "You can also set messages to delete themselves, lock the app, and turn off message previews. "
                "An empty chat may itself raise questions.",
            ),
            self.paragraph(language, "Do not send names, numbers or photos of papers. /forget clears what I remember."),
        )
        return Reply(language, paragraphs, self.foot(language, context.question_id))

    def forgotten(self, language: str, context: Context) -> Reply:
        """What /forget has done, and what it cannot do."""
        paragraphs = (
            self.paragraph(
                language,
                "Done. I have forgotten what I remembered for a short time: your language and today's count. "
                "I keep nothing that I could find again under your account.",
            ),
            self.paragraph(
                language,
                "A bot cannot list or delete older messages. To delete them, open this chat's menu and choose to "
                "delete the chat for both sides. Counts without names cannot be taken back.",
            ),
        )
        return Reply(language, paragraphs, self.foot(language, None))

    def hide_help(self, language: str, context: Context) -> Reply:
        """How to delete what stands in the chat."""
        paragraphs = (
            self.paragraph(
                language,
                "Press Hide under an answer: it deletes the question and the answer for both of us, up to 48 hours "
                "later. For older ones, open this chat's menu and choose to delete the chat for both sides.",
            ),
        )
        return Reply(language, paragraphs, self.foot(language, context.question_id))

    def too_old_to_hide(self, language: str) -> Reply:
        """Honest words where Telegram no longer lets a bot delete."""
        return Reply(
            language,
            (
                self.paragraph(
                    language,
                    "Telegram lets a bot delete messages for 48 hours only. Delete this chat yourself: "
                    "open its menu and choose to delete it for both sides.",
                ),
            ),
        )

    def verify(self, language: str, context: Context) -> Reply:
        """How to know the real bot from a copy."""
        handle = self._campaign.handle
        published = (
            self.paragraph(language, "The real bot's name is @{handle}. Check it letter by letter.", handle=handle)
            if handle
            else self.paragraph(
                language, "The campaign has not published this bot's name yet. Ask the organisation that sent you."
            )
        )
        paragraphs = (
            published,
            self.paragraph(
                language,
                "The real bot never asks for your name, number, papers or money, and never writes to you first.",
            ),
        )
        return Reply(language, paragraphs, self.foot(language, context.question_id))

    def welcome_back(self, language: str) -> Reply:
        """One neutral line for a question that waited too long: nothing in it shows its subject."""
        return Reply(language, (self.paragraph(language, "I am back. Ask me again when it suits you."),))

    def slow_down(self, language: str) -> Reply:
        """The single notice that somebody sends too much at once."""
        return Reply(
            language,
            (self.paragraph(language, "That was a lot at once. Please wait a few minutes. Urgent help still works."),),
            (self.urgent_row(language, None),),
        )

    def trouble(self, language: str) -> Reply:
        """Something broke inside; the contacts still stand."""
        return Reply(
            language,
            (self.paragraph(language, "Something went wrong on my side. Please ask again in a minute."),),
            self.foot(language, None),
        )


def start_payload(topic: str | None, campaign_code: str | None) -> str:
    """What stands after ?start= in a deep link: t_KEY for a topic, t_KEY_CODE with a campaign, CODE alone."""
    parts = [f"t_{topic_key(topic)}"] if topic else []
    if campaign_code:
        parts.append(campaign_code)
    return "_".join(parts)


def read_start_payload(payload: str, topics: Iterable[str]) -> tuple[str | None, str | None]:
    """A start payload -> (topic id or None, campaign code or None)."""
    if payload.startswith("t_"):
        key, _, code = payload[2:].partition("_")
        return next((topic for topic in topics if topic_key(topic) == key), None), code or None
    return None, payload or None
