"""The content pages: what staff see of topics, contacts, sources, problems and files, and what they may write."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from starlette.testclient import TestClient

from bot.content_tools.edit import EditError
from bot.content_tools.problems import Problem
from bot.desk.content_pages import content_file
from bot.desk.dependencies import Health
from bot.desk.topic_state import problems_by_topic, staleness
from bot.desk.wordings import Wording, read_file, save
from bot.dialogue.campaign import Answer
from bot.settings import ROOT
from tests import desk_kit

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


def form_token(client: TestClient, path: str) -> str:
    return desk_kit.found(r'name="token" value="([^"]+)"', client.get(path).text)


@pytest.mark.parametrize(("days", "expected"), [(-1, "stale"), (0, "soon"), (30, "soon"), (31, "fine")])
def test_staleness(days: int, expected: str) -> None:
    assert staleness(desk_kit.TODAY + timedelta(days=days), desk_kit.TODAY) == expected
    assert staleness(None, desk_kit.TODAY) == "none"


def test_the_topics_table_tells_completeness_reviews_and_staleness() -> None:
    page = desk_kit.client().get("/desk/content?lang=en").text
    for title in ("How many years in prison?", "How do I know a false offer?", "موضوع قديم"):
        assert title in page
    assert page.count("no answer") == 1
    assert "overdue" in page
    assert "read by 1 of 2" in page
    assert "iq 2/2" not in page and "arabizi 0/1" in page


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("only=stale", ["law-old"], ["law-prison-term", "scam-red-flags"]),
        ("shelf=scams", ["scam-red-flags"], ["law-prison-term", "law-old"]),
        ("only=problems", [], ["law-prison-term", "scam-red-flags", "law-old"]),
        ("only=nonsense&shelf=nonsense", ["law-prison-term", "scam-red-flags", "law-old"], []),
    ],
)
def test_the_table_is_filtered(query: str, there: str, gone: str) -> None:
    page = desk_kit.client().get(f"/desk/content?lang=en&{query}").text
    for topic in there:
        assert f"/desk/content/{topic}?" in page
    for topic in gone:
        assert f"/desk/content/{topic}?" not in page


def test_search_asks_the_bots_matcher() -> None:
    page = desk_kit.client().post("/desk/content?lang=en", data={"q": "how many years in prison"}).text
    assert "Why this answer" in page and "100%" in page
    assert page.index("law-prison-term") > 0
    by_id = desk_kit.client().post("/desk/content?lang=en", data={"q": "red-flags"}).text
    assert "By title or id" in by_id


def test_a_topic_page_previews_both_languages_and_names_its_sources() -> None:
    page = desk_kit.client().get("/desk/content/law-prison-term?lang=en").text
    assert page.count('class="phone shown"') == 2
    assert "Prison is said." in page and "Rudaw" in page
    assert "شكد ينحبس" in page
    assert "911" in page
    missing = desk_kit.client().get("/desk/content/law-old?lang=en").text
    assert missing.count('class="phone shown"') == 1 and "no answer" in missing


def test_an_unknown_topic_is_not_found() -> None:
    for name in ("nope", "..%2f..%2fetc", HOSTILE.replace("/", "")):
        page = desk_kit.client().get(f"/desk/content/{name}")
        assert page.status_code == 404 and "<script>alert" not in page.text


def test_contacts_show_status_and_age() -> None:
    page = desk_kit.client().get("/desk/contacts?lang=en").text
    assert "usable: shown to askers" in page and "check first: not shown" in page
    assert "check is too old" in page


def test_problems_link_to_file_and_line_in_both_languages(tmp_path: Path) -> None:
    problem = Problem("content/ar/law-old.yaml", 7, "key-missing", {"key": "short"})
    for language, words in (("en", '"short" is missing'), ("ar", "المفتاح «short» ناقص")):
        page = (
            desk_kit.client(problems=lambda: (problem,))
            .get(f"/desk/problems?lang={language}")
            .text.replace("&#34;", '"')
        )
        # Runs of Latin letters stand in isolates inside Arabic sentences.
        page = page.replace("\u2068", "").replace("\u2069", "")
        assert words in page
        assert f"/desk/file?lang={language}&amp;path=content%2Far%2Flaw-old.yaml&amp;line=7#L7" in page
    assert problems_by_topic((problem, problem)) == {"law-old": 2}


def test_the_problems_page_refreshes_itself() -> None:
    listed: list[Problem] = []
    client = desk_kit.client(problems=lambda: tuple(listed))
    page = client.get("/desk/problems?lang=en").text
    assert "No problems." in page and 'http-equiv="refresh"' in page
    part = desk_kit.found(r'data-live="([^"]+)"', page).replace("&amp;", "&")
    listed.append(Problem("content/ar/law-old.yaml", 7, "key-missing", {"key": HOSTILE}))
    fragment = client.get(part).text
    assert "content/ar/law-old.yaml:7" in fragment
    assert "<html" not in fragment and "<script>" not in fragment


def test_the_file_page_marks_the_line(tmp_path: Path) -> None:
    content = tmp_path / "content"
    (content / "ar").mkdir(parents=True)
    (content / "ar" / "x.yaml").write_text(f"title: a\nshort: {HOSTILE}\n", encoding="utf-8")
    problem = Problem("content/ar/x.yaml", 2, "key-missing", {"key": "details"})
    client = desk_kit.client(settings=desk_kit.settings(content_dir=content), problems=lambda: (problem,))
    page = client.get("/desk/file?lang=en&path=content/ar/x.yaml&line=1").text
    assert page.count('class="marked"') == 2
    assert "&#34;details&#34; is missing" in page
    assert "<script>alert" not in page and "{{7*7}}" in page


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../secret.yaml",
        "content/../secret.yaml",
        "content/../../secret.yaml",
        "content/%2e%2e/secret.yaml",
        "content/./../secret.yaml",
        "content/ar/../../secret.yaml",
        "content//etc/passwd",
        "content/link.yaml",
        "content/.hidden.yaml",
        "content/.git/config.yaml",
        "content/notes.txt",
        "content/ar",
        "content/nul\0.yaml",
        "content\\x.yaml",
        "secret.yaml",
        "content/" + "a" * 400 + ".yaml",
        "tests/wordings/x.yaml",
        "contents/x.yaml",
    ],
)
def test_no_path_leads_out_of_the_content(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.yaml").write_text("key: topsecret\n")
    content = tmp_path / "content"
    (content / "ar").mkdir(parents=True)
    (content / ".git").mkdir()
    for hidden in (content / ".hidden.yaml", content / ".git" / "config.yaml", content / "notes.txt"):
        hidden.write_text("topsecret")
    (content / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert content_file(content, None, name) is None
    client = desk_kit.client(settings=desk_kit.settings(content_dir=content))
    answer = client.get("/desk/file", params={"path": name})
    assert answer.status_code == 404 and "topsecret" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/desk/static/x/../../app.py",
        "/desk/static/x/%2e%2e%2fapp.py",
        "/desk/static/x/app.py",
        "/desk/static//etc/passwd",
        "/desk/static/x/desk.css%00",
    ],
)
def test_static_files_are_those_listed(path: str) -> None:
    answer = desk_kit.client().get(path)
    assert answer.status_code == 404


def test_markup_in_every_field_of_the_content_is_text() -> None:
    known = desk_kit.campaign(
        (
            desk_kit.topic(
                "hostile",
                {"ar": HOSTILE, "en": HOSTILE},
                {"iq": (HOSTILE,), "en": (HOSTILE,)},
                answers={code: Answer(HOSTILE, HOSTILE, HOSTILE, HOSTILE) for code in ("ar", "en")},
                category=HOSTILE,
            ),
        )
    )
    words = {"ar": HOSTILE, "en": HOSTILE}
    contact = replace(
        known.contacts["iraq-911"],
        value=HOSTILE,
        name=words,
        run_by=words,
        hours=words,
        cost=words,
        risk=words,
        instead=words,
        place=HOSTILE,
    )
    source = replace(
        known.sources["rudaw"], url="javascript:alert(1)", publisher={"en": HOSTILE}, title=HOSTILE, date_note=HOSTILE
    )
    fact = replace(known.facts["L01"], says=HOSTILE, said_by=HOSTILE, disputed=HOSTILE)
    known = replace(
        known,
        contacts={**known.contacts, "iraq-911": contact},
        sources={"rudaw": source},
        facts={"L01": fact},
        name=words,
    )
    problem = Problem(f"content/ar/{HOSTILE}.yaml", 3, "key-missing", {"key": HOSTILE})
    client = desk_kit.client(talk=desk_kit.conversation(known), problems=lambda: (problem,))
    pages = [
        "/",
        "/desk/content",
        "/desk/content/hostile",
        "/desk/contacts",
        "/desk/sources",
        "/desk/problems",
        "/desk/health",
    ]
    for path in pages:
        for language in ("ar", "en"):
            answer = client.get(f"{path}?lang={language}")
            assert answer.status_code == 200, path
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, path
            assert 'href="javascript:' not in answer.text, path
            assert "49" not in re.sub(r"[0-9a-f]{12,}", "", answer.text), path
    asked = client.post("/?lang=en", data={"say": HOSTILE}).text
    assert "<script>alert" not in asked


def test_verifying_a_contact_edits_its_file(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    shutil.copy(ROOT / "content" / "contacts.yaml", content)
    before = (content / "contacts.yaml").read_text(encoding="utf-8")
    client = desk_kit.client(settings=desk_kit.settings(content_dir=content))
    given = {
        "token": form_token(client, "/desk/contacts"),
        "id": "iraq-911",
        "by": "Test organisation",
        "source": "https://example.org/page",
    }
    answer = client.post("/desk/contacts?lang=en", data=given)
    assert answer.status_code == 200 and "Saved." in answer.text
    after = (content / "contacts.yaml").read_text(encoding="utf-8")
    assert "Test organisation" in after and desk_kit.TODAY.isoformat() in after
    kept = [line for line in before.splitlines() if "checked" not in line]
    assert [line for line in after.splitlines() if line in set(kept)] == kept


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "nope"},
        {"by": " "},
        {"source": "javascript:alert(1)"},
        {"source": ""},
        {"id": "../../etc/passwd"},
        {"by": ""},
        {"id": "i-want-to-live"},
    ],
)
def test_a_bad_verification_changes_nothing_and_says_why(tmp_path: Path, changed: dict[str, Any]) -> None:
    content = tmp_path / "content"
    content.mkdir()
    shutil.copy(ROOT / "content" / "contacts.yaml", content)
    before = (content / "contacts.yaml").read_bytes()
    client = desk_kit.client(settings=desk_kit.settings(content_dir=content))
    given = {
        "token": form_token(client, "/desk/contacts"),
        "id": "iraq-911",
        "by": "Somebody",
        "source": "https://example.org/page",
    }
    answer = client.post("/desk/contacts?lang=en", data=given | changed)
    assert answer.status_code == 400 and 'role="alert"><p class="notice bad"' in answer.text
    assert (content / "contacts.yaml").read_bytes() == before


def test_markup_in_the_verification_form_comes_back_as_text(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    shutil.copy(ROOT / "content" / "contacts.yaml", content)
    client = desk_kit.client(settings=desk_kit.settings(content_dir=content))
    for field in ("id", "by", "source", "value"):
        given = {
            "token": form_token(client, "/desk/contacts"),
            "id": "iraq-911",
            "by": "Somebody",
            "source": "not an address",
        }
        answer = client.post("/desk/contacts?lang=en", data=given | {field: HOSTILE})
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


# ---- test wordings


def wording(**changed: Any) -> Wording:
    return replace(Wording("شكد ياكل سجن؟", "ar", "iq", "law-prison-term"), **changed)


def test_a_wording_goes_into_a_new_file(tmp_path: Path) -> None:
    save(tmp_path, wording())
    path = tmp_path / "ar" / "law-prison-term.yaml"
    assert path.read_text(encoding="utf-8") == 'finds:\n  - {q: "شكد ياكل سجن؟", variety: iq}\n'


def test_a_wording_joins_its_list_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "ar" / "law-prison-term.yaml"
    path.parent.mkdir()
    old = '# a comment\nfinds:\n  - {q: "one", variety: iq}\n  - q: two\n    variety: iq\n\nnear_misses: []\nknown_failures:\n  - {q: "three", variety: iq} # why\n'
    path.write_text(old, encoding="utf-8")
    save(tmp_path, wording())
    save(tmp_path, wording(question="near", listed="near_misses"))
    new = path.read_text(encoding="utf-8")
    assert [known.question for known in read_file(path)] == ["one", "two", "شكد ياكل سجن؟", "near", "three"]
    assert [line for line in new.splitlines() if line in old.splitlines()] == [
        line for line in old.splitlines() if line != "near_misses: []"
    ]


@pytest.mark.parametrize(
    "question",
    [
        'a "quote" \\ and: #{x}',
        "{contact:x}",
        "- x",
        "no",
        "12:30",
        "*a",
        "line\u2028break",
        "مع ، فاصلة",
        "\x07bell",
        "null",
    ],
)
def test_any_question_is_one_line_of_yaml(tmp_path: Path, question: str) -> None:
    save(tmp_path, wording(question=question))
    assert read_file(tmp_path / "ar" / "law-prison-term.yaml")[0].question == question


def test_a_wording_is_not_saved_twice(tmp_path: Path) -> None:
    save(tmp_path, wording())
    with pytest.raises(EditError, match="there already"):
        save(tmp_path, wording(question=" شكد ياكل  سجن"))


def test_a_faulty_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ar" / "law-prison-term.yaml"
    path.parent.mkdir()
    path.write_text("finds: [\n", encoding="utf-8")
    with pytest.raises(EditError):
        save(tmp_path, wording())
    assert path.read_text(encoding="utf-8") == "finds: [\n"


def test_the_page_saves_a_tried_question(tmp_path: Path) -> None:
    client = desk_kit.client(desk_kit.services(tmp_path))
    given = {
        "token": form_token(client, "/desk/contacts"),
        "q": "how  many\nyears",
        "language": "en",
        "variety": "en",
        "topic": "law-prison-term",
    }
    answer = client.post("/desk/wordings?lang=en", data=given)
    assert answer.status_code == 200 and "Saved." in answer.text
    assert read_file(tmp_path / "en" / "law-prison-term.yaml")[0].question == "how many years"
    again = client.post("/desk/wordings?lang=en", data=given | {"token": form_token(client, "/desk/contacts")})
    assert again.status_code == 409 and "there already" in again.text


def test_without_a_folder_the_page_shows_what_to_paste() -> None:
    client = desk_kit.client()
    given = {
        "token": form_token(client, "/desk/contacts"),
        "q": HOSTILE,
        "language": "en",
        "variety": "en",
        "topic": "law-prison-term",
    }
    page = client.post("/desk/wordings?lang=en", data=given).text
    assert "Paste the line" in page and "tests/wordings/en/law-prison-term.yaml" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "changed", [{"topic": "../../../etc/x"}, {"language": "../ar"}, {"variety": "x\n- y"}, {"q": "  "}, {"topic": ""}]
)
def test_a_wording_for_no_topic_of_ours_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    client = desk_kit.client(desk_kit.services(tmp_path))
    given = {
        "token": form_token(client, "/desk/contacts"),
        "q": "x",
        "language": "en",
        "variety": "en",
        "topic": "law-prison-term",
    }
    assert client.post("/desk/wordings", data=given | changed).status_code == 400
    assert list(tmp_path.rglob("*")) == []


def test_a_topics_own_wordings_can_be_asked(tmp_path: Path) -> None:
    save(tmp_path, Wording("how many years in prison", "en", "en", "law-prison-term"))
    save(tmp_path, Wording("is this offer real", "en", "en", "law-prison-term"))
    client = desk_kit.client(desk_kit.services(tmp_path))
    assert "went where they should" not in client.get("/desk/content/law-prison-term?lang=en").text
    page = client.get("/desk/content/law-prison-term?lang=en&ask=1").text
    assert "1 of 2 went where they should." in page
    assert "How do I know a false offer?" in page


# ---- health and the machine's routes


def test_health_in_words() -> None:
    started = desk_kit.fixed_clock().now()
    health = Health(
        "webhook",
        started,
        "1.2.3",
        workers=4,
        reload_failed=True,
        last_release=date(2026, 11, 15),
        store="postgresql",
        store_works=False,
        redis_works=False,
    )
    page = desk_kit.client(health=lambda: health).get("/desk/health?lang=en").text
    for words in (
        "1.2.3",
        "Telegram, by webhook",
        "12:00",
        "a later edit was refused",
        "PostgreSQL",
        "cannot be written",
        "15 November 2026",
        "does not answer",
    ):
        assert words in page, words


def test_metrics_hold_the_machines_health_only() -> None:
    health = Health("polling", desk_kit.fixed_clock().now(), "1.2.3", redis_works=True)
    text = desk_kit.client(health=lambda: health).get("/metrics").text
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    assert names == {
        "tabayyan_build_info",
        "tabayyan_start_time_seconds",
        "tabayyan_workers",
        "tabayyan_content_ready",
        "tabayyan_content_errors",
        "tabayyan_content_refused",
        "tabayyan_store_up",
        "tabayyan_redis_up",
        "tabayyan_troubles",
        "tabayyan_topics_unreviewed",
        "tabayyan_topics_overdue",
        "tabayyan_resident_memory_bytes",
    }


def test_questions_leave_no_mark_in_the_metrics() -> None:
    client = desk_kit.client()
    before = client.get("/metrics").text
    for number in range(20):
        client.post("/?lang=en", data={"say": f"how many years in prison {number}"})
    assert client.get("/metrics").text == before


def test_readiness_fails_on_content() -> None:
    assert desk_kit.client().get("/readyz").status_code == 200
    client = desk_kit.client(
        content=lambda: None, health=lambda: Health("page", desk_kit.fixed_clock().now(), "1", store_works=False)
    )
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "no content\n")
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 200


def test_an_error_inside_is_said_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    secret = "canary-7731"

    def broken() -> NoReturn:
        raise ValueError(secret)

    answer = desk_kit.client(problems=broken).get("/desk/problems")
    assert answer.status_code == 500 and secret not in answer.text
    assert secret not in caplog.text


def test_the_real_paths_of_this_checkout_are_not_shown() -> None:
    client = desk_kit.client()
    for path in ("/", "/desk/content", "/desk/health", "/desk/problems", "/nope"):
        assert str(Path(ROOT)) not in client.get(path).text
