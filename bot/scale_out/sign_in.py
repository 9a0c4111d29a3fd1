"""What several workers share about signing in to the desk: how fast is guessed, and which sessions were ended.

Addresses and sessions are known in Redis by HMACs under a key that never enters it, each until it no longer matters: an
address for at most 150 seconds, a session until it would have run out. When Redis cannot be reached the caller is told
so and goes on with its own memory.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Protocol

from bot.desk.access import Tries


class Scripts(Protocol):
    """Runs scripts in the shared memory. `bot.scale_out.redis_state.SharedMemory` does."""

    prefix: str
    """What the bot's keys begin with."""

    async def call(self, script: str, keys: tuple[str, ...], values: tuple[int, ...]) -> object:
        """A script's answer; None when the memory cannot be reached. Never raises."""
        ...


# KEYS: an address's tries, those of all. ARGV: for each, how many there are and the milliseconds for one more. A key
# holds the moment at which all tries are back, and ends with it. Nothing is taken from one when the other refuses.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local back = {}
for i = 1, 2 do
  local span, one = ARGV[2 * i - 1] * ARGV[2 * i], tonumber(ARGV[2 * i])
  local told = tonumber(redis.call('GET', KEYS[i]) or now)
  back[i] = math.min(math.max(told, now), now + span) + one
  if back[i] > now + span then return back[i] - now - span end
end
for i = 1, 2 do redis.call('SET', KEYS[i], string.format('%.0f', back[i]), 'PX', string.format('%.0f', back[i] - now)) end
return 0
"""
_FORGIVE = "return redis.call('DEL', KEYS[1])"
_END = """
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
return 1
"""
_HAS_ENDED = "return redis.call('EXISTS', KEYS[1])"


class SharedSignIn:
    """One worker's share in what all of them know: the desk's `SignInRecords`. Methods never raise."""

    def __init__(self, shared: Scripts, key: bytes) -> None:
        """Take the shared memory and the key of the HMACs."""
        self._shared = shared
        self._key = key
        self._ended: dict[str, float] = {}
        """Sessions that were ended here -> monotonic time at which they would have run out."""

    async def take(self, address: str, own: Tries, together: Tries) -> float | None:
        """Take one try; 0 when it is free, else the seconds after which the next one will be. None: no shared memory."""
        rates = tuple(round(value) for tries, seconds in (own, together) for value in (tries, seconds * 1000))
        wait = await self._shared.call(_TAKE, (self._name("tries", address), f"{self._shared.prefix}tries:all"), rates)
        return wait / 1000 if isinstance(wait, int) else None

    async def forgive(self, address: str) -> None:
        """Forget an address's tries."""
        await self._shared.call(_FORGIVE, (self._name("tries", address),), ())

    async def end(self, session: str, seconds: int) -> None:
        """Make a session invalid with every worker; it would have run out after so many seconds."""
        name = self._name("signed-out", session)
        self._ended[name] = time.monotonic() + seconds
        await self._shared.call(_END, (name,), (seconds,))

    async def has_ended(self, session: str) -> bool:
        """Whether some worker has ended a session, as far as is known."""
        return await self._shared.call(_HAS_ENDED, (self._name("signed-out", session),), ()) == 1

    async def tell_again(self) -> None:
        """Tell what was ended here once more: the shared memory may have been away or have forgotten it."""
        now = time.monotonic()
        self._ended = {name: until for name, until in self._ended.items() if until > now + 1}
        for name, until in list(self._ended.items()):
            await self._shared.call(_END, (name,), (int(until - now),))

    def _name(self, kind: str, text: str) -> str:
        told = f"{kind}:{text}".encode("utf-8", "replace")
        return f"{self._shared.prefix}{kind}:{hmac.new(self._key, told, hashlib.sha256).hexdigest()[:32]}"
