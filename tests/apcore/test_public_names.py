"""`import apcore`: public names, and what they cost."""

import ast
import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import apcore
import apcore.registry.models

SOURCE = Path(apcore.__file__)
HEAVY = {"torch", "numpy", "scipy", "pandas", "matplotlib", "optuna", "gdown", "requests", "jsonschema"}


def modules_after(statements: str) -> set[str]:
    probe = f"import sys\n{statements}\nprint(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout.split())


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    loaded = modules_after("import apcore")
    assert not HEAVY & loaded
    assert {name for name in loaded if name.startswith("apcore")} == {"apcore"}


def test_the_list_of_models_needs_neither_torch_nor_numpy() -> None:
    asked = (
        "apcore.available_models(sparsity=90); apcore.load_results(); apcore.load_taxonomy('HARP'); apcore.load_model"
    )
    assert not HEAVY & modules_after(f"import apcore; {asked}")


@pytest.mark.parametrize("name", apcore.__all__)
def test_a_public_name_is_what_type_checkers_see(name: str) -> None:
    seen = {
        alias.name: node.module
        for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("apcore.")
        for alias in node.names
    }
    assert sorted(seen) == apcore.__all__
    assert getattr(apcore, name) is getattr(import_module(seen[name] or ""), name)
    assert name in dir(apcore)


def test_a_name_that_is_not_there_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="module 'apcore' has no attribute 'load_modell'"):
        apcore.load_modell  # noqa: B018


@pytest.mark.parametrize("module", [apcore, apcore.registry.models], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module) -> None:
    found = doctest.testmod(module, extraglobs={"available_models": apcore.available_models})
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize(("call", "package"), [("load_model", "torch"), ("load_distances", "numpy")])
def test_a_light_install_says_what_loading_needs(call: str, package: str) -> None:
    probe = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "import apcore\n"
        f"try: apcore.{call}('HARP_Zhao2023Holistic_R18_CIFAR10_US_90', drive=None)\n"
        "except apcore.MachineError as exc: print(exc)"
    )
    run = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert run.stdout == f"{package}: {package} is not installed here (pip install 'apbot[evaluate]')\n"
