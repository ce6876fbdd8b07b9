"""The locked lists in requirements/ say what constraints.txt and pyproject.toml say, and nothing about where it comes from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LISTS = ("build", "light", "site", "certificate", "publish", "publish-certificate", "evaluate", "test")
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
        "certificate": [*project["dependencies"], *extras["certificate"]],
        "publish-certificate": [*project["dependencies"], *extras["publish"], *extras["certificate"]],
        "test": [*extras["certificate"], *extras["evaluate"], *extras["site"], *extras["test"]],
    }
    for name, wanted in named.items():
        packages = {canonical(re.match(r"[A-Za-z0-9._-]+", requirement)[0]) for requirement in wanted}
        assert packages <= pins(entries(name)).keys(), f"run: make lock ({name}.txt)"


def test_the_lists_contain_one_another() -> None:
    """A job that installs a longer one has the packages of a shorter one at the same versions."""
    light, site, certificate, publish, both, evaluate, test = (pins(entries(name)).items() for name in LISTS[1:])
    assert light <= publish <= evaluate <= test
    assert light <= site <= test
    assert light <= certificate <= test
    assert both == publish | certificate


def test_the_bill_of_materials_names_every_package_that_is_installed_by_its_hashes() -> None:
    bill = json.loads((ROOT / "requirements" / "evaluate.cdx.json").read_text(encoding="utf-8"))
    found = {
        canonical(one["name"]): (one["version"], {h["content"] for r in one["externalReferences"] for h in r["hashes"]})
        for one in bill["components"]
    }
    wanted = {name: (version, set()) for name, version in pins(entries("evaluate")).items()}
    for entry in entries("evaluate"):
        name = canonical(PIN.fullmatch(entry.split(" --hash=")[0].strip())[1])
        wanted[name][1].update(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
    assert found == wanted, "run: make sbom"


def test_what_holds_a_token_installs_no_torch() -> None:
    assert not {"torch", "numpy", "scipy"} & pins(entries("light")).keys()
    for name in ("publish", "publish-certificate"):
        assert not {"torch", "scipy"} & pins(entries(name)).keys()
