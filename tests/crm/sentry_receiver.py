"""A Sentry that listens on loopback: accepts envelopes as the real one does and keeps what it was sent."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class SentryReceiver:
    """A context manager; `delay`: seconds that it lets every sender wait for the answer."""

    def __init__(self, delay: float = 0) -> None:
        self.delay = delay
        self.events: list[dict[str, Any]] = []
        self.item_types: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.raw = b""
        self.arrived = threading.Event()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._request_class())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def dsn(self) -> str:
        return f"http://publickey@127.0.0.1:{self._server.server_address[1]}/1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def receive(self, method: str, path: str, headers: str, body: bytes) -> None:
        """Keep one request: its envelope `body` is unpacked already."""
        self.requests.append((method, path))
        self.raw += headers.encode() + body
        for kind, payload in items_of(body):
            self.item_types.append(kind)
            if kind == "event":
                self.events.append(json.loads(payload))
        self.arrived.set()
        self._closing.wait(self.delay)

    def _request_class(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Request(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                receiver.receive(self.command, self.path, str(self.headers), body)
                try:
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"{}")
                except ConnectionError:
                    pass  # the sender did not wait

            def log_message(self, *_: object) -> None:
                pass

        return Request


def items_of(envelope: bytes) -> list[tuple[str, bytes]]:
    """(type, payload) of every item; see https://develop.sentry.dev/sdk/data-model/envelopes/."""
    items = []
    _, _, rest = envelope.partition(b"\n")
    while rest.strip():
        header, _, rest = rest.partition(b"\n")
        described = json.loads(header)
        length = described.get("length", len(rest.partition(b"\n")[0]))
        items.append((described["type"], rest[:length]))
        rest = rest[length:].removeprefix(b"\n")
    return items
