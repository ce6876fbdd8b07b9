"""Carries out a decision on an issue, so that it may be killed between any two requests and be done again.

The order makes it so. A comment that the record will call told is posted before the record says so: the other way round, a kill
between the two would leave someone untold for ever. The living comment, which holds the record, comes next: from here on the
decision is remembered, and whatever is still missing follows from the record: labels, which the next event or sweep mends, a run
that measures in vain, which the sweep stops, an issue of a merged pull request, which it closes. Answers to a command come after
the record: what a lost one leaves behind is a question that can be asked again.
"""

from collections.abc import Iterable

from bot.github.issue import Comment, Marker
from bot.github.ports import Repository
from bot.lifecycle.decision import Decision, Notice
from bot.lifecycle.label import Label
from bot.lifecycle.state import LABELS
from bot.stages.issue_case import LIVING_COMMENT, Case

_LABELS = {label.name: label for label in LABELS}


def apply(repository: Repository, case: Case, decision: Decision) -> None:
    """Do what was decided about `case`; what is done already costs no request.

    Raises:
        TurnError: GitHub did not take a request; those before it are done, and the whole may be done again.
    """
    told = decision.record.told if decision.record else ()
    before = [notice for notice in decision.notices if notice.key in told]
    after = [notice for notice in decision.notices if notice.key not in told]
    posted = _post(repository, case, before)
    posted |= _write_living(repository, case, decision)
    posted |= _post(repository, case, after)
    if posted:
        _leave_one_of_each(repository, case.seen.number, posted)
    repository.issues.label(case.seen, add=map(_label, sorted(decision.add_labels)), remove=decision.remove_labels)
    if decision.cancel_run is not None:
        repository.runs.cancel(decision.cancel_run)
    if decision.close and case.seen.is_open:
        repository.issues.close(case.seen.number, done=True)


def _post(repository: Repository, case: Case, notices: Iterable[Notice]) -> dict[Marker, str]:
    """Post those that are not there; what was posted, by its marker."""
    posted: dict[Marker, str] = {}
    for notice in notices:
        marker = Marker(name=notice.key)
        if repository.issues.own_comment(case.seen.number, marker, case.comments) is None:
            repository.issues.write_comment(case.seen.number, marker, notice.text, case.comments)
            posted[marker] = notice.text
    return posted


def _write_living(repository: Repository, case: Case, decision: Decision) -> dict[Marker, str]:
    """Bring the living comment up to date; itself, where there was none."""
    if decision.comment is None:
        return {}
    repository.issues.write_comment(case.seen.number, LIVING_COMMENT, decision.comment, case.comments)
    return {} if case.living else {LIVING_COMMENT: decision.comment}


def _leave_one_of_each(repository: Repository, number: int, posted: dict[Marker, str]) -> None:
    """Two events at once read the same comments, and each posts; whoever is last leaves the oldest of each alone."""
    comments: tuple[Comment, ...] = repository.issues.comments(number)
    for marker, text in posted.items():
        repository.issues.write_comment(number, marker, text, comments)


def _label(name: str) -> Label:
    return _LABELS[name]
