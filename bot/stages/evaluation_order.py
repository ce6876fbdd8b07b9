"""One slice of one job, as the outside of `apbot evaluate` tells it to the inside."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

NOT_FINISHED: Final = 75
"""Exit code of a slice that ended before its job did; `EX_TEMPFAIL` of sysexits.h."""

PROGRESS_FILE: Final = "progress.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOrder:
    """One slice of one job; all paths are absolute.

    Args:
        plan: folder with the plan.
        job: name of the job.
        files: folder with the fetched files.
        out: where everything is left.
        data: folder with the test sets, None for a packaged one.
        device: torch's name of the device.
        seconds: after which the batch at hand is the last one.
    """

    plan: Path
    job: str
    files: Path
    out: Path
    data: Path | None
    device: Literal["cpu", "cuda"]
    seconds: float

    def to_json(self) -> str:
        """One line, for the command line."""
        paths = {name: str(getattr(self, name)) for name in ("plan", "files", "out")}
        data = str(self.data) if self.data else None
        return json.dumps({**paths, "data": data, "job": self.job, "device": self.device, "seconds": self.seconds})

    @classmethod
    def of(cls, text: str) -> Self:
        """What `to_json` wrote."""
        found = json.loads(text)
        paths = {name: Path(found[name]) for name in ("plan", "files", "out")}
        data = Path(found["data"]) if found["data"] else None
        return cls(**paths, data=data, job=found["job"], device=found["device"], seconds=found["seconds"])
