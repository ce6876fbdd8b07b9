"""GitHub's own description of its API, as githubkit turns it into models: what the double says must fit, and what it is sent."""

import json
from functools import cache

from githubkit_schemas.v2022_11_28 import models
from pydantic import BaseModel, TypeAdapter


@cache
def _adapter(name: str) -> TypeAdapter:
    inner = name.removeprefix("list ")
    model: type[BaseModel] = getattr(models, inner)
    return TypeAdapter(list[model] if name != inner else model)


def check(name: str, document: object) -> None:
    """Hold a document against the model `name`, or a list of it for `list <name>`; types are never converted.

    Raises:
        pydantic.ValidationError: it does not fit.
    """
    _adapter(name).validate_json(json.dumps(document), strict=True)
