"""A released window in words, tables and charts, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.reports import sections
from bot.reports.names import Names
from bot.reports.report import Ahead, Report, Section
from bot.reports.wording import Wording
from storage.values import Release


class ReportWriter:
    """Words a release in one language."""

    def __init__(self, names: Names, language: str) -> None:
        self._words = Wording(names, language)

    def report(self, release: Release, earlier: Sequence[Release], ahead: Ahead | None) -> Report:
        """The report of a release; `earlier` are releases before it, oldest first."""
        words = self._words
        return self._framed(
            (
                sections.headline(words, release, earlier, ahead),
                sections.most_asked(words, release, earlier),
                sections.changes(words, release, earlier),
                sections.unanswered(words, release),
                sections.urgent(words, release),
                *sections.own_sections(words, release),
                sections.quality(words, release),
                sections.method(words, release),
            ),
            release,
            ahead,
        )

    def nothing_yet(self, ahead: Ahead | None) -> Report:
        """The report before anything has been released."""
        say = self._words.say
        first = say("Nothing has been released yet. Figures come in whole windows only, never before one closes.")
        if ahead is not None:
            second = self._words.ahead(ahead)
        else:
            second = say("No window is open: the bot has not counted here yet.")
        return self._framed((Section("headline", say("In short"), (first, second)),), None, ahead)

    def day(self, when: date) -> str:
        """A date in words."""
        return self._words.day(when)

    def _framed(self, parts: tuple[Section, ...], release: Release | None, ahead: Ahead | None) -> Report:
        words, say = self._words, self._words.say
        synthetic = release is not None and release.synthetic
        return Report(
            words.language,
            words.names.right_to_left(words.language),
            say("What young people asked"),
            words.period(release) if release is not None else "",
            say("SYNTHETIC: made by `tabayyan simulate`. Nobody asked these questions.") if synthetic else "",
            parts,
            release,
            say("too few to show"),
            words.ahead(ahead) if ahead is not None else "",
            say("The same as a table"),
        )
