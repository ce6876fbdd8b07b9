"""What a cold gate costs: an author waits for it, and every event starts one on a machine that GitHub lends."""

import json
import subprocess
import sys
from pathlib import Path

from doubles.github import payloads
from doubles.github.actions import Actions
from doubles.lifecycle import BODY

# The child prints what it has used. The kernel counts what its parent held before it, so `ru_maxrss` says too much here.
PROBE = """
import json, os, pathlib, resource, sys
from bot.cli import main
code = main(["gate"], dict(os.environ))
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = sorted({"torch", "numpy", "scipy", "matplotlib", "gdown"} & set(sys.modules))
status = pathlib.Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
seconds = used.ru_utime + used.ru_stime
print(json.dumps({"code": code, "seconds": seconds, "megabytes": peak, "heavy": heavy}))
"""
ROOT = Path(__file__).parents[3]


def test_a_cold_gate_stays_below_100_mb_and_loads_nothing_that_computes(actions: Actions) -> None:
    actions.double.world.open_issue("[New AP method] T", BODY, labels=("new-ap-method",))
    env = actions.env("issues", payloads.issue_opened(actions.double.world, 1))
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=env, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    used = json.loads(done.stdout)
    assert (used["code"], used["heavy"]) == (0, [])
    assert used["megabytes"] < 100
    assert len(actions.own(1)) == 1
