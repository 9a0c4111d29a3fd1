"""`tabayyan check` and the editors' other commands, on the real content and on edits of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli import command_line
from bot.content_tools import measure, read_content
from bot.content_tools.checks.catalogues import check_catalogues
from bot.content_tools.checks.check import check
from bot.content_tools.checks.figures import Known, figures
from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.checks.texts import Emergency, addresses, emergency_digits, letters, markup, punctuation
from bot.content_tools.edit import EditError
from bot.content_tools.load.build import build
from bot.content_tools.load.content_folder import ContentFolder, content_digest, load
from bot.content_tools.scaffold import new_language, new_topic, verify_contact
from bot.content_tools.trace import trace
from bot.nlu.ranking import Ranked, Ranking
from bot.nlu.utterance import Utterance
from tests.conftest import ROOT, TODAY

BASE = ROOT / "tests" / "broken_content" / "base"
CONTENT = load(ROOT / "content")
RULES = Inspection(CONTENT, ContentFolder(ROOT, "tests/wordings"), build(CONTENT), TODAY).rules
"""The rules of wording of the real campaign."""
WRITTEN = date(2026, 11, 30)
"""The day on which contacts of the real content were last confirmed."""
EMERGENCY = Emergency("iraq-911", "911")
SECONDS_FOR_THE_CONTENT = 2.0
SECONDS_FOR_700 = 15.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small campaign, with its test wordings beside it."""
    shutil.copytree(BASE, tmp_path / "campaign")
    return tmp_path / "campaign" / "content"


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.setenv("TABAYYAN_CONTENT_DIR", str(folder))
    monkeypatch.setenv("TABAYYAN_DATA_DIR", str(folder.parent / "data"))
    arguments = command_line().parse_args(words)
    code: int = arguments.act(arguments)
    return code


# ---- the real content


def test_the_real_content_has_no_error() -> None:
    reading = check(ROOT / "content", WRITTEN, ROOT / "tests" / "wordings")
    assert [f"{p.path}:{p.line}: {p.message('en')}" for p in reading.errors] == []


def test_the_real_content_is_checked_in_time() -> None:
    best = float("inf")  # the shortest of three: other programs share the processor
    for _ in range(3):
        began = time.process_time()
        reading = check(ROOT / "content", WRITTEN, ROOT / "tests" / "wordings")
        best = min(best, time.process_time() - began)
    assert reading.content is not None and len(reading.content.campaign.topics) > 100
    assert best < SECONDS_FOR_THE_CONTENT


@pytest.mark.slow
def test_700_topics_are_checked_in_time(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content", folder)
    registry = yaml.load((folder / "topics.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["topics"]
    added = []
    for copy in range(2, 10):
        for topic in registry:
            name = f"{topic['id'][:36]}-{copy}"
            added.append({**topic, "id": name})
            for language in ("ar", "en"):
                shutil.copy(folder / language / f"{topic['id']}.yaml", folder / language / f"{name}.yaml")
                source = folder / language / "phrasings" / f"{topic['id']}.yaml"
                lists = yaml.load(source.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
                changed = {v: [f"{text} {copy}{copy}" for text in texts] for v, texts in lists.items()}
                (folder / language / "phrasings" / f"{name}.yaml").write_text(
                    json.dumps(changed, ensure_ascii=False, indent=1), encoding="utf-8"
                )
    (folder / "topics.yaml").write_text(json.dumps({"topics": registry + added}), encoding="utf-8")
    began = time.process_time()
    reading = check(folder, TODAY)
    seconds = time.process_time() - began
    assert reading.content is not None and len(reading.content.campaign.topics) >= 700
    assert seconds < SECONDS_FOR_700


def test_every_fact_that_an_answer_may_state_is_used() -> None:
    problems = check(ROOT / "content", WRITTEN).problems
    assert [problem.values for problem in problems if problem.code == "fact-unused"] == []


def test_every_number_of_every_answer_is_traced_to_a_page() -> None:
    content = read_content(ROOT / "content").content
    assert content is not None
    for topic in content.campaign.topics.values():
        lines = list(trace(content.campaign, topic))
        assert not any("NO FACT" in line for line in lines), topic.id
        if any("  <-  " in line for line in lines):
            assert any("http" in line for line in lines), topic.id


def test_no_value_that_nobody_confirmed_reaches_an_answer_file() -> None:
    content = read_content(ROOT / "content").content
    assert content is not None
    hidden = [
        part.strip()
        for contact in content.campaign.contacts.values()
        if contact.status == "check-first" and contact.value
        for part in contact.value.split(";")
    ]
    assert len(hidden) >= 5
    for path in (ROOT / "content").rglob("*.yaml"):
        if path.name not in ("contacts.yaml", "sources.yaml"):
            text = path.read_text(encoding="utf-8")
            assert not [value for value in hidden if value in text], path.name


# ---- single rules


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("You will be safe.", "en", True),
        ("We guarantee that you come home.", "en", True),
        ("You will not be jailed.", "en", True),
        ("Nobody can promise that you will be safe.", "en", False),
        ("They say that you will be safe.", "en", False),
        ("Will you be safe?", "en", False),
        ("لن تُسجن.", "ar", True),
        ("نضمن لك العودة.", "ar", True),
        ("ستكون بأمان هناك.", "ar", True),
        ("لا أحد يستطيع أن يضمن لك العودة.", "ar", False),
        ("يقولون إنك ستكون بأمان.", "ar", False),
        ("هل لن تُسجن؟", "ar", False),
    ],
)
def test_promises_are_found_and_talk_of_promises_is_not(text: str, language: str, found: bool) -> None:
    assert bool(list(RULES.promises(text, language))) is found


@pytest.mark.parametrize(
    ("text", "language", "codes"),
    [
        ("Call {contact:iraq-911}.", "en", ["emergency-callable"]),
        ("Call {number:iraq-911}.", "en", ["emergency-unwarned"]),
        ("{number:iraq-911} is for inside Iraq: do not dial it in Russia.", "en", []),
        ("In Russia do not dial {number:iraq-911}; it is for inside Iraq.", "en", []),
        ("الرقم {number:iraq-911} لداخل العراق: لا تتصل به في روسيا.", "ar", []),
        ("الرقم {number:iraq-911} لداخل العراق: لا تطلبوه في روسيا.", "ar", []),
        ("الرقم {number:iraq-911} لداخل العراق.", "ar", ["emergency-unwarned"]),
        ("Nothing about it.", "en", []),
    ],
)
def test_the_emergency_number_abroad(text: str, language: str, codes: list[str]) -> None:
    assert [finding.code for finding in RULES.emergency_abroad(text, language)] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Call 0770 123 4567 now.", ["raw-phone"]),
        ("Call +964 770 123 4567.", ["raw-phone"]),
        ("اتصل ٠٧٧٠١٢٣٤٥٦٧.", ["raw-phone"]),
        ("See https://example.org/x?y=1.", ["raw-link"]),
        ("See example.org for it.", ["raw-link"]),
        ("Write to a@b.example.", ["raw-link"]),
        ("Write to @somebody_there.", ["raw-link"]),
        ("Dial 911.", ["raw-emergency"]),
        ("From 2022-2026, in 1,911 cases, 2,500,000 dinars, Law 111 of 1969.", []),
        ("Between 26.02.2026 and 2026-03-01.", []),
        ("Call {contact:iraq-911}.", []),
    ],
)
def test_raw_numbers_and_links(text: str, codes: list[str]) -> None:
    found = [*addresses(text), *emergency_digits(text, EMERGENCY)]
    assert [finding.code for finding in found] == codes


@pytest.mark.parametrize(
    ("text", "language", "codes"),
    [
        ("pаssport", "en", ["letter-lookalike"]),  # а is Cyrillic
        ("کتاب", "ar", ["letter-persian"]),
        ("کتێب", "ckb", []),
        ("الـVPN", "ar", []),
        ("كتابbook", "ar", ["letter-lookalike"]),
        ("گلت چان", "ar", []),
    ],
)
def test_letters_of_other_scripts(text: str, language: str, codes: list[str]) -> None:
    assert [finding.code for finding in letters(text, language)] == codes


def test_marks_and_markup() -> None:
    assert [f.code for f in punctuation("نعم, لا؛ ربما؟")] == ["mark-latin"]
    assert [f.code for f in punctuation("سعره 2,500 دولار.")] == []
    assert [f.code for f in punctuation("Yes، no.")] == ["mark-arabic"]
    assert [f.code for f in markup("a < b and c > d & e")] == []
    assert [f.code for f in markup("<b>x</b>")] == ["html", "html"]
    assert [f.code for f in markup("<b>x")] == ["html-refused"]


def test_dates_of_both_languages_are_the_same_figures() -> None:
    english = {figure.value for figure in figures("On 26 February 2026 and in March 2026, 2,500 men of 23.", "en")}
    arabic = {figure.value for figure in figures("في 26 شباط 2026 وفي آذار 2026، 2,500 رجل عمرهم 23.", "ar")}
    assert english == arabic == {"2026-02-26", "2026-03-??", "2500", "23"}


def test_a_day_of_the_page_is_no_count_of_men() -> None:
    known = Known(figures("About 17 people.", "en"), ["2026-02-26"])
    assert all(known.holds(figure) for figure in figures("17 people, 26 February 2026", "en"))
    assert not any(known.holds(figure) for figure in figures("26 people", "en"))
    assert not any(known.holds(figure) for figure in figures("27 February 2026", "en"))


@given(st.text(max_size=200), st.sampled_from(["ar", "en", "ckb", "xx"]))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_a_rule_raise(text: str, language: str) -> None:
    findings = [*letters(text, language), *punctuation(text), *markup(text), *addresses(text)]
    findings += [*RULES.promises(text, language), *RULES.emergency_abroad(text, language)]
    assert all(finding.code for finding in findings)
    assert all(figure.value for figure in figures(text, language))


@pytest.mark.parametrize(
    "part", ["0", "0 ", "1,", "a", "a.", "a@", "12 and ", "5 شباط ", "{", "<a ", "لا ", "not Russia ", "\u0627 "]
)
def test_no_text_keeps_the_check_busy(part: str) -> None:
    text = part * (20_000 // len(part))
    began = time.process_time()
    for language in ("ar", "en"):
        findings = [*letters(text, language), *punctuation(text), *markup(text), *addresses(text)]
        findings += [*RULES.promises(text, language), *RULES.emergency_abroad(text, language)]
        assert figures(text, language) or findings is not None
    assert time.process_time() - began < 5.0


# ---- the command


def test_check_is_quiet_about_sound_content(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, folder, "check", "--today", "2026-11-22") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "3 topics, 0 errors, 0 warnings.\n"


def test_check_tells_the_place_and_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "en" / "how-many.yaml").write_text("title: x\n", encoding="utf-8")
    assert _run(monkeypatch, folder, "check", "--today", "2026-11-22", "--language", "ar", "--format", "json") == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(problem["path"], problem["line"], problem["code"]) for problem in told} >= {
        ("content/en/how-many.yaml", 1, "key-missing")
    }
    assert all("المفتاح" in problem["message"] for problem in told if problem["code"] == "key-missing")


def test_a_warning_alone_does_not_fail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, folder, "check", "--today", "2027-06-01") == 0
    assert {problem.code for problem in check(folder, date(2027, 6, 1)).problems} == {
        "contact-expired",
        "review-passed",
    }


def test_a_missing_folder_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, tmp_path / "nowhere", "check") == 2


def test_coverage_counts_answers_and_phrasings(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, folder, "check", "--coverage", "--today", "2026-11-22") == 0
    out = capsys.readouterr().out
    assert "en English: 3 of 3 topics answered" in out
    assert "    iq: 6 phrasings, 3 of 3 topics have 2 or more" in out


def test_trace_prints_sentence_fact_and_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, folder, "trace", "call-for-help") == 0
    out = capsys.readouterr().out
    assert "    2025-01-09  <-  H01" in out
    assert "    Example News, 2025-01-12: https://example.org/one" in out
    assert _run(monkeypatch, folder, "trace", "call-for-halp") == 2
    assert "(nearest: call-for-help)" in capsys.readouterr().err


# ---- new topics, languages, confirmed contacts


def test_a_new_topic_is_told_what_it_lacks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "topics.yaml").read_text(encoding="utf-8").splitlines()
    assert _run(monkeypatch, folder, "topic", "new", "new-law", "--category", "law", "--facts", "L01") == 0
    after = (folder / "topics.yaml").read_text(encoding="utf-8").splitlines()
    first = after.index("  - id: new-law")
    added = len(after) - len(before)
    assert after[:first] + after[first + added :] == before
    reading = check(folder, TODAY, folder.parent / "tests" / "wordings")
    assert {problem.code for problem in reading.errors} == {"value-empty", "related-count"}
    assert "new-law" not in (reading.content.campaign.topics if reading.content else {})


def test_a_new_topic_is_refused_where_its_names_are_wrong(folder: Path) -> None:
    before = content_digest(folder)
    for topic, category, facts in (
        ("how-many", "law", []),
        ("New Law", "law", []),
        ("new-law", "lew", []),
        ("new-law", "law", ["L99"]),
    ):
        with pytest.raises(EditError):
            new_topic(folder, topic, category, facts, TODAY)
    assert content_digest(folder) == before


def test_an_invented_language_works_without_a_line_of_code(folder: Path) -> None:
    change = new_language(folder, "qaa", name="Qaaish", direction="rtl", plural="n>1 ? 1 : 0", varieties={"spoken": 1})
    change.write()
    begun = check(folder, TODAY)
    assert begun.errors == ()
    assert begun.content is not None
    language = begun.content.campaign.languages["qaa"]
    assert (language.direction, language.plural, language.required) == ("rtl", "n>1 ? 1 : 0", False)
    assert begun.content.campaign.categories[0].titles["qaa"] == begun.content.campaign.categories[0].titles["ar"]

    for path in (folder / "en").glob("[!_]*.yaml"):
        shutil.copy(path, folder / "qaa" / path.name)
        (folder / "qaa" / "phrasings" / path.name).write_text(f"spoken: [qaa {path.stem}]\n", encoding="utf-8")
    (folder / "qaa" / "_categories.yaml").write_text(
        (folder / "en" / "_categories.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    done = check(folder, TODAY)
    assert done.errors == ()
    assert done.content is not None
    topic = done.content.campaign.topics["how-many"]
    assert topic.answers["qaa"] == topic.answers["en"]
    assert topic.phrasings["spoken"] == ("qaa how-many",)


def test_a_half_translated_language_shows_what_is_done(folder: Path) -> None:
    new_language(folder, "ckb").write()
    shutil.copy(folder / "en" / "how-many.yaml", folder / "ckb" / "how-many.yaml")
    reading = check(folder, TODAY)
    assert reading.errors == ()
    assert reading.content is not None
    topics = reading.content.campaign.topics
    assert "ckb" in topics["how-many"].answers and "ckb" not in topics["call-for-help"].answers
    assert reading.content.campaign.languages["ckb"].direction == "rtl"


def test_a_language_that_cldr_does_not_know_must_be_described(folder: Path) -> None:
    with pytest.raises(EditError, match="--name"):
        new_language(folder, "qaa")
    with pytest.raises(EditError, match="there already"):
        new_language(folder, "en")


def test_a_contact_is_shown_only_after_somebody_confirmed_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_content(folder).content
    assert before is not None and before.campaign.contacts["help-office"].status == "check-first"
    old = (folder / "contacts.yaml").read_text(encoding="utf-8").splitlines()
    code = _run(
        monkeypatch, folder, "contact", "verify", "help-office", "--by", "Legal desk",
        "--source", "https://example.org/contact", "--today", "2026-11-30",
    )  # fmt: skip
    assert code == 0
    after = read_content(folder).content
    assert after is not None
    contact = after.campaign.contacts["help-office"]
    assert (contact.status, contact.value, contact.checked) == ("usable", "0750 123 4567", TODAY)
    new = (folder / "contacts.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in old if line not in new] == ["    status: check-first"]
    assert check(folder, TODAY).errors == ()


@pytest.mark.parametrize(
    ("contact", "by", "source", "value"),
    [
        ("help-ofice", "Desk", "https://example.org/x", None),
        ("help-office", " ", "https://example.org/x", None),
        ("help-office", "Desk", "a friend told me", None),
        ("ministry", "Desk", "https://example.org/x", None),
    ],
)
def test_a_confirmation_without_who_or_where_is_refused(
    folder: Path, contact: str, by: str, source: str, value: str | None
) -> None:
    before = content_digest(folder)
    with pytest.raises(EditError):
        verify_contact(folder, contact, by=by, source=source, today=TODAY, value=value)
    assert content_digest(folder) == before


def test_the_surrender_line_can_never_be_confirmed_into_an_answer() -> None:
    for contact in ("i-want-to-live", "get-lost"):
        with pytest.raises(EditError, match="stays out of replies"):
            verify_contact(ROOT / "content", contact, by="x", source="https://example.org", today=TODAY, value="x")


# ---- measuring


class _WordMatcher:
    """Ranks topics by how many words of the question their phrasings hold: enough to test the measuring."""

    def __init__(self, campaign: object) -> None:
        self._words = {
            topic.id: {word for texts in topic.phrasings.values() for text in texts for word in text.split()}
            for topic in campaign.topics.values()  # type: ignore[attr-defined]
        }

    read = staticmethod(Utterance.read)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank by shared words."""
        question = utterance.raw
        scores = {topic: len(words & set(question.split())) for topic, words in self._words.items()}
        best = sorted(scores, key=lambda topic: -scores[topic])
        ranked = tuple(Ranked(topic, float(scores[topic])) for topic in best)
        return Ranking(ranked, "answer", (best[0],), ()) if scores[best[0]] else Ranking(ranked, "none", (), ())


def test_left_out_phrasings_are_not_learnt(folder: Path) -> None:
    content = read_content(folder).content
    assert content is not None
    learnt: list[int] = []

    def fit(campaign: object) -> _WordMatcher:
        learnt.append(len(measure.phrasing_cases(campaign)))  # type: ignore[arg-type]
        return _WordMatcher(campaign)

    outcomes = measure.leave_out(content.campaign, fit)
    every = measure.phrasing_cases(content.campaign)
    assert sorted(o.case.question for o in outcomes) == sorted(case.question for case in every)
    assert sum(len(every) - count for count in learnt) == len(every)
    assert measure.table(outcomes)[-1].startswith("all")


def test_confusions_name_the_thief_and_the_questions() -> None:
    stolen = [measure.Outcome(measure.Case("a", f"q{n}", "en"), "b", 2, "answer", ("b",), ()) for n in range(3)]
    back = [measure.Outcome(measure.Case("b", f"r{n}", "en"), "a", 2, "answer", ("a",), ()) for n in range(3)]
    right = [measure.Outcome(measure.Case("c", "s", "en"), "c", 1, "answer", ("c",), ())]
    pairs = measure.confusions([*stolen, *back, *right])
    assert [(pair.topic, pair.thief, pair.hint) for pair in pairs] == [("a", "b", "merge"), ("b", "a", "merge")]
    assert pairs[0].questions == ("q0", "q1", "q2")


def test_impact_compares_with_a_revision(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=folder.parent, check=True)
    monkeypatch.setattr("bot.assemble.classifier_of", lambda settings: _WordMatcher)
    path = folder / "en" / "phrasings" / "how-many.yaml"
    path.write_text("en: [give me a number to ring it, does anybody return]\n", encoding="utf-8")
    assert _run(monkeypatch, folder, "check", "--impact", "HEAD", "--today", "2026-11-22") == 0
    out = capsys.readouterr().out
    assert "1 of 2 test wordings go elsewhere than at HEAD" in out
    assert "call-for-help (finds, en): give me a number to ring" in out
    assert _run(monkeypatch, folder, "check", "--impact=--upload-pack=x") == 2


# ---- interface sentences

_HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=6; plural=(n%6);\\n"\n\n'


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        ('msgid "Hi {name}"\nmsgstr "أهلاً {name}"\n', []),
        ('msgid "Hi {name}"\nmsgstr "أهلاً"\n', ["sentence-blank-lost"]),
        ('msgid "Hi {name}"\nmsgstr "أهلاً {nmae}"\n', ["sentence-blank-lost", "sentence-blank-unknown"]),
        ('msgid "Hi"\nmsgstr ""\n', ["sentence-untranslated"]),
        ('msgid "{count} day"\nmsgid_plural "{count} days"\nmsgstr[0] "يوم"\nmsgstr[1] "يومان"\n', ["sentence-forms"]),
        ('msgid "Hi"\nmsgstr "\xff"\nnonsense here\n', ["catalogue-broken"]),
    ],
)
def test_a_translation_that_drops_a_blank_is_found(entry: str, codes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "locales" / "ar" / "LC_MESSAGES" / "bot.po"
    path.parent.mkdir(parents=True)
    path.write_text(_HEAD + entry, encoding="utf-8")
    problems = list(check_catalogues(tmp_path / "locales"))
    assert [problem.code for problem in problems] == codes
    assert all(problem.path == "locales/ar/LC_MESSAGES/bot.po" and problem.line >= 1 for problem in problems)
    assert all(problem.message("ar") and problem.message("en") for problem in problems)


def test_the_real_catalogues_lose_no_blank() -> None:
    assert [p for p in check_catalogues(ROOT / "locales") if p.severity == "error"] == []
