import shutil
from pathlib import Path

import pytest

import apcore.layouts.registry as module
from apcore.layouts.registry import read_registry, registry
from apcore.protocol import load_protocol, protocol_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = Path(module.__file__).parent
    shutil.copy(source / "layouts.toml", tmp_path)
    shutil.copytree(source / "methods", tmp_path / "methods")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_ten_methods_are_declared_for_both_architectures() -> None:
    assert len(registry().methods) == 10
    for method in registry().methods.values():
        assert method.layouts_of("resnet18")
        assert method.layouts_of("vgg16")


def test_every_admitted_architecture_has_a_plain_layout_first() -> None:
    for name in protocol_names():
        for architecture in load_protocol(name).architectures:
            first = registry().layouts_of(architecture.graph)[0]
            assert (first.graph, first.rule.name) == (architecture.graph, "plain")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "layouts.toml",
            'rule = "orig_mask"',
            'rule = "magic"',
            "layouts.toml: ValueError: 'magic' is not a valid Rule",
        ),
        (
            "layouts.toml",
            'graph = "resnet6"',
            'graph = "resnet7"',
            "layout R6 is declared twice, or has no declared graph",
        ),
        ("layouts.toml", 'name = "R18-twin"', 'name = "R18"', "layout R18 is declared twice, or has no declared graph"),
        ("layouts.toml", 'graph = "resnet6"', 'graph = "resnet6"\nshape = 3', "unexpected keyword argument 'shape'"),
        ("methods/mad.toml", "saved_under", "saved_in", "mad.toml: TypeError"),
        ("methods/mad.toml", '"R18"', '"R19"', "mad.toml: KeyError: 'R19'"),
        ("methods/mad.toml", '"R18"', '"V16-mlp"', "layout V16-mlp is not one of resnet18"),
        ("methods/mad.toml", 'when = "always"', 'when = "often"', "when = 'often'"),
        ("methods/mad.toml", "MAD_Lee2022Masking", "MAD", "mad.toml: ModelKeyError"),
    ],
)
def test_a_faulty_declaration_is_named(folder: Path, file: str, old: str, new: str, message: str) -> None:
    edit(folder / file, old, new)
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        read_registry(folder)


def test_any_change_to_a_file_changes_the_hash(folder: Path) -> None:
    before = read_registry(folder).sha256
    assert before == registry().sha256
    edit(folder / "methods" / "mad.toml", "0.2023", "0.2024")
    assert read_registry(folder).sha256 != before
