"""Whether a certificate is that of a run of this repository: signature, chain, logs, issuer, repository, workflow, branch, run.

It is checked where the result is proposed, with the keys that come with the library, and without a network. An artifact's name is
anybody's who ran in that run: what bears the name `certificate` may have been left by a job that a stranger broke out of.
"""

import re
from collections.abc import Callable
from pathlib import Path

from apcore.errors import TurnError
from apcore.json_shape import ShapeError
from bot.certificate.signature import Signed, signed_by
from bot.certificate.statement import read_statement
from bot.stages.certified import Certificate


def own_certificate(repository: str, trusted_root: Path | None = None) -> Callable[[bytes, int], Certificate]:
    """A check of bundles: whether `verify.yml` on the branch main of `repository` signed them in the run that is named.

    Args:
        repository: `owner/name`.
        trusted_root: keys to trust; None for those of Sigstore's public instance.
    """

    def check(bundle: bytes, run: int) -> Certificate:
        try:
            signed = signed_by(bundle, repository=repository, branch="main", trusted_root=trusted_root)
            subjects = read_statement(signed.payload).subjects
        except TurnError as exc:
            return Certificate(refused=exc.message)
        except ShapeError as exc:
            return Certificate(refused=str(exc))
        if not _is_of(signed, repository, run):
            return Certificate(refused=f"it is of another run, {signed.run}")
        return Certificate(bundle=bundle, subjects=frozenset(subjects))

    return check


def _is_of(signed: Signed, repository: str, run: int) -> bool:
    """GitHub's own words in the signer's certificate, which the signature has vouched for by now."""
    address = re.escape(f"https://github.com/{repository}/actions/runs/{run}/attempts/")
    return re.fullmatch(rf"{address}[0-9]+", signed.run) is not None
