"""Hostile requests to the running program, byte by byte: what a header, an address or a body holds stays what it is."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest

from bot.desk.access import COOKIE, FREE_TRIES
from bot.run import LARGEST_HEAD
from bot.settings import ROOT
from tests import desk_kit
from tests.simulator.client import SECRET, memory_of, until
from tests.simulator.fixtures import Bot, running
from tests.test_desk_trends import FIRST, Windows

PASSWORD = "a long password of the desk"
EVIL = "evil.example"
HEADERS = {
    *("cache-control", "connection", "content-encoding", "content-length", "content-security-policy", "content-type"),
    *("cross-origin-opener-policy", "cross-origin-resource-policy", "location", "permissions-policy"),
    *("referrer-policy", "retry-after", "set-cookie", "transfer-encoding", "vary", "x-content-type-options"),
    "x-frame-options",
}
"""Names that an answer of ours may hold."""


@dataclass
class Answer:
    """What came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    count: int
    """How many answers came."""


def read(raw: bytes) -> Answer:
    """An answer, read strictly: a stray line or a header of somebody else's fails the test."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    found = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Za-z ]+", first)
    assert found is not None, raw[:200]
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(": ")
        assert colon, line
        assert name.lower() in HEADERS, line
        assert name.lower() not in headers, line
        assert value.isprintable(), line
        headers[name.lower()] = value
    return Answer(int(found[1]), headers, body, len(re.findall(rb"HTTP/1\.1 \d{3} ", raw)))


class Line:
    """A connection to the program."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, *lines: str | bytes, body: bytes = b"", end: bytes = b"\r\n") -> Answer:
        """Send these very lines, and read until the program closes the connection."""
        told = [line if isinstance(line, bytes) else line.encode() for line in (*lines, "Connection: close", "")]
        with socket.create_connection(("127.0.0.1", self.port), 10) as line:
            line.sendall(end.join([*told, body]))
            raw = b""
            while piece := line.recv(65536):
                raw += piece
        return read(raw)

    def get(self, path: str, *headers: str | bytes) -> Answer:
        """GET a path, as it stands."""
        return self.send(f"GET {path} HTTP/1.1", "Host: localhost", *headers)

    def post(self, path: str, form: dict[str, str], *headers: str | bytes, host: str = "localhost") -> Answer:
        """Send a form."""
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in form.items()).encode()
        kind = "Content-Type: application/x-www-form-urlencoded"
        start = (f"POST {path} HTTP/1.1", f"Host: {host}", kind, f"Content-Length: {len(body)}")
        return self.send(*start, *headers, body=body)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """The program itself, with a webhook and a password, and without content so that it starts at once."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "none").mkdir()
    with running("webhook", folder, (sys.executable, "-m", "bot.cli", "run")) as (_, bot):
        bot.settings |= {"TABAYYAN_CONTENT_DIR": str(folder / "none"), "TABAYYAN_DESK_PASSWORD": PASSWORD}
        bot.start()
        assert until(lambda: "webhook:" in bot.said, 60), bot.said
        yield bot
        # Whatever came, nothing broke, and nothing of it reached the log.
        assert "internal-error" not in bot.said
        assert EVIL not in bot.said


@pytest.fixture
def line(program: Bot) -> Line:
    """A way to the program."""
    return Line(program.port)


@pytest.fixture(scope="module")
def cookie(program: Bot) -> str:
    """A session, got before guesses use up the tries."""
    answer = Line(program.port).post("/desk/login", {"password": PASSWORD})
    assert answer.status == 303
    return f"Cookie: {answer.headers['set-cookie'].partition(';')[0]}"


def stays_here(answer: Answer) -> bool:
    """Whether an answer sends nobody elsewhere and sets no cookie."""
    there = urlsplit(answer.headers.get("location", "/"))
    return not (there.scheme or there.netloc) and there.path.startswith("/") and "set-cookie" not in answer.headers


BREAKS = ("\r\nSet-Cookie: evil=1", "\nX-Injected: 1", "\r\n\r\n<script>alert(1)</script>", "\u560d\u560aX-Injected: 1")


@pytest.mark.parametrize("text", BREAKS, ids=["cookie", "line", "page", "folded-letters"])
@pytest.mark.parametrize("path", ["/desk/{}", "/{}", "/desk/login?next={}", "/desk/login?lang={}", "/desk/login?{}=x"])
def test_line_breaks_in_an_address_end_no_header(line: Line, path: str, text: str) -> None:
    answer = line.get(path.format(quote(text, safe="")))
    assert answer.count == 1
    assert stays_here(answer)
    assert b"<script>alert" not in answer.body
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("text", BREAKS, ids=["cookie", "line", "page", "folded-letters"])
@pytest.mark.parametrize("start", ["/", "/desk/content", f"//{EVIL}/", f"https://{EVIL}"])
def test_line_breaks_in_where_to_go_on_end_no_header(line: Line, start: str, text: str) -> None:
    answer = line.post("/desk/login?lang=" + quote(text), {"password": PASSWORD, "next": start + text})
    assert answer.status == 303
    assert re.fullmatch(r"/\?lang=(ar|en)", answer.headers["location"])
    assert re.fullmatch(
        rf"{COOKIE}=[\w.-]+; HttpOnly; Max-Age=28800; Path=/; SameSite=strict", answer.headers["set-cookie"]
    )


@pytest.mark.parametrize(
    "query",
    [
        "format=csv&lang={}",
        "format=xlsx&lang={}",
        "format=png&section={}",
        "format=csv&window={}",
        "format=csv{}",
        'format=csv&lang=en"; filename="{}.exe',
    ],
)
def test_a_downloads_name_is_made_of_known_words_only(query: str) -> None:
    client = desk_kit.client(releases=Windows(FIRST))
    for text in (*BREAKS, '"; x="', "../../x"):
        asked = query.format(quote(text, safe=""))
        answer = client.get(f"/desk/trends/download?{'' if 'window' in query else 'window=1&'}{asked}")
        named = answer.headers.get("content-disposition", "")
        assert answer.status_code == 404 or re.fullmatch(
            r'attachment; filename="tabayyan-1-(ar|en)\.(csv|xlsx)"', named
        )
        assert {"set-cookie", "x-injected"}.isdisjoint(answer.headers)


HOSTS = (EVIL, f"localhost@{EVIL}", f"{EVIL}:80/x?y#z", "[::1", '"><script>alert(1)</script>', "a b", "", b"\xff\xfe")


@pytest.mark.parametrize("host", HOSTS, ids=str)
@pytest.mark.parametrize(
    "path", ["/desk/login", "/desk/login/", "/desk/static/a/b/", "/desk/content/", f"//{EVIL}/", "/telegram/", "/nope"]
)
def test_no_answer_leads_to_the_host_that_a_request_names(
    line: Line, cookie: str, path: str, host: str | bytes
) -> None:
    told = b"Host: " + (host if isinstance(host, bytes) else host.encode())
    for signed in ((), (cookie,)):
        answer = line.send(f"GET {path} HTTP/1.1", told, *signed)
        assert answer.status in (200, 303, 307, 400, 404)
        assert stays_here(answer)
        assert b"<script>alert" not in answer.body
        assert path.startswith("//") or EVIL.encode() not in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        (f"X-Forwarded-Host: {EVIL}", f"X-Forwarded-Server: {EVIL}", "X-Forwarded-Port: 666"),
        (f"Forwarded: for=127.0.0.1;host={EVIL};proto=https",),
        ("X-Forwarded-Proto: javascript", f"X-Forwarded-Prefix: //{EVIL}"),
        ("X-Original-URL: /desk/health", "X-Rewrite-URL: /desk/health"),
        ("X-HTTP-Method-Override: DELETE", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"),
    ],
    ids=["host", "forwarded", "proto", "url", "method-and-address"],
)
def test_a_proxys_marks_change_neither_the_page_nor_the_way(line: Line, headers: tuple[str, ...]) -> None:
    for path in ("/desk/login", "/desk/login/", "/desk/health"):
        plain, marked = line.get(path), line.get(path, *headers)
        assert (marked.status, marked.headers.get("location")) == (plain.status, plain.headers.get("location"))
        assert stays_here(marked)
        assert EVIL.encode() not in marked.body


def test_an_origin_that_cannot_be_read_is_another_site(line: Line) -> None:
    for origin in ("http://[::1", f"https://{EVIL}", "null", "http://localhost:1"):
        for host in ("localhost", "[::1"):
            answer = line.post("/desk/login", {"password": PASSWORD}, f"Origin: {origin}", host=host)
            assert answer.status == 403
            assert stays_here(answer)


@pytest.mark.parametrize(
    "lines",
    [
        ("GET /desk/login HTTP/1.1", "Host: localhost", " X-Folded: 1"),
        ("GET /desk/login HTTP/1.1", "Host: localhost\rX-Injected: 1"),
        ("GET /desk/login HTTP/1.1", "Host: localhost", "X-Null: a\0b"),
        ("POST /desk/login HTTP/1.1", "Host: localhost", "Content-Length: 4", "Transfer-Encoding: chunked"),
        ("POST /desk/login HTTP/1.1", "Host: localhost", "Content-Length: 4", "Content-Length: 0"),
        ("POST /telegram HTTP/1.1", f"X-Telegram-Bot-Api-Secret-Token: {SECRET}", " x", "Content-Length: 2"),
        ("GET /desk/ن HTTP/1.1", "Host: localhost"),
        ("\x16\x03\x01",),
    ],
    ids=["folded", "bare-cr", "null", "two-framings", "two-lengths", "folded-secret", "raw-letters", "tls"],
)
def test_what_is_no_clear_http_is_refused_once(line: Line, lines: tuple[str, ...]) -> None:
    smuggled = b"0\r\n\r\nGET /desk/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = line.send(*lines, body=smuggled)
    assert (answer.status, answer.count) == (400, 1)


def test_a_cookie_that_breaks_lines_is_no_session(line: Line) -> None:
    for made in (r'"a\015\012Set-Cookie: evil=1"', "a; a; =;;", b"\xff", "x" * 5000, "[]"):
        header = f"Cookie: {COOKIE}=".encode() + (made if isinstance(made, bytes) else made.encode())
        assert line.get("/desk/login", header).status == 200
        answer = line.get("/desk/health", header)
        assert answer.status == 303
        assert stays_here(answer)


@pytest.mark.parametrize(
    "start",
    [b"GET /" + b"a" * 50_000, b"GET / HTTP/1.1\r\nX-Long: ", b"GET / HTTP/1.1\r\n"],
    ids=["path", "one-header", "many-headers"],
)
def test_a_head_without_an_end_takes_no_memory(program: Bot, start: bytes) -> None:
    assert program.process is not None
    worker = program.process._process.pid
    before = memory_of(worker)
    block = (
        b"".join(b"X-%05d: %s\r\n" % (number, b"a" * 50) for number in range(1000))
        if start[-1:] == b"\n"
        else b"a" * 64_000
    )
    sent = 0
    with socket.create_connection(("127.0.0.1", program.port), 10) as line, pytest.raises(OSError):
        line.sendall(start)
        while sent < 100 * 1024 * 1024:
            line.sendall(block)
            sent += len(block)
    assert sent < 20 * 1024 * 1024, "the rest of it lay on the way"
    assert memory_of(worker) - before < 10


def test_a_head_of_usual_size_is_read(line: Line) -> None:
    assert line.get("/desk/login", "X-Long: " + "a" * (LARGEST_HEAD // 2)).status == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [("", 403), ("wrong", 403), (SECRET + "x", 403), (f"wrong, {SECRET}", 403), (SECRET, 400)],
    ids=["empty", "wrong", "longer", "listed", "right"],
)
def test_the_webhooks_secret_is_asked_for_by_the_program_itself(line: Line, given: str, status: int) -> None:
    secret = f"X-Telegram-Bot-Api-Secret-Token: {given}"
    start = ("POST /telegram HTTP/1.1", "Host: localhost")
    assert line.send(*start, secret, "Content-Length: 4", body=b"null").status == status
    assert line.send(*start, "Content-Length: 2", body=b"{}").status == 403
    # The desk's session opens another door.
    assert line.send(*start, f"Cookie: {COOKIE}={given}", "Content-Length: 2", body=b"{}").status == 403
    assert line.send(*start, secret, "Content-Length: 99999999").status == (403 if status == 403 else 413)


def test_every_proof_that_is_named_to_the_public_exists() -> None:
    file, named = "", 0
    for given, test in re.findall(r"`(test_\w+\.py)?::(\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")):
        file = given or file
        assert re.search(
            rf"^(?:async )?def {test}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE
        ), test
        named += 1
    assert named > 25


def test_a_guesser_who_names_other_addresses_is_slowed_down(line: Line, cookie: str) -> None:
    """The last test of the file: it uses up this machine's tries."""
    marks = ("X-Forwarded-For: 10.0.0.{}", "X-Real-IP: 10.0.1.{}", "Forwarded: for=10.0.2.{}")
    codes = [
        line.post("/desk/login", {"password": f"guess {number}"}, *(mark.format(number) for mark in marks)).status
        for number in range(FREE_TRIES + 4)
    ]
    assert codes == [403] * FREE_TRIES + [429] * 4
    # Who is inside stays inside.
    assert line.get("/desk/health", cookie).status == 200
