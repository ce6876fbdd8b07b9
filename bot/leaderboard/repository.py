"""The proposed change as a real git repository: `main` is the board as it is, one commit on a branch is the change."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from apcore.durable import write_whole
from apcore.errors import MachineError
from bot.leaderboard.build import build
from bot.leaderboard.details import FOLDER, Details, details_files
from bot.leaderboard.entry import Entry, entry_bytes

AUTHOR_NAME: Final = "apbot"
AUTHOR_EMAIL: Final = "apbot@apbot.invalid"
_FOLDER: Final = "leaderboard"
_SCRATCH: Final = ".proposal"
# Inside .git, so that it is no part of the content; only a folder that carries it is ever replaced.
_OURS: Final = Path(".git", "apbot-proposal")
_OPTIONS: Final = {
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
    "core.fileMode": "false",
    "core.fsync": "committed",
    "core.fsyncMethod": "batch",
    "core.quotePath": "false",
    "commit.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.directory": "*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What `propose` left behind.

    Args:
        repository: the git repository, its branch checked out.
        branch: `apbot/issue-<n>`.
        commit: the change, the only commit of `branch` that `main` lacks.
        changed: paths that the commit touches, sorted.
        title_file: text of the pull request's title.
        body_file: text of the pull request's body.
    """

    repository: Path
    branch: str
    commit: str
    changed: tuple[str, ...]
    title_file: Path
    body_file: Path


def propose(
    out: Path,
    *,
    base_leaderboard: Path,
    entry: Entry,
    issue: int,
    title: str,
    body: str,
    when: datetime,
    details: Iterable[Details] = (),
) -> Proposal:
    """Write `out/repository/` and `out/pull_request/{title.txt,body.md}`; what an earlier call wrote is replaced.

    The same arguments give the same commit, byte for byte: identity, dates and settings are fixed here, and nothing of the
    machine's git configuration is read.

    Args:
        out: folder of the run.
        base_leaderboard: the board as it is, with `entries/` and the built files.
        entry: the method's entry after the change.
        issue: number of the issue, part of the branch's name.
        title: title of the pull request and subject of the commit, one line.
        body: body of the pull request, Markdown.
        when: date of both commits, with a time zone.
        details: of what was measured; the files of those that the entry names are part of the change.

    Raises:
        MachineError: git is missing or fails, a file cannot be written, or `out/repository` is not ours to replace.
    """
    branch, place, scratch = f"apbot/issue-{issue}", out / "repository", out / _SCRATCH
    try:
        out.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(place)
        # Built beside its place and moved there when complete: an interrupted run leaves the old repository or none.
        _remove(scratch)
        git = _Git(folder=scratch / "new", program=_git_program(), when=when)
        _write_main(git, base_leaderboard)
        _write_branch(git, branch, entry, details_files(entry, details), title)
        commit = git.run("rev-parse", "HEAD").strip()
        changed = git.run("diff", "--name-only", "main", "HEAD").splitlines()
        if place.exists():
            place.rename(scratch / "old")
        git.folder.rename(place)
        _remove(scratch)
        title_file, body_file = _write_texts(out / "pull_request", title, body)
    except OSError as exc:
        raise MachineError(
            where=str(exc.filename or out),
            message=f"the proposed change cannot be written: {exc.strerror or exc}",
            fix="make room or choose another folder, then run the same command again; results are kept",
        ) from exc
    return Proposal(
        repository=place,
        branch=branch,
        commit=commit,
        changed=tuple(sorted(changed)),
        title_file=title_file,
        body_file=body_file,
    )


def withdraw(out: Path) -> None:
    """Remove what an earlier `propose` left in `out`: a change that no longer follows from the measurements.

    Raises:
        MachineError: `out/repository` is not ours to remove.
    """
    _refuse_foreign(out / "repository")
    scratch = out / _SCRATCH
    _remove(scratch)
    for name in ("repository", "pull_request"):
        if (out / name).exists():
            # Out of the way before it is taken apart: whoever is killed meanwhile leaves nothing that looks like another's.
            scratch.mkdir(exist_ok=True)
            (out / name).rename(scratch / name)
    _remove(scratch)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Git:
    """git in one folder, cut off from the machine's configuration, with a fixed identity and date."""

    folder: Path
    program: str
    when: datetime

    def run(self, *arguments: str, text: str = "") -> str:
        """Run one git command and return its output.

        Raises:
            MachineError: git failed; the message ends with its own last words.
        """
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        done = subprocess.run(  # noqa: S603 - no shell; every argument is ours or was parsed
            [self.program, *options, *arguments],
            cwd=self.folder,
            env=self._environment(),
            input=text,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            words = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it gave no reason"]
            raise MachineError(
                where="repository",
                message=f"`git {arguments[0]}` failed: {words[-1]}",
                fix="mend what git complains about, then run the same command again; results are kept",
            )
        return done.stdout

    def _environment(self) -> Mapping[str, str]:
        # Nothing is inherited: GIT_DIR and its kin would lead git to another repository.
        stamp = f"{int(self.when.timestamp())} +0000"
        identity = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", AUTHOR_NAME), ("EMAIL", AUTHOR_EMAIL), ("DATE", stamp))
        }
        return identity | {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "HOME": os.devnull,
            "LC_ALL": "C",
        }


def _git_program() -> str:
    program = shutil.which("git")
    if program is None:
        raise MachineError(
            where="repository",
            message="git is not installed, so the change cannot be proposed",
            fix="install git, then run the same command again; results are kept",
        )
    return program


def _refuse_foreign(repository: Path) -> None:
    if repository.exists() and not (repository / _OURS).is_file():
        raise MachineError(
            where=str(repository),
            message="this folder exists and was not written by apbot, so it is not replaced",
            fix="move it away, or choose another `--out`",
        )


def _write_main(git: _Git, base_leaderboard: Path) -> None:
    git.folder.mkdir(parents=True)
    git.run("init", "--quiet", "--initial-branch=main", "--object-format=sha1", "--template=")
    (git.folder / _OURS).write_text("Replaced by the next run.\n", encoding="utf-8")
    for path in sorted(base_leaderboard.rglob("*")):
        if path.is_file():  # the bytes alone: an installed board may be read-only
            target = git.folder / _FOLDER / path.relative_to(base_leaderboard)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    git.run("add", "--all")
    git.run("commit", "--quiet", "--allow-empty", "--message=Leaderboard before the change")


def _write_branch(git: _Git, branch: str, entry: Entry, details: Mapping[str, bytes | None], title: str) -> None:
    git.run("switch", "--quiet", "--create", branch)
    entries = git.folder / _FOLDER / "entries"
    entries.mkdir(parents=True, exist_ok=True)
    (entries / f"{entry.ap_key}.json").write_bytes(entry_bytes(entry))
    for name, content in details.items():
        _put(entries.parent / FOLDER / name, content)
    build(entries, entries.parent)
    git.run("add", "--all")
    message = f"{title}\n\nMeasured by apbot. The entry names protocol, date and hashes; all else is built from it.\n"
    # A run that measures nothing new still proposes its one commit; the pull request's text says that nothing changes.
    git.run("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-", text=message)


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _write_texts(folder: Path, title: str, body: str) -> tuple[Path, Path]:
    title_file, body_file = folder / "title.txt", folder / "body.md"
    write_whole(title_file, f"{title}\n".encode())
    write_whole(body_file, body.encode())
    return title_file, body_file
