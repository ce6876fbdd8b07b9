"""The author's outcomes for each sample: fetched and read like a stranger's, and never at the price of the measurement."""

from collections.abc import Callable

from apcore.errors import ContributorError
from apcore.files.stored_file import StoredFile
from apcore.outcomes import read_outcomes
from apcore.submitted_outcomes import SubmittedOutcomes, refused_outcomes


def author_outcomes(fetched: Callable[[], StoredFile]) -> SubmittedOutcomes:
    """The outcomes of one checkpoint, or what their author must mend to have them used.

    Args:
        fetched: gets the file.

    Raises:
        ServiceError, MachineError: it could not be fetched now; another time it may.
    """
    sha256 = None
    try:
        stored = fetched()
        sha256 = stored.sha256
        return SubmittedOutcomes(sha256=sha256, outcomes=read_outcomes(stored.path))
    except ContributorError as exc:
        return refused_outcomes(exc, sha256)
