"""Who may open the pages: this machine, or whoever knows the password."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.desk.access import (
    COOKIE,
    FREE_TRIES,
    SESSION_SECONDS,
    TRIES_A_MINUTE,
    Sessions,
    TryLimit,
    access_mode,
    is_loopback,
    names_this_machine,
)
from bot.desk.asgi import check_desk_settings, desk_app
from bot.desk.guard import LARGEST_BODY
from bot.desk.sign_in import local_path
from bot.settings import SettingsError
from tests import desk_kit

PASSWORD = "كلمة سر طويلة 123"
PAGES = (
    "/",
    "/desk",
    "/desk/content",
    "/desk/contacts",
    "/desk/sources",
    "/desk/problems",
    "/desk/trends",
    "/desk/health",
)


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def locked(**changed: Any) -> TestClient:
    changed.setdefault("settings", desk_kit.settings(desk_password=PASSWORD))
    return desk_kit.client(**changed)


def signed_in(**changed: Any) -> TestClient:
    client = locked(**changed)
    answer = client.post("/desk/login", data={"password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303
    return client


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.0.0.9", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback_addresses(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]", "[::1]:8000", "LOCALHOST"])
def test_hosts_of_this_machine(host: str) -> None:
    assert names_this_machine(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "evil@localhost",
        "localhost/x",
        "localhost?x",
        "localhost#x",
        "[::1",
        "localhost:port",
        "127.0.0.2",
        "0.0.0.0",
    ],
)
def test_hosts_of_others(host: str) -> None:
    assert not names_this_machine(host)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "open"),
        ({"host": "0.0.0.0"}, "closed"),
        ({"webhook_url": "https://example.org"}, "closed"),
        ({"desk_password": "x"}, "password"),
        ({"host": "0.0.0.0", "desk_password": "x"}, "password"),
    ],
)
def test_the_door(changed: dict[str, Any], expected: str) -> None:
    assert access_mode(desk_kit.settings(**changed)) == expected


@pytest.mark.parametrize("changed", [{"host": "0.0.0.0"}, {"webhook_url": "https://example.org"}])
def test_pages_alone_refuse_to_start_where_others_could_read_them(changed: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="TABAYYAN_DESK_PASSWORD"):
        check_desk_settings(desk_kit.settings(**changed))
    with pytest.raises(SettingsError):
        desk_app(desk_kit.services(settings=desk_kit.settings(**changed)))


def test_beside_telegram_the_pages_stay_closed_and_the_machine_routes_open() -> None:
    settings = desk_kit.settings(host="0.0.0.0", telegram_token="1:x", mode="polling")
    client = desk_kit.client(settings=settings)
    for path in PAGES:
        page = client.get(path, headers={"accept-language": "en"})
        assert page.status_code == 403
        assert "TABAYYAN_DESK_PASSWORD" in page.text
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "localhost.evil.example"},
        {"x-forwarded-for": "1.2.3.4"},
        {"forwarded": "for=1.2.3.4"},
        {"x-forwarded-host": "localhost"},
        {"x-forwarded-proto": "https"},
        {"x-real-ip": "127.0.0.1"},
        {"via": "1.1 proxy"},
    ],
)
@pytest.mark.parametrize("path", PAGES)
def test_without_a_password_others_are_refused(path: str, headers: dict[str, str]) -> None:
    assert desk_kit.client().get(path, headers=headers).status_code == 403


def test_without_a_password_another_machine_is_refused() -> None:
    app = desk_app(desk_kit.services())
    assert TestClient(app, base_url="http://localhost", client=("192.168.1.7", 4000)).get("/").status_code == 403
    assert TestClient(app, base_url="http://localhost", client=("127.0.0.1", 4000)).get("/").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_with_a_password_pages_lead_to_the_form(path: str) -> None:
    answer = locked().get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/login")
    assert "set-cookie" not in answer.headers


def test_signing_in_and_out() -> None:
    client = signed_in()
    assert client.get("/desk/content", follow_redirects=False).status_code == 200
    token = desk_kit.found(
        r'action="/desk/logout"><input type="hidden" name="token" value="([^"]+)"', client.get("/").text
    )
    cookie = client.cookies[COOKIE]
    assert client.post("/desk/logout", data={"token": token}, follow_redirects=False).status_code == 303
    client.cookies.set(COOKIE, cookie)
    assert client.get("/desk/content", follow_redirects=False).status_code == 303


def test_the_cookie_is_for_this_site_and_no_script() -> None:
    answer = locked().post("/desk/login", data={"password": PASSWORD}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert (
        "httponly" in cookie
        and "samesite=strict" in cookie
        and "path=/" in cookie
        and f"max-age={SESSION_SECONDS}" in cookie
    )
    assert "secure" not in cookie
    public = desk_kit.settings(desk_password=PASSWORD, webhook_url="https://example.org", host="0.0.0.0")
    answer = locked(settings=public).post("/desk/login", data={"password": PASSWORD}, follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_behind_a_proxy_with_https_the_cookie_is_secure() -> None:
    headers = {"x-forwarded-proto": "https"}
    answer = locked().post("/desk/login", data={"password": PASSWORD}, headers=headers, follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_no_page_sets_another_cookie() -> None:
    client = signed_in()
    for path in (*PAGES, "/healthz", "/metrics", "/nope"):
        assert "set-cookie" not in client.get(path).headers


@pytest.mark.parametrize(
    "password",
    [
        "",
        "x",
        PASSWORD + " ",
        PASSWORD[:-1],
        PASSWORD.upper() + "a",
        "\ud800".encode("utf-8", "surrogatepass"),
        "x" * 5000,
    ],
)
def test_wrong_passwords_give_no_session(password: str) -> None:
    answer = locked().post("/desk/login", data={"password": password}, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text


def test_guessing_is_slowed_down() -> None:
    client = locked()
    codes = [
        client.post("/desk/login", data={"password": f"guess {number}"}).status_code for number in range(FREE_TRIES + 3)
    ]
    assert codes == [403] * FREE_TRIES + [429] * 3
    refused = client.post("/desk/login", data={"password": PASSWORD}, follow_redirects=False)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert "set-cookie" not in refused.headers


async def test_many_addresses_guess_no_faster_together() -> None:
    ticks = Ticks()
    limit = TryLimit(ticks)

    async def free(network: str) -> int:
        waits = [await limit.wait(f"{network}.{number // 250}.{number % 250}") for number in range(10_000)]
        return waits.count(0)

    assert await free("10.0") == TRIES_A_MINUTE
    ticks.now += 60
    assert await free("10.9") == TRIES_A_MINUTE
    assert len(limit._addresses) <= 4096


async def test_the_right_password_clears_the_tries() -> None:
    ticks = Ticks()
    limit = TryLimit(ticks)
    for _ in range(FREE_TRIES):
        assert await limit.wait("10.0.0.1") == 0
    assert await limit.wait("10.0.0.1") > 0
    await limit.forgive("10.0.0.1")
    assert await limit.wait("10.0.0.1") == 0


async def test_a_session_runs_out() -> None:
    ticks = Ticks()
    sessions = Sessions("x", b"k" * 32, ticks)
    cookie = sessions.begin()
    assert await sessions.is_valid(cookie)
    ticks.now += SESSION_SECONDS + 1
    assert not await sessions.is_valid(cookie)


@pytest.mark.parametrize("made", ["", ".", "..", "a.b.c", "9999999999.x." + "0" * 64, "9999999999.x.\udcff"])
async def test_invented_cookies_are_no_session(made: str) -> None:
    assert not await Sessions("x", b"k" * 32).is_valid(made)


async def test_a_session_of_another_key_or_time_is_none() -> None:
    cookie = Sessions("x", b"k" * 32).begin()
    assert await Sessions("x", b"k" * 32).is_valid(cookie)
    assert not await Sessions("x", b"j" * 32).is_valid(cookie)
    until, rest = cookie.split(".", 1)
    assert not await Sessions("x", b"k" * 32).is_valid(f"{int(until) + 1}.{rest}")


def test_a_form_token_belongs_to_one_session_and_differs_each_time() -> None:
    sessions = Sessions("x", b"k" * 32)
    one, again = sessions.form_token("cookie"), sessions.form_token("cookie")
    assert one != again
    assert sessions.is_form_token(one, "cookie") and sessions.is_form_token(again, "cookie")
    assert not sessions.is_form_token(one, "another")
    assert not sessions.is_form_token("", "cookie")
    assert not sessions.is_form_token("x." + one, "cookie")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/desk/content", "/desk/content"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
        ("/x?y", "/"),
        ("/" + "a" * 300, "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_only_our_own_paths_follow_signing_in(address: str, expected: str) -> None:
    assert local_path(address) == expected
    answer = locked().post("/desk/login", data={"password": PASSWORD, "next": address}, follow_redirects=False)
    assert answer.headers["location"].partition("?")[0] == expected
    assert "a=b" not in answer.headers.get("set-cookie", "")


def test_signing_in_from_another_site_is_refused() -> None:
    answer = locked().post(
        "/desk/login", data={"password": PASSWORD}, headers={"origin": "https://evil.example"}, follow_redirects=False
    )
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/desk/contacts", "/desk/wordings", "/desk/logout"])
@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("x.y", {}),
        (None, {"origin": "https://evil.example"}),
        (None, {"origin": "null"}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "same-site"}),
    ],
)
def test_forms_that_write_come_from_our_own_pages(path: str, token: bool, headers: dict[str, str]) -> None:
    client = signed_in()
    if token is None:
        token = desk_kit.found(r'name="token" value="([^"]+)"', client.get("/").text)
    assert client.post(path, data={"token": token}, headers=headers).status_code == 403


def test_writing_without_a_session_is_refused() -> None:
    for path in ("/desk/contacts", "/desk/wordings", "/desk/logout", "/", "/desk/content"):
        assert locked().post(path, data={"say": "x"}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/desk/login", "/desk/contacts"])
def test_oversized_bodies_are_refused(path: str) -> None:
    client = desk_kit.client()
    assert client.post(path, content=b"say=" + b"x" * LARGEST_BODY).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 1000 + 10):
            yield b"x" * 1000

    assert (
        client.post(path, content=pieces(), headers={"content-type": "application/x-www-form-urlencoded"}).status_code
        == 413
    )


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 30, "١٢"])
def test_strange_content_lengths_are_refused(length: str) -> None:
    assert desk_kit.client().post("/", content=b"", headers=[(b"content-length", length.encode())]).status_code == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="say"; filename="a"\r\n\r\nx\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b; charset=\0",
            b'--b\r\nContent-Disposition: form-data; name="say"\r\n\r\nx\r\n--b--',
        ),
        ("application/x-www-form-urlencoded", b"\xff\xfe%ff%fe=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(5000))),
        ("application/x-www-form-urlencoded", b"say=" + b"x" * 200_000),
        ("application/json", b"{"),
        ("text/plain", b"\0" * 100),
    ],
)
def test_malformed_forms_never_break_the_page(kind: str, body: bytes) -> None:
    answer = desk_kit.client().post("/", content=body, headers={"content-type": kind})
    assert answer.status_code in (200, 400)


def test_a_form_cannot_choose_how_long_it_is_read() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n' + b"a" * 190_000 + b"\r\n--b--\r\n"
    client = locked()
    began = time.process_time()
    for codec in ("punycode", "idna", "utf-7", "unicode_escape"):
        kind = f"multipart/form-data; boundary=b; charset={codec}"
        assert client.post("/desk/login", content=body, headers={"content-type": kind}).status_code == 403
    # Four wrong passwords take 0.2 s; punycode alone took 0.8 s.
    assert time.process_time() - began < 0.7


def test_every_answer_carries_the_security_headers() -> None:
    client = desk_kit.client()
    for path in (*PAGES, "/healthz", "/metrics", "/nope", "/desk/static/x/desk.css"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers
        assert "max-age" in headers["cache-control"] or headers["cache-control"] in ("no-store", "no-cache")


def test_pages_hold_no_inline_script_style_or_outside_address() -> None:
    client = desk_kit.client()
    for path in (*PAGES, "/desk/content/law-prison-term", "/desk/login"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page)
        assert not re.search(r'(?:src|action|href)="(?:https?:)?//(?!example\.org|t\.me)', page)
