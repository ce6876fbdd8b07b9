"""A console script that writes down each program that it starts, its libraries included: command line and all of its environment.

    python watched.py RECORD MODULE [ARGUMENT...]

One line of JSON for each start, written before it. The script does not wait between its writes to GitHub.
"""

import json
import os
import runpy
import sys
import time
from typing import Any

_STARTS = {"subprocess.Popen": (1, 3), "os.posix_spawn": (1, 2), "os.exec": (1, 2)}


def main(record: str, *command: str) -> None:
    descriptor = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watch(event: str, told: tuple[Any, ...]) -> None:
        if event in _STARTS:
            words, environment = (told[place] for place in _STARTS[event])
            words = [words] if isinstance(words, (str, bytes)) else words
            start = [
                list(map(os.fsdecode, words)),
                {str(name): str(value) for name, value in (environment or os.environ).items()},
            ]
            os.write(descriptor, (json.dumps(start) + "\n").encode())
        assert event not in ("os.system", "pty.spawn"), event

    sys.addaudithook(watch)
    time.sleep = lambda _seconds: None
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
