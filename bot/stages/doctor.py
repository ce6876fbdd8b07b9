"""Gather the facts about a machine or a repository, and let `bot.doctor` judge them. Reads only, but for labels with `fix`."""

import hashlib
import platform
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypeVar

from apcore.errors import MachineError, TurnError
from apcore.protocol import DEFAULT_PROTOCOL, load_protocol
from bot.doctor import machine, repository, software
from bot.doctor.diagnosis import Diagnosis, Role, fails, untried
from bot.github.authentication import AppInstallation, Credentials, credentials
from bot.github.clock import SYSTEM_CLOCK, Clock
from bot.lifecycle.label import Label
from bot.lifecycle.scope import FORM_LABEL
from bot.lifecycle.state import LABELS

_LISTS: Final = {Role.HOSTED: "requirements/light.txt", Role.RUNNER: "requirements/evaluate.txt"}
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z, ]+\])?==(\S+)", re.MULTILINE)
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}/[A-Za-z0-9._-]{1,100}")
# The issue form sets the last one, and GitHub sets none that does not exist.
_LABELS: Final = (
    *LABELS,
    Label(name=FORM_LABEL, colour="bfdadc", description="Hands in a pruning method for the leaderboard"),
)
_DRIVE: Final = "https://drive.google.com/"
_DRIVE_S: Final = 15
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What to look at.

    Args:
        role: of this machine, or the repository.
        folder: where work would be done; a clone of the repository.
        data: folder of the test images, None if none was named.
        env: the environment, for credentials and the repository's name.
        fix: whether missing labels are created.
        api: address of GitHub's API.
        clock: how time passes between writes.
    """

    role: Role
    folder: Path
    data: Path | None
    env: Mapping[str, str]
    fix: bool = False
    api: str = "https://api.github.com"
    clock: Clock = SYSTEM_CLOCK


def examine(visit: Visit) -> tuple[Diagnosis, ...]:
    """All checks of the role, in the order in which their faults are best mended."""
    if visit.role is Role.REPOSITORY:
        return tuple(_repository(visit))
    return tuple(_machine(visit))


def _machine(visit: Visit) -> Iterator[Diagnosis]:
    major, minor, patch = (int(part) for part in platform.python_version_tuple()[:3])
    yield software.python((major, minor, patch))
    yield _packages(visit)
    yield machine.disk(shutil.disk_usage(visit.folder).free, str(visit.folder.resolve()), visit.role)
    if visit.role is Role.RUNNER:
        yield machine.credentials(visit.env.keys())
        yield _sandbox()
        yield machine.gpu(_gpu())
        yield _gpu_behind_walls()
        yield from _test_images(visit.data)
        yield _drive()


def _packages(visit: Visit) -> Diagnosis:
    source = _LISTS[visit.role]
    try:
        listed = dict(_PIN.findall((visit.folder / source).read_text(encoding="utf-8")))
    except OSError:
        return software.packages(None, {}, source)
    return software.packages(listed, {name: _installed(name) for name in listed}, source)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _sandbox() -> Diagnosis:
    from apcore.sandbox.trial import try_walls  # noqa: PLC0415 - of the extra `evaluate`

    try:
        found = try_walls()
    except MachineError as exc:
        return machine.walls("", None, exc.message)
    return machine.walls(found.walls, found.attempts)


def _gpu() -> machine.Gpu:
    try:
        import torch  # noqa: PLC0415 - seconds to import
    except ImportError:
        return machine.Gpu(torch=None)
    built, names, error = torch.version.cuda, [], ""
    try:
        for number in range(torch.cuda.device_count()):
            torch.ones(1, device=f"cuda:{number}").sum().item()
            names.append(torch.cuda.get_device_name(number))
    except (RuntimeError, AssertionError) as exc:
        error = str(exc).splitlines()[0]
    return machine.Gpu(torch=str(torch.__version__), built_for=built, devices=tuple(names), error=error)


def _gpu_behind_walls() -> Diagnosis:
    devices = tuple(sorted(Path("/dev").glob("nvidia*")))
    if not devices:
        return machine.gpu_behind_walls((), None, "")
    from apcore.sandbox.trial import cuda_starts  # noqa: PLC0415 - of the extra `evaluate`

    names = [str(path) for path in devices]
    try:
        return machine.gpu_behind_walls(names, cuda_starts(devices), "")
    except MachineError as exc:
        return machine.gpu_behind_walls(names, None, exc.message)


def _test_images(data: Path | None) -> Iterator[Diagnosis]:
    protocol = load_protocol(DEFAULT_PROTOCOL)
    asked = (protocol.autoattack.samples, protocol.ho_fmn.samples, protocol.ho_fmn.tuning.samples)
    needed = max(samples.first + samples.count for samples in asked)
    for name in protocol.datasets:
        if data is None:
            yield untried(f"test images {name}", "no folder was named", "name it: apbot doctor --data DIR")
        else:
            yield _test_set(name, needed, data)


def _drive() -> Diagnosis:
    import requests  # noqa: PLC0415 - a tenth of a second

    try:
        answer = requests.head(_DRIVE, timeout=_DRIVE_S, allow_redirects=False)
    except requests.RequestException as exc:
        return machine.drive(None, type(exc).__name__)
    return machine.drive(answer.status_code)


def _test_set(name: str, needed: int, folder: Path) -> Diagnosis:
    try:
        from apcore.datasets import load_test_set  # noqa: PLC0415 - torch

        found = load_test_set(name, folder)
    except ImportError as exc:
        return untried(f"test images {name}", f"{exc.name} is not installed", "install requirements/evaluate.txt")
    except MachineError as exc:
        return machine.data_set(name, None, needed, exc.message)
    digest = hashlib.sha256(found.pixels.tobytes() + found.labels.astype("<i8").tobytes()).hexdigest()
    return machine.data_set(name, (len(found.labels), digest), needed)


def _repository(visit: Visit) -> Iterator[Diagnosis]:
    name = visit.env.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(name):
        yield untried("repository", "none is named", "set GITHUB_REPOSITORY=owner/name")
        return
    try:
        who = credentials(visit.env, repository.RIGHTS)
    except MachineError as exc:
        yield untried("account", exc.message, exc.fix)
        return
    yield from _settings(visit, name, who)


def _settings(visit: Visit, name: str, who: Credentials) -> Iterator[Diagnosis]:
    from bot.github.client import GitHub  # noqa: PLC0415 - only those who ask GitHub need it

    github, is_app = GitHub(name, who, base_url=visit.api, clock=visit.clock), isinstance(who, AppInstallation)
    settings = github.settings
    branch = _fact(settings.default_branch)
    if isinstance(branch, TurnError):
        # The first request: without it nothing else is to be had, and its error says whose fault that is.
        yield fails("account", branch.message, branch.fix, is_service=branch.exit_code == 4)
        return
    yield repository.account(who.login, is_app=is_app)
    yield repository.default_branch(branch)
    if visit.fix:
        github.issues.create_labels(_LABELS)
    wanted = [label.name for label in _LABELS]
    yield repository.judged("labels", _fact(settings.labels), lambda there: repository.labels(there, wanted))
    places = _fact(settings.environments)
    yield repository.judged("environment bot", places, lambda there: repository.environment("bot", there))
    yield repository.judged(
        "environment gpu", places, lambda there: repository.environment("gpu", there, reviewed=True)
    )
    proposing = True if is_app else _fact(settings.actions_may_propose)
    yield repository.judged("pull requests", proposing, lambda may: repository.proposing(may, is_app=is_app))
    yield repository.judged("pages", _fact(settings.pages_source), repository.pages)
    yield repository.judged("rules for main", _fact(settings.rulesets), repository.rules)
    yield repository.judged("code owners", _fact(settings.owners_errors), repository.owners)
    yield repository.judged("runners", _fact(settings.runners), repository.runners)


def _fact(ask: Callable[[], _T]) -> _T | TurnError:
    try:
        return ask()
    except TurnError as exc:
        return exc
