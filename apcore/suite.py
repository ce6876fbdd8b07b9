"""Which files of a folder are checkpoints, and of which key: told by their names, or by `keys.json` beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apcore.errors import ContributorError
from apcore.model_key import ModelKey, ModelKeyError

KEYS_FILE: Final = "keys.json"
_CHECKPOINTS: Final = (".pt", ".pth", ".tar", ".ckpt", ".bin", ".pkl", ".pickle")
_NO_CHECKPOINTS: Final = (
    ".npz",
    ".npy",
    ".json",
    ".txt",
    ".md",
    ".csv",
    ".log",
    ".yaml",
    ".yml",
    ".toml",
    ".png",
    ".svg",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The contents of a folder.

    Args:
        checkpoints: key and file name of each, in the order of their keys.
        unnamed: files that look like checkpoints and whose key nobody says, with what is wrong in their names.
    """

    checkpoints: tuple[tuple[ModelKey, str], ...]
    unnamed: tuple[tuple[str, str], ...]


def suite_of(names: Iterable[str], keys: Mapping[str, ModelKey]) -> Suite:
    """Find the key of every checkpoint.

    A file listed in `keys` is what that says. Any other is what stands in its name before the first dot, unless `keys` has
    another file for that key; names that end like data or text are left alone.

    Args:
        names: of the folder's files.
        keys: by file name, from `keys.json`.

    Raises:
        ContributorError: two files have one key, `keys` lists a file that is not there, or there is no checkpoint at all.
    """
    found: dict[ModelKey, str] = {}
    unnamed: list[tuple[str, str]] = []
    present = sorted(names)
    if missing := sorted(keys.keys() - set(present)):
        raise ContributorError(
            where=KEYS_FILE,
            message=f"`{missing[0]}` is listed, but there is no such file in the folder",
            fix="write the names of files as they stand in the folder",
        )
    listed = frozenset(keys.values())
    for name in present:
        if name == KEYS_FILE or (name not in keys and name.lower().endswith(_NO_CHECKPOINTS)):
            continue
        try:
            key = keys.get(name) or ModelKey.parse(name.split(".")[0])
        except ModelKeyError as exc:
            if name.lower().endswith(_CHECKPOINTS):
                unnamed.append((name, str(exc)))
            continue
        if name not in keys and key in listed:
            continue
        if key in found:
            raise ContributorError(
                where=str(key),
                message=f"both `{found[key]}` and `{name}` have this key",
                fix=f'move one of them away, or write {{"<file name>": "<model key>"}} into `{KEYS_FILE}` beside them',
            )
        found[key] = name
    return Suite(checkpoints=tuple(sorted(found.items())), unnamed=tuple(unnamed))


def keys_from(entries: Any) -> dict[str, ModelKey]:
    """The contents of `keys.json`: an object of model keys by file name.

    Raises:
        ContributorError: it is something else; names the entry.
    """
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise ContributorError(
            where=KEYS_FILE,
            message="this does not say which file has which key",
            fix='write `{"<file name>": "<model key>"}`, one line a file',
        )
    keys: dict[str, ModelKey] = {}
    for name, text in entries.items():
        try:
            keys[name] = ModelKey.parse(text)
        except ModelKeyError as exc:
            raise ContributorError(where=f"{KEYS_FILE}.{name}", message=str(exc), fix="correct the key") from exc
        if list(keys.values()).count(keys[name]) > 1:
            raise ContributorError(
                where=f"{KEYS_FILE}.{name}", message=f"`{keys[name]}` is listed twice", fix="a key belongs to one file"
            )
    return keys
