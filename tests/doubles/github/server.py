"""GitHub's REST API on this machine: PyGithub talks to it as to the real one, and it keeps what it is told."""

import copy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from doubles.github import api, description, settings_api  # noqa: F401 - adds its endpoints
from doubles.github.api import RefusedError, Request
from doubles.github.faults import Fault
from doubles.github.limits import Limits
from doubles.github.world import World

WRITE_ALL = dict.fromkeys(("issues", "contents", "pull_requests", "statuses", "actions"), "write") | {
    "metadata": "read"
}
ADMIN = WRITE_ALL | {"administration": "write", "pages": "write"}


@dataclass
class FakeTime:
    """A clock that moves only by being slept on."""

    at: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.at += seconds


@dataclass
class Token:
    login: str
    permissions: dict[str, str]


@dataclass
class Call:
    method: str
    path: str
    body: Any
    creates: bool


@dataclass
class GitHubDouble:
    """One repository, and all that was asked of it.

    Args:
        time: what it goes by.
        url: where it listens.
        world: what stands in the repository.
        limits: how much it allows.
        tokens: who may speak to it.
        apps: installations by number, with the login they write as.
        asked_permissions: what was asked for with each token of an App.
        calls: every request that arrived.
        faults: what is to go wrong.
        wrong: what the double said, or was told, that does not fit GitHub's description; no test may leave any.
    """

    time: FakeTime
    url: str = ""
    world: World = None  # type: ignore[assignment]
    limits: Limits = None  # type: ignore[assignment]
    tokens: dict[str, Token] = field(default_factory=dict)
    apps: dict[int, str] = field(default_factory=dict)
    asked_permissions: list[dict[str, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _old: World | None = None
    _stale: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.world = World(self.time.now)
        self.limits = Limits(self.time.now)
        self.tokens["ghs_job"] = Token("github-actions[bot]", dict(WRITE_ALL))

    def stale(self, reads: int) -> None:
        """The next `reads` GETs see the repository as it is now, whatever is written meanwhile."""
        self._old, self._stale = copy.deepcopy(self.world), reads

    @property
    def created(self) -> list[Call]:
        """The requests that create content."""
        return [call for call in self.calls if call.creates]

    def paths(self, method: str) -> list[str]:
        """What was asked for with `method`, below the repository."""
        return [call.path.removeprefix(api.REPOSITORY) for call in self.calls if call.method == method]

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int | None, dict[str, str], Any]:
        """Status, headers and document for a request; None for a broken connection."""
        with self._lock:
            path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
            fault = next((fault for fault in self.faults if fault.befalls(method, path)), None)
            if fault is None or fault.effect:
                status, headers, document = self._carry_out(method, path, query, token, body)
            else:
                self.calls.append(Call(method, path, body, creates=False))
            headers_of_all = self.limits.headers()
        if fault is not None:
            time.sleep(fault.delay_s)
        if fault is not None and fault.cut:
            return status, headers_of_all | headers, json.dumps(document)[:40]
        if fault is not None and not (fault.effect and fault.status == 200):
            words = {"message": fault.words} if fault.words else "<html><body><h1>502 Bad Gateway</h1></body></html>"
            return fault.status, headers_of_all | fault.headers, words
        return status, headers_of_all | headers, document

    def _carry_out(self, method: str, path: str, query, token: str, body: Any) -> tuple[int, dict[str, str], Any]:
        try:
            if path.startswith("/storage/"):
                self.calls.append(Call(method, path, token, creates=False))
                return 200, {}, self.world.artifacts[int(path.rpartition("/")[2])].content
            if path.startswith("/app/installations/"):
                return self._app_token(path, token, body)
            if path == "/rate_limit":
                return self._budget()
            return self._at_route(method, path, query, token, body)
        except (KeyError, TypeError, ValueError) as exc:
            self.wrong.append(f"{method} {path} cannot be answered: {exc!r}")
            return 500, {}, {"message": "Server Error"}
        except RefusedError as refusal:
            self._check(refusal.model, refusal.body, f"{method} {path} answers {refusal.status}")
            return refusal.status, getattr(refusal, "headers", {}), refusal.body

    def _at_route(self, method: str, path: str, query, token: str, body: Any) -> tuple[int, dict[str, str], Any]:
        route, at = api.find(method, path)
        self.calls.append(Call(method, path, body, route.creates))
        known = self.tokens.get(token)
        if known is None:
            raise RefusedError(401, "Bad credentials")
        if limited := self.limits.refusal(method, creates=route.creates):
            status, headers, words = limited
            return status, headers, {"message": words, "documentation_url": "https://docs.github.com/rest"}
        self._check_rights(route, known)
        if route.takes:
            self._check(route.takes, body, f"{method} {path} is sent")
            if self.wrong:
                raise RefusedError(422, "Invalid request", model="ValidationErrorSimple")
        world = self._seen(method)
        found = route.handler(world, Request(method, path, query, body, known.login, at))
        headers, found = _page(found, route.listed, query, f"{self.url}{path}")
        if route.gives:
            self._check(route.gives, found, f"{method} {path} answers")
        if route.status == 302:
            return 302, {"Location": found}, None
        return route.status, headers, found

    def _check_rights(self, route: api.Route, token: Token) -> None:
        permission, level = route.needs
        if token.permissions.get(permission) not in (level, "write"):
            refusal = RefusedError(403, "Resource not accessible by integration")
            refusal.headers = {"X-Accepted-GitHub-Permissions": f"{permission}={level}"}  # type: ignore[attr-defined]
            raise refusal

    def _seen(self, method: str) -> World:
        if method == "GET" and self._stale and self._old is not None:
            self._stale -= 1
            return self._old
        return self.world

    def _app_token(self, path: str, jwt: str, body: Any) -> tuple[int, dict[str, str], Any]:
        number = int(path.split("/")[3])
        self.calls.append(Call("POST", path, body, creates=False))
        self._check("AppInstallationsInstallationIdAccessTokensPostBody", body, path)
        if number not in self.apps or jwt.count(".") != 2:
            raise RefusedError(401, "A JSON web token could not be decoded")
        self.asked_permissions.append(body.get("permissions", {}))
        token = f"ghs_app{len(self.asked_permissions)}"
        self.tokens[token] = Token(self.apps[number], body["permissions"] | {"metadata": "read"})
        answer = {"token": token, "expires_at": "2099-01-01T00:00:00Z", "permissions": self.tokens[token].permissions}
        self._check("InstallationToken", answer, path)
        return 201, {}, answer

    def _budget(self) -> tuple[int, dict[str, str], Any]:
        headers = self.limits.headers()
        names = ("limit", "remaining", "reset", "used")
        core = {name: int(headers[f"X-RateLimit-{name.capitalize()}"]) for name in names}
        answer = {"resources": {"core": core, "search": core}, "rate": core}
        self._check("RateLimitOverview", answer, "/rate_limit")
        return 200, {}, answer

    def _check(self, model: str, document: Any, what: str) -> None:
        try:
            description.check(model, document)
        except ValueError as exc:  # pydantic's is one
            self.wrong.append(f"{what}: {exc}")


def _page(found: Any, listed: bool | str, query: dict[str, str], url: str) -> tuple[dict[str, str], Any]:
    if not listed:
        return {}, found
    size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
    items = found if listed is True else found[listed]
    part = items[(page - 1) * size : page * size]
    more = f'<{url}?page={page + 1}>; rel="next", <{url}?page={-(-len(items) // size)}>; rel="last"'
    headers = {"Link": more} if page * size < len(items) else {}
    return headers, part if listed is True else found | {listed: part}


@contextmanager
def github_double(clock: FakeTime | None = None) -> Iterator[GitHubDouble]:
    """A running `GitHubDouble`; at the end everything that it said or was told must have fitted GitHub's description."""
    double = GitHubDouble(time=clock or FakeTime())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer

        def _do(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or " ").split(" ")[1]
            status, headers, document = double.answer(self.command, self.path, token, json.loads(raw) if raw else None)
            if status is None:
                self.close_connection = True
                return
            content = document or b""
            if not isinstance(document, (bytes, type(None))):
                content = (document if isinstance(document, str) else json.dumps(document)).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html" if isinstance(document, str) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PATCH(self) -> None:
            self._do()

        def do_DELETE(self) -> None:
            self._do()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    double.url = double.world.api = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if double.wrong:
        raise AssertionError("\n".join(double.wrong))
