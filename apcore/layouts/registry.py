"""The declared layouts and methods, read from their files; an unknown or missing key in a file is an error.

A change to a file changes `sha256`: what was attacked before is then not continued, since weights may follow another rule.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from apcore.layouts.declaration import Layout, Method, MethodNormalization, Rule, WeightRule
from apcore.model_key import check_ap_key
from apcore.networks.declared import GRAPHS

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All declarations: layouts by name in the order in which they are tried, methods by ap_key, and their files' hash."""

    layouts: Mapping[str, Layout]
    methods: Mapping[str, Method]
    sha256: str

    def layouts_of(self, architecture: str) -> tuple[Layout, ...]:
        """The layouts of one architecture in order; the plain one comes first."""
        return tuple(layout for layout in self.layouts.values() if layout.architecture == architecture)


@cache
def registry() -> Registry:
    """The declarations that come with this package.

    Raises:
        ValueError: a file is wrong; names it.
    """
    return read_registry(_FOLDER)


def read_registry(folder: Path) -> Registry:
    """Read `layouts.toml` and `methods/*.toml` in `folder`.

    Raises:
        ValueError: a key is missing or unknown, or a name refers to nothing; names the file.
    """
    texts = {file: file.read_bytes() for file in (folder / "layouts.toml", *sorted(folder.glob("methods/*.toml")))}
    (first, text), *rest = texts.items()
    with _named(first):
        layouts = _layouts(tomllib.loads(text.decode()))
    methods = {}
    for file, text in rest:
        with _named(file):
            method = _method(tomllib.loads(text.decode()), layouts)
            methods[method.ap_key] = method
    digest = hashlib.sha256(b"".join(hashlib.sha256(text).digest() for text in texts.values()))
    return Registry(layouts=MappingProxyType(layouts), methods=MappingProxyType(methods), sha256=digest.hexdigest())


@contextmanager
def _named(file: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as exc:
        raise ValueError(f"{file.name}: {type(exc).__name__}: {exc}") from exc


def _layouts(document: dict[str, Any]) -> dict[str, Layout]:
    titles, rules = document.pop("architectures"), document.pop("rules")
    found = {}
    for entry in document.pop("layouts"):
        table = {"rule": "plain", **entry}
        rule = table.pop("rule")
        parameters = {key: table.pop(key) for key in ("score", "rate", "alpha") if key in table}
        layout = Layout(
            title=titles[table["architecture"]],
            rule=WeightRule(name=Rule(rule), words=rules[rule], **parameters),
            renames=_pairs(table.pop("renames", [])),
            copies=_pairs(table.pop("copies", [])),
            **table,
        )
        if layout.graph not in GRAPHS or layout.name in found:
            raise ValueError(f"layout {layout.name} is declared twice, or has no declared graph")
        found[layout.name] = layout
    if document:
        raise ValueError(f"unknown keys {', '.join(document)}")
    return found


def _method(table: dict[str, Any], layouts: Mapping[str, Layout]) -> Method:
    known = {architecture: tuple(names) for architecture, names in table.pop("layouts").items()}
    for architecture, names in known.items():
        for name in names:
            if layouts[name].architecture != architecture:
                raise ValueError(f"layout {name} is not one of {architecture}")
    check_ap_key(table["ap_key"])
    return Method(
        layouts=tuple(known.items()),
        prefixes=tuple(table.pop("prefixes")),
        normalizations=tuple((name, _normalization(of)) for name, of in table.pop("normalization", {}).items()),
        **table,
    )


def _normalization(table: dict[str, Any]) -> MethodNormalization:
    if table["when"] not in ("always", "stated"):
        raise ValueError(f"when = {table['when']!r}")
    values = (tuple(map(float, table.pop("mean"))), tuple(map(float, table.pop("std"))))
    return MethodNormalization(values=values, **table)


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((one, other) for one, other in rows)
