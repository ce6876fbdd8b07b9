"""The change of the leaderboard as a pull request on GitHub: one commit on the present main, made with one write of the tree.

The board before the change is read at that very commit, never from a checkout, which may be older. The commit holds the method's
entry, the curves, and every built file as it follows from all entries. Two open pull requests therefore touch the same built
files; whichever is merged second is made anew first, on the main that the other has led to (`bot.stages.rebuild`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Final

from apcore.accuracy import Measure
from apcore.errors import MachineError
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.result import Result
from apcore.verdict import Verdict, worst
from bot.github.change import Commit, CommitStatus, PullRequest, StatusState, own_branch
from bot.github.ports import Contents, Repository
from bot.leaderboard.board import Board
from bot.leaderboard.build import derived_files
from bot.leaderboard.change import Change
from bot.leaderboard.details import FOLDER, Details, details_files, details_name, parse_details
from bot.leaderboard.entry import Entry, entry_bytes, parse_entry
from bot.leaderboard.merge import record
from bot.leaderboard.records import VerifiedRecord
from bot.leaderboard.result_page import BUILT
from bot.reply.pull_request import pull_request
from bot.reply.result_rows import WORDS
from bot.stages.certified import Evidence
from bot.submission.model import Submission

BASE: Final = "main"
CURVES: Final = "leaderboard/curves"
CONTEXT: Final = "apbot/verification"
_ENTRIES: Final = "leaderboard/entries"
_TABLES: Final = "leaderboard/tables"
_DETAILS: Final = f"leaderboard/{FOLDER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposing:
    """What is to be proposed.

    Args:
        submission: what was approved.
        results: of all its checkpoints, judged for it.
        issue: its number.
        author: login of whoever opened it, who owns a new method.
        approved_by: login of the maintainer who approved it; without one, another's method stays as it is.
        run_url: https address of the run that proposes, or proposed before.
        measured_at: https address of the run that measured each checkpoint.
        today: the day, for results that the branch does not date yet.
        curves: pictures by name.
        evidence: the files of the results, with their certificates.
        details: of the results, by checkpoint; None to keep those that the branch holds.
    """

    submission: Submission
    results: tuple[Result, ...]
    issue: int
    author: str
    approved_by: str | None
    run_url: str
    measured_at: Mapping[ModelKey, str]
    today: date
    curves: Mapping[str, bytes]
    evidence: Evidence
    details: Mapping[ModelKey, Details] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The pull request, and the commit that it proposes."""

    pull_request: PullRequest
    commit: str


def is_attacked(results: Sequence[Result]) -> bool:
    """Whether each of them holds what the tables show: AutoAttack on all its samples."""
    return all(Measure.AA_ROBUST in result.accuracies for result in results)


def propose_change(github: Repository, wanted: Proposing) -> Proposed:
    """The bot's branch is this change on the present main, and its pull request says what is in it.

    Done twice on one day, nothing is written the second time; on a newer main the same pull request is brought up to date.

    Raises:
        MachineError: the board on main cannot be read, or people have pushed to the bot's branch.
        TurnError: GitHub failed.
    """
    branch, base = own_branch(wanted.issue), _main(github.contents)
    before = _board_at(github.contents, base)
    old = before.find(wanted.submission.ap_key)
    on_branch = _on_branch(github.contents, branch, old.ap_key if old else wanted.submission.ap_key)
    details = _kept_details(github.contents, branch, on_branch, wanted) if wanted.details is None else wanted.details
    entry = _recorded(old, wanted, _day(on_branch, wanted), details)
    after = before.with_entry(entry)
    request = pull_request(
        Change(
            before=before,
            after=after,
            submission=wanted.submission,
            results=wanted.results,
            issue=wanted.issue,
            run_url=wanted.run_url,
            certified=wanted.evidence.certified,
        )
    )
    message = (
        f"{request.title}\n\nMeasured by apbot. The entry names protocol, date and hashes; all else is built from it.\n"
    )
    pictures = {f"{CURVES}/{name}": content for name, content in wanted.curves.items()}
    beside = _beside(github.contents, base, details_files(entry, details.values()))
    files = _built(github.contents, base, after) | {f"{_ENTRIES}/{entry.ap_key}.json": entry_bytes(entry)}
    files |= pictures | beside | dict(wanted.evidence.files)
    committed = github.contents.commit(Commit(branch=branch, base=base, message=message, files=files))
    proposed = github.pulls.propose(branch, title=request.title, body=request.body, base=BASE)
    github.pulls.set_status(committed.hash, _status(wanted))
    return Proposed(pull_request=proposed, commit=committed.hash)


def curves_at(contents: Contents, commit: str, submission: Submission) -> dict[str, bytes]:
    """The pictures of a submission as a commit holds them, by name."""
    wanted = {str(model.key).rsplit("_", 1)[0] for model in submission.models}
    paths = [path for path in contents.list_files(commit, CURVES) if PurePosixPath(path).stem in wanted]
    found = {PurePosixPath(path).name: contents.read_file(commit, path) for path in paths}
    return {name: content for name, content in found.items() if content is not None}


def _recorded(entry: Entry | None, wanted: Proposing, day: date, details: Mapping[ModelKey, Details]) -> Entry:
    """The entry with all results, each with the run that measured it."""
    for result in wanted.results:
        entry = record(
            entry,
            wanted.submission,
            [result],
            date=day,
            issue=wanted.issue,
            run_url=wanted.measured_at[result.model_key],
            owner=wanted.author,
            approved_by=wanted.approved_by,
            details=details,
        )
    assert entry is not None, "a submission has checkpoints"  # noqa: S101 - the schema sees to it
    return entry


def _main(contents: Contents) -> str:
    base = contents.head(BASE)
    if base is None:
        raise MachineError(
            where=BASE,
            message="the repository has no such branch",
            fix="propose changes in the repository of the board",
        )
    return base


def _board_at(contents: Contents, commit: str) -> Board:
    files = contents.read_files(commit, _ENTRIES)
    return Board.of(_entry(path, raw) for path, raw in files.items() if path.endswith(".json"))


def _entry(path: str, raw: bytes) -> Entry:
    try:
        return parse_entry(raw, stem=PurePosixPath(path).stem)
    except ValueError as exc:
        raise MachineError(
            where=path, message=f"this entry cannot be used: {exc}", fix=f"mend the file on {BASE}, then run this again"
        ) from exc


def _built(contents: Contents, base: str, after: Board) -> dict[str, bytes | None]:
    """All that follows from the entries; None for pages that no entry needs any more."""
    built = {f"leaderboard/{path}": text.encode() for path, text in derived_files(after).items()}
    stale = [
        path
        for path in contents.list_files(base, _TABLES)
        if path.endswith(".md") and path not in built and _is_built(contents.read_file(base, path))
    ]
    return {**dict.fromkeys(stale), **built}


def _beside(contents: Contents, base: str, details: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """The files of the details; None for one on main that its result no longer names."""
    there = set(contents.list_files(base, _DETAILS))
    paths = {f"{_DETAILS}/{name}": content for name, content in details.items()}
    return {path: content for path, content in paths.items() if content is not None or path in there}


def _is_built(content: bytes | None) -> bool:
    """A file that we did not build is not ours to remove."""
    return content is not None and content.startswith(BUILT.encode())


def _on_branch(contents: Contents, branch: str, ap_key: str) -> Entry | None:
    """The method's entry as an earlier proposal left it; None without one that can be read."""
    head = contents.head(branch)
    raw = contents.read_file(head, f"{_ENTRIES}/{ap_key}.json") if head else None
    if raw is None:
        return None
    try:
        return parse_entry(raw, stem=ap_key)
    except ValueError:
        return None


def _own_records(entry: Entry | None, wanted: Proposing) -> list[VerifiedRecord]:
    """What `entry` records of the measurements that are proposed."""
    measured = {result.checkpoint.sha256 for result in wanted.results}
    return [
        found
        for found in (entry.results if entry else ())
        if isinstance(found, VerifiedRecord)
        and found.submission_sha256 == wanted.submission.sha256
        and found.checkpoint.sha256 in measured
    ]


def _day(on_branch: Entry | None, wanted: Proposing) -> date:
    """The day on which the branch says that these were measured, so that making it anew changes nothing; else today."""
    return max((found.date for found in _own_records(on_branch, wanted)), default=wanted.today)


def _kept_details(
    contents: Contents, branch: str, on_branch: Entry | None, wanted: Proposing
) -> dict[ModelKey, Details]:
    """The details that the branch holds, as far as they are those of the results; what is gone is not named any more."""
    head = contents.head(branch)
    if on_branch is None or head is None:
        return {}
    names = [details_name(on_branch, found) for found in _own_records(on_branch, wanted) if found.details]
    found = [_details(contents.read_file(head, f"{_DETAILS}/{name}")) for name in names]
    return {
        result.model_key: details
        for result in wanted.results
        for details in found
        if details is not None and details.belongs_to(result)
    }


def _details(raw: bytes | None) -> Details | None:
    try:
        return None if raw is None else parse_details(raw)
    except ShapeError:
        return None


def _status(wanted: Proposing) -> CommitStatus:
    """Refuted is a failure of the claims, not of the change: the board takes the measured values."""
    verdict = worst(result.verdict for result in wanted.results if result.verdict) or Verdict.NOT_MEASURED
    count = sum(result.verdict is verdict for result in wanted.results)
    refuted = verdict in (Verdict.REFUTED, Verdict.NOT_MEASURED)
    return CommitStatus(
        state=StatusState.FAILURE if refuted else StatusState.SUCCESS,
        context=CONTEXT,
        description=f"{WORDS[verdict]}: {count} of {len(wanted.results)} checkpoints; the others are no worse",
        url=wanted.run_url,
    )
