"""What a confined process may see of the file system: the system's libraries, this interpreter, this program, nothing else.

No home folder, no `/etc` but the linker's cache, no working folder of the parent. Whatever is not named here is not there
(bubblewrap) or cannot be opened (Landlock).
"""

import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SYSTEM: Final = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What may be read, and the one folder that may be written to.

    Args:
        readable: absolute files and folders, each with all below it.
        writable: absolute folder.
        devices: device files that may be used, as `/dev/nvidia0`.
    """

    readable: tuple[Path, ...]
    writable: Path
    devices: tuple[Path, ...] = ()


def program_view(writable: Path, *, readable: tuple[Path, ...] = (), devices: tuple[Path, ...] = ()) -> View:
    """What this program needs in order to run: the system, the interpreter with its packages, the program's own code.

    Args:
        writable: the one folder that may be written to.
        readable: what is needed besides.
        devices: device files that are needed.
    """
    wanted = (*map(Path, _SYSTEM), *_interpreter(), *_packages(), *readable)
    return View(readable=_outermost(path for path in wanted if path.exists()), writable=writable, devices=devices)


def program_folder() -> Path:
    """The folder to import this very program from, which need not be the one that is installed."""
    return Path(__file__).resolve().parents[2]


def _interpreter() -> Iterator[Path]:
    """The interpreter, of a virtual environment and the one below it, and its standard library."""
    yield from (Path(sys.base_prefix), Path(sys.prefix))
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    yield Path(sys.executable)


def _packages() -> Iterator[Path]:
    """Installed packages, and of this program's folder `apcore` alone: beside it a clone has whatever its owner put there."""
    yield from (Path(sysconfig.get_path(name)) for name in ("purelib", "platlib"))
    yield Path(__file__).resolve().parents[1]


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths that lie below none of the others, in order."""
    unique = tuple(dict.fromkeys(paths))
    return tuple(path for path in unique if not any(other in path.parents for other in unique))
