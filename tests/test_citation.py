"""CITATION.cff: what the Citation File Format asks for, in step with the package, the licence and the site."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.leaderboard.site.archive import board_citation

ROOT = Path(__file__).parents[1]
# Citation File Format 1.2.0 (doi.org/10.5281/zenodo.5171937), schema.json: the fields of a file, an entity and an identifier.
FIELDS = frozenset(
    {
        *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords"),
        *("license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact"),
        *("repository-code", "title", "type", "url", "version"),
    }
)
ENTITY = frozenset(
    {
        *("address", "alias", "city", "country", "date-end", "date-start", "email", "fax", "location", "name", "orcid"),
        *("post-code", "region", "tel", "website"),
    }
)
IDENTIFIERS = frozenset({"doi", "url", "swh", "other"})


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_it_has_the_fields_of_its_format_and_no_others(citation: dict[str, Any]) -> None:
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation.keys() <= FIELDS
    assert {"message", "title", "authors", "version", "date-released", "license"} <= citation.keys()
    assert all(isinstance(citation[name], str) and citation[name] for name in ("message", "title", "version"))
    assert type(citation["date-released"]) is date


def test_authors_are_entities_of_its_format(citation: dict[str, Any]) -> None:
    for author in [*citation["authors"], *(one for work in citation["references"] for one in work["authors"])]:
        assert "name" in author
        assert author.keys() <= ENTITY


def test_the_benchmark_is_a_reference_that_can_be_found(citation: dict[str, Any]) -> None:
    (work,) = citation["references"]
    assert {"authors", "title", "type"} <= work.keys()
    (identifier,) = work["identifiers"]
    assert identifier["type"] in IDENTIFIERS
    number = identifier["value"].removeprefix("arXiv:")
    assert work["url"] == f"https://arxiv.org/abs/{number}"


def test_it_says_what_the_package_says(citation: dict[str, Any], project: dict[str, Any]) -> None:
    assert (citation["title"], citation["version"]) == (project["name"], project["version"])
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]


def test_its_licence_and_its_holder_are_those_of_the_licence_file(citation: dict[str, Any]) -> None:
    title, _, holder, *_ = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    assert title == f"{citation['license']} License"
    assert re.fullmatch(r"Copyright \(c\) \d{4} (.+)", holder)[1] == citation["authors"][0]["name"]


def test_the_boards_bibtex_names_the_same_authors_and_benchmark(citation: dict[str, Any]) -> None:
    shown = board_citation("0" * 64, date(2026, 11, 22))
    assert f"author = {{{{{citation['authors'][0]['name']}}}}}," in shown
    assert citation["references"][0]["identifiers"][0]["value"] in shown
