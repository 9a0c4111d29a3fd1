"""The content's commands: check, topic, language, contact, trace, content. Each `act` gives an exit code."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.clock import machine_clock
from bot.content_tools.checks.catalogues import check_catalogues
from bot.content_tools.checks.check import WORDINGS, check
from bot.content_tools.coverage import coverage
from bot.content_tools.edit import EditError
from bot.content_tools.last_good import time_zone_of
from bot.content_tools.load.build import Content, Reading, read_content
from bot.content_tools.load.content_folder import nearest
from bot.content_tools.load.json_schemas import FOLDER as SCHEMAS
from bot.content_tools.load.json_schemas import write_schemas
from bot.content_tools.problems import Form, in_order, printed
from bot.content_tools.scaffold import Change, new_language, new_topic, verify_contact
from bot.content_tools.trace import trace
from bot.dialogue.campaign import Campaign
from bot.i18n import N_, SOURCE_LANGUAGE, for_staff, staff_languages, staff_phrases
from bot.nlu.ranking import Classifier
from bot.settings import ROOT, Settings, read_settings

if TYPE_CHECKING:  # numpy is read when something is learnt
    from bot.nlu.detector import Detector

FINE, PROBLEMS, WRONG_USE = 0, 1, 2
SHOWN_CONFUSIONS = 30
SHOWN_QUESTIONS = 5
HINTS = {
    "merge": "merge: they take each other's questions; can one answer serve both?",
    "split": "split: the questions go to several topics; does this topic hold two ideas?",
    "reword": "reword: move the questions, or add others like them to the right topic",
}
_SUMMARY = N_("{topics} topics, {errors} errors, {warnings} warnings.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it as 2026-11-22") from None


Trainer = Callable[[Settings], Callable[[Campaign], Classifier]]
"""Settings -> campaign -> its classifier, with what the bot itself uses."""

Detectors = Callable[[Settings, Content], Mapping[str, "Detector"]]
"""Settings and content -> its detectors by name."""


def add_commands(subparsers: Any, trainer: Trainer, detectors: Detectors) -> None:
    """Register the commands on `tabayyan`'s subparsers."""
    checks = subparsers.add_parser(
        "check",
        help=for_staff(N_("find every problem in the content")),
        description=for_staff(N_("Find every problem in the content.")),
    )
    checks.add_argument(
        "--language", choices=staff_languages(), default=SOURCE_LANGUAGE, help=for_staff(N_("language of the messages"))
    )
    checks.add_argument(
        "--format",
        choices=("terminal", "plain", "json", "github"),
        help=for_staff(N_("how problems are printed; terminal on a screen, plain elsewhere")),
    )
    checks.add_argument("--coverage", action="store_true", help=for_staff(N_("how complete each language is")))
    checks.add_argument("--measure", action="store_true", help=for_staff(N_("how well questions find their topics")))
    checks.add_argument(
        "--confusions", action="store_true", help=for_staff(N_("topics that take each other's questions"))
    )
    checks.add_argument(
        "--impact", metavar="REV", help=for_staff(N_("test wordings that go elsewhere than at a git revision"))
    )
    checks.add_argument("--today", type=_day, help=for_staff(N_("the day to check for")))
    checks.set_defaults(act=_check, trainer=trainer, detectors=detectors)

    topic = subparsers.add_parser("topic", help=for_staff(N_("add a topic"))).add_subparsers(dest="verb", required=True)
    new = topic.add_parser("new", help=for_staff(N_("make the files of a topic")))
    new.add_argument("id", metavar="ID")
    new.add_argument("--category", required=True)
    new.add_argument("--facts", nargs="*", default=[], metavar="FACT", help=for_staff(N_("ids of facts.yaml")))
    new.add_argument("--today", type=_day)
    new.set_defaults(act=_topic_new)

    language = subparsers.add_parser("language", help=for_staff(N_("add a language"))).add_subparsers(
        dest="verb", required=True
    )
    added = language.add_parser("new", help=for_staff(N_("make the files of a language")))
    added.add_argument("code", metavar="CODE", help="ISO 639 code, such as ckb")
    added.add_argument("--name", help=for_staff(N_("its own name for itself")))
    added.add_argument("--direction", choices=("rtl", "ltr"))
    added.add_argument("--plural", help="gettext's plural rule, such as: n != 1")
    added.set_defaults(act=_language_new)

    contact = subparsers.add_parser("contact", help=for_staff(N_("confirm a contact"))).add_subparsers(
        dest="verb", required=True
    )
    verify = contact.add_parser("verify", help=for_staff(N_("record that a number was checked today")))
    verify.add_argument("id", metavar="ID")
    verify.add_argument("--by", required=True, help=for_staff(N_("who confirmed it: an organisation or a role")))
    verify.add_argument("--source", required=True, metavar="URL", help=for_staff(N_("the page or record")))
    verify.add_argument("--value", help=for_staff(N_("the number, page or handle, where it is new")))
    verify.add_argument("--kind", choices=("phone", "page", "handle"))
    verify.add_argument("--today", type=_day)
    verify.set_defaults(act=_contact_verify)

    traced = subparsers.add_parser("trace", help=for_staff(N_("every number of a topic, back to its page")))
    traced.add_argument("topic", metavar="TOPIC")
    traced.set_defaults(act=_trace)

    content = subparsers.add_parser("content", help=for_staff(N_("schemas and spreadsheets"))).add_subparsers(
        dest="verb", required=True
    )
    schema = content.add_parser("schema", help=for_staff(N_("write the JSON Schemas that editors use")))
    schema.add_argument("--output", metavar="FOLDER", help="default: schemas/ beside the content")
    schema.set_defaults(act=_schema)
    older = content.add_parser("migrate", help=for_staff(N_("bring content of the version before to this one")))
    older.add_argument("--example", metavar="FOLDER", help="campaign to borrow from; default: the program's own")
    older.set_defaults(act=_migrate)
    for name, act, words in (
        ("export", _export, for_staff(N_("one spreadsheet for translators"))),
        ("import", _import, for_staff(N_("take a translated spreadsheet in"))),
    ):
        sheet = content.add_parser(name, help=words)
        sheet.add_argument("--xlsx", required=True, metavar="FILE")
        sheet.set_defaults(act=act)


def _today(arguments: argparse.Namespace) -> date:
    """The day asked for, else today where the campaign is."""
    given: date | None = arguments.today
    settings = read_settings()
    return given or machine_clock().in_zone(time_zone_of(settings.content_dir, settings.data_dir)).today()


def _wordings(settings: Settings) -> Path:
    return settings.content_dir.parent / WORDINGS


# ---- check


def _check(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    folder = settings.content_dir
    if not folder.is_dir():
        return _refuse(
            N_("there is no folder {folder}. Set TABAYYAN_CONTENT_DIR to the folder of the content."),
            folder=str(folder),
        )
    wordings = _wordings(settings)
    reading = check(folder, _today(arguments), wordings if wordings.is_dir() else None)
    catalogues = ROOT / "locales"
    if catalogues.is_dir() and folder.resolve().is_relative_to(ROOT):
        reading = Reading(reading.content, in_order((*reading.problems, *check_catalogues(catalogues))))
    form: Form = arguments.format or ("terminal" if sys.stdout.isatty() else "plain")
    for problem in reading.problems:
        print(printed(problem, form, arguments.language))
    topics = len(reading.content.campaign.topics) if reading.content is not None else 0
    warnings = len(reading.problems) - len(reading.errors)
    counts = {"topics": str(topics), "errors": str(len(reading.errors)), "warnings": str(warnings)}
    sys.stdout.flush()
    say = staff_phrases(arguments.language)
    print(say.filled(arguments.language, _SUMMARY, counts), file=sys.stderr)
    if reading.content is None:
        return PROBLEMS
    if arguments.coverage:
        _print(("", *coverage(reading.content.campaign)))
    if arguments.measure or arguments.confusions:
        _print(
            _measured(
                arguments.trainer(settings),
                settings,
                reading.content,
                table=arguments.measure,
                pairs=arguments.confusions,
            )
        )
    if arguments.measure:
        _print(_detected(arguments.detectors(settings, reading.content)))
    if arguments.impact:
        code = _impact(arguments.trainer(settings), settings, reading.content, arguments.impact)
        if code != FINE:
            return code
    return PROBLEMS if reading.errors else FINE


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _measured(
    fit: Callable[[Campaign], Classifier], settings: Settings, content: Content, *, table: bool, pairs: bool
) -> Iterable[str]:
    from bot.content_tools import measure

    cases = measure.read_cases(_wordings(settings))
    topics = content.campaign.topics
    asked = tuple(measure.ask(fit(content.campaign), (case for case in cases if case.topic in topics)))
    finds = tuple(outcome for outcome in asked if outcome.case.origin == "finds")
    if table:
        yield ""
        yield "Test wordings (tests/wordings; 95 % intervals)"
        yield from measure.table(finds)
        misses = [outcome for outcome in asked if outcome.case.origin == "near_misses"]
        caught = sum(outcome.case.topic in outcome.answered for outcome in misses)
        yield f"near misses answered by the topic that they only resemble: {caught} of {len(misses)}"
        failures = [outcome for outcome in asked if outcome.case.origin == "known_failures"]
        mended = sum(outcome.place == 1 for outcome in failures)
        yield f"known failures that are right by now (move them to finds): {mended} of {len(failures)}"
    # Minutes, not seconds: what is known so far is printed before it.
    left_out = measure.leave_out(content.campaign, fit)
    if table:
        yield ""
        yield f"Phrasings, each put to a classifier that has not learnt it ({measure.FOLDS} fits)"
        yield from measure.table(left_out)
    if pairs:
        yield ""
        yield "Topics that take each other's questions, worst first"
        for pair in measure.confusions((*left_out, *finds))[:SHOWN_CONFUSIONS]:
            yield f"{len(pair.questions):4}  {pair.topic} -> {pair.thief}"
            yield f"      {HINTS[pair.hint]}"
            for question in pair.questions[:SHOWN_QUESTIONS]:
                yield f"      - {question}"


def _detected(detectors: Mapping[str, Detector]) -> Iterable[str]:
    from bot.content_tools import measure

    for name, detector in detectors.items():
        yield ""
        yield f"Examples of {name}, left out of the learning"
        yield from measure.detector_table(name, detector)


def _impact(fit: Callable[[Campaign], Classifier], settings: Settings, content: Content, revision: str) -> int:
    from bot.content_tools import measure

    with tempfile.TemporaryDirectory(prefix="tabayyan-before-") as place:
        before = _at_revision(settings.content_dir, revision, Path(place))
        if before is None:
            return _refuse(
                N_('git knows no revision "{revision}" of {name}. Name a branch, tag or commit.'),
                revision=revision,
                name=str(settings.content_dir.name),
            )
        old = read_content(before).content
    if old is None:
        return _refuse(
            N_('the content of revision "{revision}" cannot be read, so there is nothing to compare with.'),
            revision=revision,
        )
    cases = measure.read_cases(_wordings(settings))
    found = measure.moved(cases, fit(old.campaign), fit(content.campaign))
    print(f"\n{len(found)} of {len(cases)} test wordings go elsewhere than at {revision}")
    for change in found:
        print(
            f"{change.verdict:6}  {change.case.topic} ({change.case.origin}, {change.case.variety}): {change.case.question}"
        )
        print(f"        {change.before}  ->  {change.after}")
    return FINE


def _at_revision(folder: Path, revision: str, place: Path) -> Path | None:
    """The content folder as it was at a revision, unpacked below `place`; None when git does not know it."""
    if revision.startswith("-"):
        return None
    packed = subprocess.run(  # noqa: S603 - no shell; the revision cannot be an option
        ["git", "archive", "--format=tar", revision, "--", folder.name],  # noqa: S607
        cwd=folder.parent,
        capture_output=True,
        check=False,
    )
    if packed.returncode != 0:
        return None
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place / folder.name


# ---- writers


def _refuse(sentence: str, **values: str) -> int:
    print(for_staff(sentence, **values), file=sys.stderr)
    return WRONG_USE


def _write(make: Callable[[], Change]) -> int:
    try:
        for path in make().write():
            print(path)
    except EditError as error:
        return _refuse(error.sentence, **error.values)
    except OSError as error:
        return _refuse(
            N_("{name} cannot be written. Check who may write there."), name=str(error.filename or "the content")
        )
    return FINE


def _topic_new(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    wordings = _wordings(settings)
    code = _write(
        lambda: new_topic(
            settings.content_dir,
            arguments.id,
            arguments.category,
            arguments.facts,
            _today(arguments),
            wordings if wordings.is_dir() else None,
        )
    )
    if code == FINE:
        print(for_staff(N_("Fill these files, then run: tabayyan check")), file=sys.stderr)
    return code


def _language_new(arguments: argparse.Namespace) -> int:
    folder = read_settings().content_dir
    code = _write(
        lambda: new_language(
            folder,
            arguments.code,
            name=arguments.name,
            direction=arguments.direction,
            plural=arguments.plural,
        )
    )
    if code == FINE:
        print(
            for_staff(N_("Translate these files; a topic shows in the language once its file is filled.")),
            file=sys.stderr,
        )
    return code


def _contact_verify(arguments: argparse.Namespace) -> int:
    folder = read_settings().content_dir
    return _write(
        lambda: verify_contact(
            folder,
            arguments.id,
            by=arguments.by,
            source=arguments.source,
            today=_today(arguments),
            value=arguments.value,
            kind=arguments.kind,
        )
    )


def _trace(arguments: argparse.Namespace) -> int:
    content = read_content(read_settings().content_dir).content
    if content is None:
        return _refuse(N_("the content cannot be read. Run: tabayyan check"))
    topics = content.campaign.topics
    if arguments.topic not in topics:
        return _refuse(
            N_('there is no topic "{topic}" (nearest: {nearest}).'),
            topic=str(arguments.topic),
            nearest=nearest(arguments.topic, topics),
        )
    _print(trace(content.campaign, topics[arguments.topic]))
    return FINE


def _schema(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.output) if arguments.output else read_settings().content_dir.parent / SCHEMAS
    for path in write_schemas(folder):
        print(path)
    return FINE


def _migrate(arguments: argparse.Namespace) -> int:
    from bot.content_tools.migrate import migrate

    folder = read_settings().content_dir
    try:
        change, left_out = migrate(folder, Path(arguments.example) if arguments.example else ROOT / "content")
    except EditError as error:
        return _refuse(error.sentence, **error.values)
    code = _write(lambda: change)
    if code == FINE and left_out:
        print(f"The example also names what is not here: {', '.join(left_out)}.", file=sys.stderr)
    if code == FINE and change.files:
        print("Read what was added, above all places, doors and dangers; then run: tabayyan check", file=sys.stderr)
    return code


def _export(arguments: argparse.Namespace) -> int:
    from bot.content_tools.spreadsheet import export_sheet

    folder = read_settings().content_dir
    return _write(lambda: export_sheet(folder, Path(arguments.xlsx)))


def _import(arguments: argparse.Namespace) -> int:
    from bot.content_tools.spreadsheet import import_sheet

    folder = read_settings().content_dir
    try:
        change, conflicts = import_sheet(folder, Path(arguments.xlsx))
    except EditError as error:
        return _refuse(error.sentence, **error.values)
    code = _write(lambda: change)
    for conflict in conflicts:
        print(conflict, file=sys.stderr)
    return code if code != FINE else (PROBLEMS if conflicts else FINE)
