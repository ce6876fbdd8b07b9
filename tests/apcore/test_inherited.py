"""What stays in the environment of this program, for whatever a library starts."""

import os
import subprocess
import sys

import pytest

from apcore.inherited import take_environment

KEPT = {
    "PATH": "/usr/bin",
    "HOME": "/home/x",
    "LC_ALL": "C",
    "OMP_NUM_THREADS": "2",
    "CUDA_VISIBLE_DEVICES": "0",
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
    "APCORE_CACHE": "/cache",
    "MPLCONFIGDIR": "/fonts",
    "https_proxy": "http://proxy.example:3128",
}
TAKEN = {
    "GITHUB_TOKEN": "ghs_x",
    "GITHUB_REPOSITORY": "a/b",
    "ACTIONS_RUNTIME_TOKEN": "x",
    "APBOT_APP_KEY": "-----BEGIN",
    "AWS_SESSION": "x",
    "NVIDIA_API_KEY": "nvapi-x",
    "PYTHON_KEYRING_PASSWORD": "x",
    "XDG_AUTHORITY": "x",
    "OTHER": "x",
    "PATHS": "x",
    "": "x",
}


def test_all_of_it_is_handed_on_and_what_is_known_stays() -> None:
    environment = KEPT | TAKEN
    assert take_environment(environment) == KEPT | TAKEN
    assert environment == KEPT


@pytest.mark.parametrize("module", ["apcore.cli", "bot.cli"])
def test_what_a_library_starts_inherits_no_token(module: str) -> None:
    program = (
        f"import os, subprocess, sys; from {module} import run\n"
        "sys.argv[1:] = ['--help']\n"
        "try: run()\n"
        "except SystemExit: subprocess.run([sys.executable, '-c', 'import os, sys; sys.exit(str(sorted(os.environ)))'])"
    )
    given = {"GITHUB_TOKEN": "ghs_x", "OTHER": "x", "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    given |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    done = subprocess.run([sys.executable, "-c", program], env=given, check=True, capture_output=True, text=True)
    assert "'OMP_NUM_THREADS'" in done.stderr
    assert "TOKEN" not in done.stderr
    assert "OTHER" not in done.stderr
