"""One Bot API call, repeated where that is harmless and bounded always."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot.channels.telegram.aiohttp_request import AiohttpRequest, FateUnknown, NotSent, ServerTrouble, parameters
from bot.logs import log

PATIENCE_SECONDS = 60.0
"""How long one call is tried, Telegram's own requests to wait included."""
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
WAIT_MARGIN_SECONDS = 0.05


class Api:
    """Calls of one bot."""

    def __init__(self, request: AiohttpRequest, api_url: str, token: str) -> None:
        """Take an initialised request, the API's root and the token (kept out of everything that is printed)."""
        self._request = request
        self._base_url = f"{api_url}/bot{token}"
        self._files_url = f"{api_url}/file/bot{token}"

    async def call(self, method: str, values: Mapping[str, Any], *, seconds: float | None = None) -> Any:
        """Make one call, once; gives its result as plain JSON values.

        Raises:
            telegram.error.TelegramError: what Telegram or the network says.
        """
        return await self._request.post(
            f"{self._base_url}/{method}",
            parameters(values),
            read_timeout=seconds if seconds is not None else BaseRequest.DEFAULT_NONE,
        )

    async def send(self, method: str, values: Mapping[str, Any], *, repeatable: bool = False) -> Any:
        """Make one call for sure: repeat it after 429, 5xx and failed connections, for a bounded time.

        A call whose fate is unknown is repeated once and counted apart; a repeatable one (an edit, a deletion) does no
        harm when it is carried out twice, so that it is repeated like the others.

        Raises:
            telegram.error.TelegramError: Telegram refuses it, or the time is over.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        pause = FIRST_PAUSE_SECONDS
        repeated = False
        while True:
            try:
                return await self.call(method, values)
            except RetryAfter as told:
                wait = told.retry_after
                pause = (wait.total_seconds() if isinstance(wait, timedelta) else float(wait)) + WAIT_MARGIN_SECONDS
                log("rate-limited", logging.WARNING)
                if time.monotonic() + pause > end:
                    raise
                await asyncio.sleep(pause)
                pause = FIRST_PAUSE_SECONDS
                continue
            except FateUnknown:
                if not repeatable:
                    if repeated:
                        raise
                    repeated = True
                    log("send-repeated", logging.WARNING)
                if time.monotonic() + pause > end:
                    raise
            except (NotSent, ServerTrouble):
                if time.monotonic() + pause > end:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def download(self, file: str, *, limit: int, seconds: float) -> bytes | None:
        """A file that somebody sent, into memory; None when it is larger, slow, or gone."""
        try:
            told = await self.call("getFile", {"file_id": file}, seconds=seconds)
        except TelegramError:
            return None
        if not isinstance(told, dict) or not isinstance(told.get("file_path"), str):
            return None
        if isinstance(told.get("file_size"), int) and told["file_size"] > limit:
            return None
        return await self._request.fetch(f"{self._files_url}/{told['file_path']}", limit=limit, seconds=seconds)
