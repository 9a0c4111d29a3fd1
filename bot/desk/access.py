"""Who may open the pages: anybody at this machine, or whoever knows the one password.

Open without a password only while the server listens on this machine alone, no public address is set, the request
names this machine as its host, and no proxy has handed it on. The host's name is looked at because a page elsewhere
can point a name of its own at 127.0.0.1 and have the browser read ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Literal, Protocol
from urllib.parse import urlsplit

from bot.limits import Bounded, TokenBucket
from bot.settings import Settings

AccessMode = Literal["open", "password", "closed"]

COOKIE = "tabayyan_desk"
SESSION_SECONDS = 8 * 3600
LONGEST_PASSWORD = 1024
"""Characters that are hashed; a longer one is wrong without work."""
FREE_TRIES = 5
SECONDS_PER_TRY = 30.0
"""After the free tries, each address gets one more in so many seconds."""
TRIES_A_MINUTE = 60
"""Over all addresses together: a botnet guesses no faster than this."""
ADDRESSES_KEPT = 4096
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


Tries = tuple[int, float]
"""How many tries there are at once, and the seconds after which one more comes."""


class SignInRecords(Protocol):
    """What several workers know together about guesses and ended sessions. Methods never raise."""

    async def take(self, address: str, own: Tries, together: Tries) -> float | None:
        """Take one try; 0 when it is free, else the seconds after which the next one will be. None: nothing is known."""
        ...

    async def forgive(self, address: str) -> None:
        """Forget an address's tries."""
        ...

    async def end(self, session: str, seconds: int) -> None:
        """Make a session invalid with every worker; it would have run out after so many seconds."""
        ...

    async def has_ended(self, session: str) -> bool:
        """Whether some worker has ended a session, as far as is known."""
        ...


class OwnRecords:
    """For a single process: nobody else knows anything."""

    async def take(self, address: str, own: Tries, together: Tries) -> float | None:
        """Nothing is known."""
        return None

    async def forgive(self, address: str) -> None:
        """Nothing to forget."""

    async def end(self, session: str, seconds: int) -> None:
        """Nobody to tell."""

    async def has_ended(self, session: str) -> bool:
        """Nobody else ends sessions."""
        return False


def access_mode(settings: Settings) -> AccessMode:
    """Whether the pages stand open, ask for the password, or stay closed until one is set."""
    if settings.desk_password:
        return "password"
    return "open" if is_loopback(settings.host) and not settings.webhook_url else "closed"


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def names_this_machine(host: str) -> bool:
    """Whether a Host header is localhost, 127.0.0.1 or [::1], with or without a port."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.path or parts.query or parts.fragment)
    return plain and parts.hostname in ("localhost", "127.0.0.1", "::1")


def from_this_machine(headers: Mapping[str, str], client: str | None) -> bool:
    """Whether a request comes straight from this machine: by its peer, its Host header, and no proxy's mark."""
    if any(name in headers for name in _FORWARDING) or not names_this_machine(headers.get("host", "")):
        return False
    # A peer that is no address (a Unix socket, a test's transport) has nothing to be checked.
    try:
        return client is None or ip_address(client).is_loopback
    except ValueError:
        return True


class TryLimit:
    """Slows down guessing, in bounded memory: per address, and over all of them."""

    def __init__(self, now: Callable[[], float] = time.monotonic, shared: SignInRecords | None = None) -> None:
        """`shared` is there for one of several workers."""
        self._now = now
        self._shared: SignInRecords = shared or OwnRecords()
        self._addresses: Bounded[str, TokenBucket] = Bounded(ADDRESSES_KEPT)
        self._all = TokenBucket(TRIES_A_MINUTE, now())

    async def wait(self, address: str) -> float:
        """Take one try; 0 when it is free, else the seconds after which the next one will be."""
        # Taken here as well, so that a guesser does not begin anew when what is shared goes away.
        own = self._wait(address)
        together = await self._shared.take(
            address, (FREE_TRIES, SECONDS_PER_TRY), (TRIES_A_MINUTE, 60 / TRIES_A_MINUTE)
        )
        return own if together is None else together

    def _wait(self, address: str) -> float:
        now = self._now()
        bucket = self._addresses.get(address)
        if bucket is None:
            bucket = TokenBucket(FREE_TRIES, now)
            self._addresses.put(address, bucket)
        own = bucket.wait(now, FREE_TRIES, SECONDS_PER_TRY)
        return own or self._all.wait(now, TRIES_A_MINUTE, 60 / TRIES_A_MINUTE)

    async def forgive(self, address: str) -> None:
        """Forget an address's tries after the right password."""
        self._addresses.drop(address)
        await self._shared.forgive(address)


class Sessions:
    """Signs people in: scrypt over the one password, a signed cookie, nothing on disk."""

    def __init__(
        self, password: str, key: bytes, now: Callable[[], float] = time.time, shared: SignInRecords | None = None
    ) -> None:
        """Without a password nobody can sign in; forms still get their tokens. `shared`: for one of several workers."""
        self._key = key
        self._now = now
        self._shared: SignInRecords = shared or OwnRecords()
        self._salt = secrets.token_bytes(16)
        self._hash = self._scrypt(password) if password else None
        self._ended: dict[str, float] = {}
        self._one_at_a_time = asyncio.Semaphore(2)

    def _scrypt(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=self._salt, **_SCRYPT)

    async def is_password(self, typed: str) -> bool:
        """Compare a typed password in constant time, off the event loop and few at a time (each takes 16 MiB)."""
        if self._hash is None or len(typed) > LONGEST_PASSWORD:
            return False
        async with self._one_at_a_time:
            found = await asyncio.to_thread(self._scrypt, typed)
        return hmac.compare_digest(found, self._hash)

    def begin(self) -> str:
        """A new session's cookie value."""
        body = f"{int(self._now()) + SESSION_SECONDS}.{secrets.token_urlsafe(16)}"
        return f"{body}.{self._sign('session', body)}"

    async def is_valid(self, cookie: str) -> bool:
        """Whether a cookie was signed by us, has not run out and has not been ended."""
        body, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign("session", body).encode()):
            return False
        if int(body.partition(".")[0]) <= self._now() or body in self._ended:
            return False
        return not await self._shared.has_ended(body)

    async def end(self, cookie: str) -> None:
        """Make a cookie invalid before it runs out."""
        if not await self.is_valid(cookie):
            return
        body = cookie.rpartition(".")[0]
        runs_out = int(body.partition(".")[0])
        self._ended[body] = runs_out
        for old in [known for known, until in self._ended.items() if until <= self._now()]:
            del self._ended[old]
        await self._shared.end(body, max(1, math.ceil(runs_out - self._now())))

    def form_token(self, cookie: str) -> str:
        """The token that a form must send back: bound to the session, unreadable for other sites' pages.

        It differs each time, so that the length of a compressed page gives nothing of it away.
        """
        once = secrets.token_hex(8)
        return f"{once}.{self._sign('form', f'{once}:{cookie}')}"

    def is_form_token(self, token: str, cookie: str) -> bool:
        """Whether a form was made for this session."""
        once, _, signature = token.partition(".")
        expected = self._sign("form", f"{once}:{cookie}")
        return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose}:{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request that writes comes from our own page, as far as the browser says."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return origin != "null" and urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold()
    except ValueError:
        return False
