"""Where what a run measured stands in the repository: result files as they were handed over, and the certificate beside them.

`leaderboard/evidence/<run>/<model_key>.json`, and `certificate.sigstore.json` in the same folder. A run is a folder of its own, so
two pull requests never touch one file, and the certificate of a file is the one beside it.
"""

from pathlib import Path
from typing import Final

from apcore.model_key import ModelKey

EVIDENCE: Final = "leaderboard/evidence"
CERTIFICATE_FILE: Final = "certificate.sigstore.json"
BILL_FILE: Final = "evaluate.cdx.json"
"""The bill of materials of the machines that measure; `make sbom` writes it to requirements/."""

SIGNING_WORKFLOW: Final = ".github/workflows/verify.yml"


def result_name(key: ModelKey, seed: int | None = None) -> str:
    """The name of a result file, that of an appeal's run with its seed."""
    return f"{key}.json" if seed is None else f"{key}.seed{seed}.json"


def outcomes_name(key: ModelKey, seed: int | None = None) -> str:
    """The name of the outcomes that a result was counted from."""
    return result_name(key, seed).removesuffix(".json") + ".outcomes.npz"


def evidence_in(leaderboard: Path) -> frozenset[str]:
    """The files of all runs below the leaderboard's folder, as paths in the repository; a link is none."""
    files = (leaderboard / Path(EVIDENCE).name).glob("*/*")
    return frozenset(
        f"{EVIDENCE}/{file.parent.name}/{file.name}" for file in files if file.is_file() and not file.is_symlink()
    )


def evidence_path(run: int, name: str) -> str:
    """Where a file of a run stands in the repository."""
    return f"{EVIDENCE}/{run}/{name}"
