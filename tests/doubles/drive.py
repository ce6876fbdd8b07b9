"""Google Drive for tests: one in memory behind our port, and one on this machine that gdown itself talks to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from apcore.errors import TurnError
from apcore.files.limits import DownloadLimits


@dataclass
class FakeDrive:
    """Files and failures by id; remembers what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, TurnError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def download(self, file_id: str, target: Path, limits: DownloadLimits) -> str:
        self.asked.append(file_id)
        if file_id in self.failures:
            raise self.failures[file_id]
        target.write_bytes(self.files[file_id])
        return sha256(self.files[file_id]).hexdigest()


Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class DriveServer:
    """An HTTP server whose answers to `GET <path>?…` a test sets; `paths` are those that were asked for."""

    port: int = 0
    replies: dict[str, Reply] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def serve(self, path: str, reply: Reply) -> None:
        """Answer requests for `path` (without its query) so."""
        self.replies[path] = reply


def file_reply(content: bytes, *, announced: int | None = None, silent: bool = False) -> Reply:
    """A file, as Drive hands it out; `announced` lies about its size, `silent` does not tell it."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Content-Disposition", 'attachment; filename="model.pt"')
        if not silent:
            handler.send_header("Content-Length", str(len(content) if announced is None else announced))
        handler.end_headers()
        with suppress(ConnectionError):  # who has seen enough hangs up
            handler.wfile.write(content)

    return reply


def page_reply(html: str, status: int = 200) -> Reply:
    """A web page."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_header("Content-Length", str(len(html.encode())))
        handler.end_headers()
        handler.wfile.write(html.encode())

    return reply


def redirect_reply(location: str) -> Reply:
    """A redirection to another path of this server."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


def stalling_reply(finish: threading.Event) -> Reply:
    """A file that begins and then stops arriving, until `finish` is set."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Content-Disposition", 'attachment; filename="model.pt"')
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(b"PK\x03\x04")
        handler.wfile.flush()
        finish.wait(20)

    return reply


@contextmanager
def drive_server(monkeypatch: Any) -> Iterator[DriveServer]:
    """A running `DriveServer` to which every request for a Google host goes instead."""
    state = DriveServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            state.requests.append((self.path, dict(self.headers)))
            state.replies.get(path, page_reply("not found", 404))(self)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    send = requests.adapters.HTTPAdapter.send

    def to_the_double(self: Any, request: Any, **options: Any) -> Any:
        asked = request.url
        for host in ("https://drive.google.com", "https://docs.google.com", "https://drive.usercontent.google.com"):
            request.url = request.url.replace(host, f"http://127.0.0.1:{state.port}")
        assert request.url.startswith("http://127.0.0.1"), f"a request would have left this machine: {asked}"
        return send(self, request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", to_the_double)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
