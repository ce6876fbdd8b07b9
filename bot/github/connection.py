"""Requests to GitHub's REST API, one at a time; the one file that imports PyGithub.

PyGithub signs, sends and decodes. Its objects are not used: they ask again where a field is missing, swallow some refusals, and
leave the number of requests to chance, while every request here is counted, paced and, where that is safe, repeated.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from apcore.errors import MachineError
from bot.github.authentication import AppInstallation, Credentials
from bot.github.clock import SYSTEM_CLOCK, Clock
from bot.github.failures import MissingError, UncertainError, explain, no_token, spent, unreadable_key
from bot.github.json_fields import Fields
from bot.github.pace import Cost, Pace
from bot.github.patience import MAX_WAIT_S, Failure, Kind, wait_after

if TYPE_CHECKING:
    from github.Auth import Auth
    from github.Requester import Requester

API: Final = "https://api.github.com"
API_VERSION: Final = "2022-11-28"
PAGE: Final = 100
MAX_PAGES: Final = 50
_CREATE_ATTEMPTS: Final = 3
_LOOKS_S: Final = (2.0, 4.0, 8.0)
"""What was just written may show only after a moment."""

_SERVER_FAULTS: Final = frozenset({500, 502, 503, 504})
_T = TypeVar("_T")


class Connection:
    """Speaks to one GitHub as one account.

    Args:
        who: the account.
        base_url: of the API.
        clock: how time passes.
        pace: the budget, shared by all that write as this account in this process.
        timeout_s: until an answer begins, whole seconds.
    """

    def __init__(
        self,
        who: Credentials,
        *,
        base_url: str = API,
        clock: Clock = SYSTEM_CLOCK,
        pace: Pace | None = None,
        timeout_s: int = 15,
    ) -> None:
        self.login = who.login
        self._clock = clock
        self._pace = pace or Pace()
        self._base_url, self._timeout_s = base_url, timeout_s
        self._auth = _auth(who)
        self._requester = _requester(self._auth, base_url, timeout_s)

    def get(self, path: str, **parameters: str | int) -> Any:
        """What stands at `path`.

        Raises:
            MissingError: nothing does.
            TurnError: as every request, `bot.github.failures.explain`.
        """
        return self._send("GET", path, Cost.READ, parameters=parameters)[1]

    def pages(self, path: str, key: str | None = None, **parameters: str | int) -> Iterator[Fields]:
        """The objects listed at `path`, page by page as they are taken; of `key` where the list stands in an object."""
        for page in range(1, MAX_PAGES + 1):
            headers, found = self._send(
                "GET", path, Cost.READ, parameters={**parameters, "per_page": PAGE, "page": page}
            )
            listed = {"items": found if key is None else Fields.of(found, path).content.get(key)}
            yield from Fields(listed, path).parts("items")
            if 'rel="next"' not in str(headers.get("link", "")):
                return
        raise MachineError(
            where=path,
            message=f"the list has more than {PAGE * MAX_PAGES:,} entries, and the bot reads no further",
            fix="look what filled it",
        )

    def download(self, path: str, most: int) -> bytes | None:
        """The file to whose place `path` leads; None if it has more than `most` bytes.

        The place is elsewhere and its address a secret for a minute, so it is asked for without a token and never shown.
        """
        where = f"GET {path}"
        place = str(self._send("GET", path, Cost.READ)[0].get("location", ""))
        if not place.startswith(f"{urlsplit(self._base_url).scheme}://"):
            raise MissingError(where=where, message="GitHub does not say where the file is", fix="run this again")
        return self._patiently(lambda: _fetched(place, most, self._timeout_s), where)

    def change(self, method: str, path: str, body: Any = None) -> Any:
        """PATCH, PUT or DELETE, or a POST that may be repeated: done twice, it leaves the same behind."""
        return self._send(method, path, Cost.WRITE, body=body)[1]

    def store(self, path: str, body: Any) -> Any:
        """POST of an object that is named by its content: stored twice, it is there once."""
        return self._send("POST", path, Cost.CREATE, body=body)[1]

    def create(self, path: str, body: Any, *, read: Callable[[Fields], _T], find: Callable[[], _T | None]) -> _T:
        """POST of what must not be there twice.

        After a failure that may hide a success, `find` looks for it several times before it is sent again.

        Args:
            path: where.
            body: what.
            read: makes the value of the answer, which may be empty.
            find: the value, if it is there already.

        Raises:
            UncertainError: GitHub failed so each time; whoever comes next looks again.
        """
        for left in reversed(range(_CREATE_ATTEMPTS)):
            try:
                answer = self._send("POST", path, Cost.CREATE, body=body, twice=False)[1]
                return read(Fields.of({} if answer is None else answer, path))
            except UncertainError as exc:
                _log().warning("%s; looking whether it took effect", exc)
                if (found := self._look(find)) is not None:
                    return found
                if not left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def now(self) -> datetime:
        """The time by this connection's clock, UTC."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def _look(self, find: Callable[[], _T | None]) -> _T | None:
        for seconds in _LOOKS_S:
            self._clock.sleep(seconds)
            if (found := find()) is not None:
                return found
        return None

    def _send(
        self,
        method: str,
        path: str,
        cost: Cost,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Any = None,
        twice: bool = True,
    ) -> tuple[dict[str, Any], Any]:
        def send() -> tuple[dict[str, Any], Any]:
            self._keep_pace(cost, where)
            return self._requester.requestJsonAndCheck(method, path, dict(parameters or {}), None, body)

        where = f"{method} {path}"
        self._sign_in()
        return self._patiently(send, where, twice=twice)

    def _sign_in(self) -> None:
        """Have a token before it is needed, so that its refusal is not taken for one of the request itself."""
        try:
            self._patiently(lambda: self._auth.token, "the App's token")
        except MachineError as exc:
            raise no_token(exc.message) from exc

    def _patiently(self, send: Callable[[], _T], where: str, *, twice: bool = True) -> _T:
        """What `send` gives, repeated as long as that may help; once only after it may have worked, unless `twice`."""
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            try:
                return send()
            except Exception as exc:
                failure = _failure(exc)
                if failure is None:
                    raise
                now = self._clock.now()
                wait = wait_after(failure, attempt=attempt, waited=waited, now=now, chance=self._clock.chance())
                if wait is None or (failure.kind is Kind.UNCERTAIN and not twice):
                    raise explain(failure, where) from exc
            _log().warning("%s: %s; again in %.0f s", where, failure.words, wait)
            self._clock.sleep(wait)
            waited += wait

    def _keep_pace(self, cost: Cost, where: str) -> None:
        delay = self._pace.delay(cost, self._clock.now())
        if delay > MAX_WAIT_S:
            raise spent(self._clock.now() + delay, where)
        if delay > 0:
            self._clock.sleep(delay)
        self._pace.spend(cost, self._clock.now())


def _requester(auth: "Auth", base_url: str, timeout_s: int) -> "Requester":
    import github  # noqa: PLC0415

    # At DEBUG, PyGithub logs answers whole, and one of them is the App's token.
    logging.getLogger("github.Requester").setLevel(logging.INFO)
    # And urllib3 logs addresses, some of which open a file to whoever has them.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    return github.Github(
        auth=auth,
        base_url=base_url,
        timeout=timeout_s,
        user_agent="apbot",
        per_page=PAGE,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
        api_version=API_VERSION,
    ).requester


def _auth(who: Credentials) -> "Auth":
    # Imported here: a quarter of a second and 30 MB, and most commands never speak to GitHub.
    from github import Auth  # noqa: PLC0415

    if not isinstance(who, AppInstallation):
        return Auth.Token(who.token)
    app = Auth.AppAuth(who.app_id, who.key)
    try:
        app.create_jwt()
    except Exception:
        raise unreadable_key() from None
    return app.get_installation_auth(who.installation, dict(who.permissions))


def _fetched(place: str, most: int, timeout_s: int) -> bytes | None:
    import requests  # noqa: PLC0415

    try:
        with requests.get(place, timeout=timeout_s, stream=True, allow_redirects=False) as answer:
            answer.raise_for_status()
            found = bytearray()
            for piece in answer.iter_content(65_536):
                found += piece
                if len(found) > most:
                    return None
            return bytes(found)
    except requests.RequestException as exc:
        # Its own text repeats the address.
        raise requests.ConnectionError(type(exc).__name__) from None


def _failure(exc: Exception) -> Failure | None:
    """What an exception of PyGithub says; None if it is none of a request."""
    import requests  # noqa: PLC0415
    from github import GithubException  # noqa: PLC0415

    if isinstance(exc, requests.RequestException):
        return Failure(kind=Kind.UNCERTAIN, status=None, words=f"the connection failed ({type(exc).__name__})")
    if isinstance(exc, json.JSONDecodeError):
        return Failure(kind=Kind.UNCERTAIN, status=None, words="the answer was cut short")
    if isinstance(exc, GithubException):
        headers = {name.lower(): str(value) for name, value in (exc.headers or {}).items()}
        return _answered(exc.status, _words(exc.data), headers)
    return None


def _answered(status: int, words: str, headers: Mapping[str, str]) -> Failure:
    retry_after = _number(headers.get("retry-after"))
    used_up = headers.get("x-ratelimit-remaining") == "0"
    limited = status == 429 or (status == 403 and (used_up or retry_after is not None or "rate limit" in words.lower()))
    kind = Kind.LIMITED if limited else Kind.UNCERTAIN if status in _SERVER_FAULTS else Kind.FINAL
    return Failure(
        kind=kind,
        status=status,
        words=words if kind is not Kind.UNCERTAIN else f"HTTP status {status}",
        retry_after=retry_after,
        resets_at=_number(headers.get("x-ratelimit-reset")) if limited and used_up else None,
        needs=headers.get("x-accepted-github-permissions", ""),
    )


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def _words(data: Any) -> str:
    """GitHub's own reason, on one line; what it says of each field behind it."""
    if not isinstance(data, dict):
        return "no reason is given"
    errors = data.get("errors")
    parts = [data.get("message"), *(errors if isinstance(errors, list) else ())]
    said = [part if isinstance(part, str) else _field_error(part) for part in parts if part]
    return " ".join("; ".join(said).split())[:500] or "no reason is given"


def _field_error(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    return str(part.get("message") or f"{part.get('field')}: {part.get('code')}")


def _log() -> logging.Logger:
    return logging.getLogger(__name__)
