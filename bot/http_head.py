"""HTTP with a bounded head: uvicorn's httptools protocol alone keeps a request line and headers of any length."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
"""Bytes of what is no body; browsers, proxies and Telegram send a tenth of it at most."""


class BoundedHead(HttpToolsProtocol):
    """Answers 400 and closes when a head, or what follows a body, goes on for longer than that."""

    _head = 0
    """Bytes that came since the last of a body."""

    def data_received(self, data: bytes) -> None:
        """Count, and let the parser read."""
        self._head += len(data)
        super().data_received(data)
        if self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("Too large.")

    def on_body(self, body: bytes) -> None:
        """A part of a body: the application bounds it."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next head begins."""
        self._head = 0
        super().on_message_complete()
