"""The locked lists in requirements/ say what constraints.txt and pyproject.toml say, and nothing about where it comes from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LISTS = ("build", "light", "site", "publish", "evaluate", "test")
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z0-9, -]+\])?==(\S+)(?: ; .+)?")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(name: str) -> list[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.replace("\\\n", " ").splitlines() if line]


def pins(lines: list[str]) -> dict[str, str]:
    found = [PIN.fullmatch(line.split(" --hash=")[0].strip()) for line in lines]
    return {canonical(match[1]): match[2] for match in found if match}


CONSTRAINTS = pins(
    [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
)


@pytest.mark.parametrize("name", LISTS)
def test_each_line_is_one_version_with_its_hashes_and_no_address(name: str) -> None:
    for entry in entries(name):
        requirement, *hashes = entry.split(" --hash=")
        assert PIN.fullmatch(requirement.strip())
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", one) for one in hashes)


@pytest.mark.parametrize("name", LISTS)
def test_every_version_is_the_one_that_was_tested(name: str) -> None:
    locked = pins(entries(name))
    assert locked == {package: CONSTRAINTS.get(package) for package in locked}


def test_every_package_that_the_program_names_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = {
        "light": project["dependencies"],
        "publish": [*project["dependencies"], *extras["publish"]],
        "evaluate": extras["evaluate"],
        "site": [*project["dependencies"], *extras["site"]],
        "test": [*extras["evaluate"], *extras["site"], *extras["test"]],
    }
    for name, wanted in named.items():
        packages = {canonical(re.match(r"[A-Za-z0-9._-]+", requirement)[0]) for requirement in wanted}
        assert packages <= pins(entries(name)).keys(), f"run: make lock ({name}.txt)"


def test_the_lists_contain_one_another() -> None:
    """A job that installs a longer one has the packages of a shorter one at the same versions."""
    light, site, publish, evaluate, test = (pins(entries(name)).items() for name in LISTS[1:])
    assert light <= publish <= evaluate <= test
    assert light <= site <= test


def test_what_holds_a_token_installs_no_torch() -> None:
    assert not {"torch", "numpy", "scipy"} & pins(entries("light")).keys()
    assert not {"torch", "scipy"} & pins(entries("publish")).keys()
