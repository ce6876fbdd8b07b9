"""JSON from elsewhere, held against its schema in `schemas/`. Nothing in it is trusted: another job may have been hostile.

The schemas say which fields there are, of what type and in what range. This adds what JSON Schema leaves open: every number
is finite, whole numbers are written as such, text holds no control characters, and the message never echoes a value.
"""

import json
import math
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from apcore.project_files import project_folder

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

MAX_BYTES: Final = 4_000_000
_MAX_WHOLE: Final = 2**63


class ShapeError(ValueError):
    """The document is not what its schema says; the message names the place, never the value."""


def parse(raw: bytes) -> Any:
    """Read strict JSON: no NaN, no key twice, at most 4 MB.

    Raises:
        ShapeError: the bytes are not such a document.
    """
    if len(raw) > MAX_BYTES:
        raise ShapeError(f"the file has {len(raw):,} bytes, at most {MAX_BYTES:,} are read")
    try:
        return json.loads(raw.decode(), object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except ShapeError:
        raise
    except (ValueError, RecursionError) as exc:
        raise ShapeError("the file is not JSON in UTF-8") from exc


def check(document: Any, schema: str) -> None:
    """Hold a parsed document against `schemas/<schema>.schema.json`.

    Raises:
        ShapeError: it does not fit; the first place that does not is named.
    """
    # Imported here: reading a schema takes longer than everything else that the light side does.
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    try:
        _check_values(document, "")
    except RecursionError as exc:
        raise ShapeError("the document is nested too deeply") from exc
    error = best_match(_validator(schema).iter_errors(document))
    if error is not None:
        raise ShapeError(f"{_dotted(error.absolute_path)}: does not fit {error.validator!r} of the {schema} schema")


@cache
def _validator(schema: str) -> "Validator":
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415
    from referencing import Registry, Resource  # noqa: PLC0415

    folder = project_folder(__file__, "schemas")
    shapes = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    # Schemas refer to each other by their $id; nothing is ever looked up elsewhere.
    registry = Registry().with_resources([(shape["$id"], Resource.from_contents(shape)) for shape in shapes.values()])
    # JSON Schema takes 16.0 for an integer; then two files with the same content would have different bytes.
    whole = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    strict = validators.extend(  # type: ignore[no-untyped-call]  # its stub is bare
        Draft202012Validator, {"uniqueItems": _unique_items}, type_checker=whole
    )
    validator: Validator = strict(shapes[f"{schema}.schema.json"], registry=registry)
    return validator


def _unique_items(_validator: Any, wanted: bool, found: Any, _schema: Any) -> Iterator[Any]:  # noqa: FBT001 - jsonschema's
    """`uniqueItems` in linear time: the library compares each object with each other, 30 kB of them for seconds."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415

    if wanted and isinstance(found, list) and len({json.dumps(item, sort_keys=True) for item in found}) != len(found):
        yield ValidationError("holds an item twice")


def _check_values(value: Any, where: str) -> None:
    match value:
        case dict():
            for key, inner in value.items():
                _check_values(key, where)
                _check_values(inner, f"{where}.{key}" if where else key)
        case list():
            for place, inner in enumerate(value):
                _check_values(inner, f"{where}.{place}" if where else str(place))
        case str() if not value.isprintable():
            raise ShapeError(f"{where or 'the document'}: holds a character that cannot be shown")
        case float() if not math.isfinite(value):
            raise ShapeError(f"{where or 'the document'}: is not a finite number")
        case int() if abs(value) >= _MAX_WHOLE:
            raise ShapeError(f"{where or 'the document'}: is too large a number")
        case _:
            pass


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ShapeError("the file names a key twice")
    return found


def _no_constant(_name: str) -> Any:
    raise ShapeError("the file holds a number that is not finite")


def _dotted(path: Any) -> str:
    return ".".join(str(part) for part in path) or "the document"
