"""Where published files are kept and looked for on this machine.

The cache is the folder that the call names, else `APCORE_CACHE`, else `apcore` in the user's cache folder by the XDG Base
Directory Specification (`XDG_CACHE_HOME`, where it is an absolute path, else `~/.cache`). A local mirror, one file per Drive
id and named by it, is the folder that the call names, else `APCORE_FILES`, else none.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "APCORE_CACHE"
FILES_VARIABLE: Final = "APCORE_FILES"

Place = str | os.PathLike[str]


def cache_folder(named: Place | None, environment: Mapping[str, str]) -> Path:
    """The folder of the cache."""
    if named is not None:
        return Path(named).expanduser()
    if own := environment.get(CACHE_VARIABLE):
        return Path(own).expanduser()
    xdg = Path(environment.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else Path("~/.cache").expanduser()) / "apcore"


def mirror_folder(named: Place | None, environment: Mapping[str, str]) -> Path | None:
    """The folder of the local mirror, None if there is none."""
    own = named if named is not None else environment.get(FILES_VARIABLE) or None
    return None if own is None else Path(own).expanduser()
