"""Protocol files: what they may ask for, and what those that come along do."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

import apcore.protocol
from apcore.fmn_configuration import Choice, FmnVariant, Range
from apcore.protocol import ProtocolError, Samples, load_protocol, protocol_names, read_protocol
from apcore.protocol_words import settings_words

DEMO = Path(apcore.protocol.__file__).parent / "protocols" / "demo.toml"
ELSEWHERE = Path(__file__).parent.parent / "protocols" / "elsewhere.toml"
SEARCH = "ho_fmn.tuning.search"
SGD_NAMES = "lr, momentum, weight_decay, dampening"
REFERENCE = 'randomness = "reference"\n'


def with_randomness(folder: Path, line: str) -> Path:
    text = DEMO.read_text(encoding="utf-8")
    assert text.count(REFERENCE) == 1
    path = folder / "mine.toml"
    path.write_text(text.replace(REFERENCE, line), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", protocol_names())
def test_the_protocols_that_come_along_draw_as_the_library_does(name: str) -> None:
    assert load_protocol(name).autoattack.randomness == "reference"


@pytest.mark.parametrize(
    ("line", "randomness"),
    [("", "reference"), (REFERENCE, "reference"), ('randomness = "sharded"\n', "sharded")],
    ids=["unsaid", "reference", "sharded"],
)
def test_a_protocol_may_ask_for_either_randomness(tmp_path: Path, line: str, randomness: str) -> None:
    path = with_randomness(tmp_path, line)
    protocol = read_protocol(path)
    assert protocol.autoattack.randomness == randomness
    assert protocol.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_randomness_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol(with_randomness(tmp_path, 'randomness = "shared"\n'))
    assert str(refused.value) == "mine.toml: ValueError: randomness = 'shared' is none of reference, sharded"


@pytest.mark.parametrize("name", protocol_names())
def test_samples_that_are_attacked_were_not_tuned_on(name: str) -> None:
    ho_fmn = load_protocol(name).ho_fmn
    attacked, tuned = ho_fmn.samples, ho_fmn.tuning.samples
    assert attacked.first + attacked.count <= tuned.first or tuned.first + tuned.count <= attacked.first


def test_the_protocol_of_2024_repeats_the_released_benchmark() -> None:
    """facts/released_code_defects.md; pralab/AdversarialPruningBenchmark at 0ae46e7, utils/test.py:78-80 and 117-122."""
    ho_fmn = load_protocol("apb-2024").ho_fmn
    assert ho_fmn.variant == FmnVariant(loss="DLR", optimizer="SGD", schedule="cosine")
    assert (ho_fmn.steps, ho_fmn.samples, ho_fmn.eps_text) == (200, Samples(first=2048, count=128), "8/255")
    tuning = ho_fmn.tuning
    assert (tuning.trials, tuning.steps, tuning.samples) == (32, 100, Samples(first=0, count=64))
    assert (tuning.objective, ho_fmn.counted) == ("all", "tuned")
    assert tuning.search == {
        "lr": Range(low=8 / 255, high=10.0, log=True),
        "momentum": Range(low=0.0, high=0.9),
        "weight_decay": Range(low=0.01, high=1.0),
        "dampening": Range(low=0.0, high=0.2),
    }


def test_the_protocol_of_2026_tunes_as_it_attacks() -> None:
    protocol = load_protocol("apb-2026")
    assert protocol.ho_fmn.tuning.steps == protocol.ho_fmn.steps
    assert protocol.ho_fmn.tuning.objective == "correct"
    assert protocol.ho_fmn.counted == "nearest"
    assert protocol.ho_fmn.eps_text == protocol.autoattack.eps_text == "8/255"


def test_adam_under_a_plateau_is_read_with_its_own_search_space() -> None:
    ho_fmn = read_protocol(ELSEWHERE).ho_fmn
    assert ho_fmn.variant == FmnVariant(loss="LL", optimizer="Adam", schedule="plateau")
    assert tuple(ho_fmn.tuning.search) == ("lr", "beta1", "beta2", "weight_decay", "factor", "patience")
    assert ho_fmn.tuning.search["patience"] == Choice(choices=(2, 5, 10))


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        ('loss = "LL"', 'loss = "MSE"', "ho_fmn.loss = 'MSE' is none of DLR, LL, CE"),
        ('optimizer = "Adam"', 'optimizer = "adam"', "ho_fmn.optimizer = 'adam' is none of SGD, Adam, Adamax"),
        ('schedule = "plateau"', 'schedule = "RLROP"', "ho_fmn.schedule = 'RLROP' is none of cosine, plateau"),
        ('counted = "tuned"', 'counted = "best"', "ho_fmn.counted = 'best' is none of tuned, nearest"),
        (
            'objective = "correct"',
            'objective = "right"',
            "ho_fmn.tuning.objective = 'right' is none of correct, all",
        ),
        ("trials = 8", "trials = 0", "ho_fmn.tuning: 0 trials of 100 steps; at least one of each is needed"),
        (
            'optimizer = "Adam"',
            'optimizer = "SGD"',
            f"{SEARCH} lacks momentum, which SGD under plateau schedule has; it has {SGD_NAMES}, factor, patience",
        ),
        (
            'schedule = "plateau"',
            'schedule = "cosine"',
            f"{SEARCH}.factor is no hyperparameter of Adam under cosine schedule; it has lr, beta1, beta2, weight_decay",
        ),
        (
            "beta2 = { low = 0.0, high = 0.999 }",
            "beta2 = { low = 0.0, high = 1.0 }",
            "ho_fmn.tuning.search.beta2: 1.0 lies outside [0, 1)",
        ),
        (
            "weight_decay = { low = 0.01, high = 1.0 }",
            "weight_decay = { low = -1, high = 1.0 }",
            "ho_fmn.tuning.search.weight_decay: -1 lies outside [0, inf)",
        ),
        (
            "lr = { low = 0.03, high = 10.0, log = true }",
            "lr = { low = 0.0, high = 10.0, log = true }",
            "ho_fmn.tuning.search.lr: low = 0.0 has no logarithm",
        ),
        (
            "lr = { low = 0.03, high = 10.0, log = true }",
            "lr = { low = 10.0, high = 0.03 }",
            "ho_fmn.tuning.search.lr: low = 10.0 is not below high = 0.03",
        ),
        (
            "patience = { choices = [2, 5, 10] }",
            "patience = { low = 2, high = 10 }",
            "ho_fmn.tuning.search.patience needs `choices`: it is a whole number",
        ),
        (
            "patience = { choices = [2, 5, 10] }",
            "patience = { choices = [2.5, 5] }",
            "ho_fmn.tuning.search.patience: 2.5 is no whole number",
        ),
        (
            "patience = { choices = [2, 5, 10] }",
            "patience = { choices = [] }",
            "ho_fmn.tuning.search.patience has no choices",
        ),
        (
            "patience = { choices = [2, 5, 10] }",
            "patience = { choices = 2 }",
            "ho_fmn.tuning.search.patience needs `low` and `high`, perhaps `log`, or `choices` alone",
        ),
        (
            "factor = { low = 0.1, high = 0.5 }",
            "factor = { low = 0.1 }",
            "ho_fmn.tuning.search.factor needs `low` and `high`, perhaps `log`, or `choices` alone",
        ),
        (
            "factor = { low = 0.1, high = 0.5 }",
            "factor = 0.5",
            "ho_fmn.tuning.search.factor needs `low` and `high`, perhaps `log`, or `choices` alone",
        ),
        (
            "factor = { low = 0.1, high = 0.5 }",
            'factor = { low = "a", high = "b" }',
            "ho_fmn.tuning.search.factor needs `low` and `high`, perhaps `log`, or `choices` alone",
        ),
    ],
)
def test_an_attack_that_cannot_be_run_is_refused_with_its_key(
    tmp_path: Path, line: str, instead: str, message: str
) -> None:
    text = ELSEWHERE.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(line, instead), encoding="utf-8")
    with pytest.raises(ProtocolError) as refused:
        read_protocol(path)
    assert str(refused.value) == f"mine.toml: ValueError: {message}"


def test_a_protocol_that_names_no_loss_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(DEMO.read_text(encoding="utf-8").replace('loss = "DLR"\n', ""), encoding="utf-8")
    with pytest.raises(ProtocolError) as refused:
        read_protocol(path)
    assert str(refused.value) == "mine.toml: ValueError: ho_fmn lacks `loss`"


def test_settings_read_like_this(golden: Callable[[str, str], None]) -> None:
    texts = [f"{protocol.name}\n{settings_words(protocol)}\n" for protocol in map(load_protocol, protocol_names())]
    texts.append(f"elsewhere\n{settings_words(read_protocol(ELSEWHERE))}\n")
    golden("protocol/settings.txt", "\n".join(texts))


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    text = (DEMO.parent / f"{name}.toml").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "autoattack", "ho_fmn"),
    [("apb-2024", ("0.031", "8/255"), ("8/255", "0.031")), ("apb-2026", ("8/255", "0.031"), ("8/255", "0.031"))],
)
def test_each_protocol_of_the_board_names_both_radii(
    name: str, autoattack: tuple[str, str], ho_fmn: tuple[str, str]
) -> None:
    protocol = load_protocol(name)
    for settings, (eps, other) in ((protocol.autoattack, autoattack), (protocol.ho_fmn, ho_fmn)):
        assert settings.other is not None
        assert (settings.eps_text, settings.other.eps_text) == (eps, other)
    assert 0.031 in (protocol.autoattack.eps, protocol.autoattack.other.eps)


def test_a_protocol_may_know_of_one_radius_and_refute_late() -> None:
    demo = load_protocol("demo")
    assert (demo.autoattack.other, demo.ho_fmn.other, demo.early_refutation) == (None, None, None)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('other_eps = "8/255"', 'other_eps = "31/1000"', "other_eps = 31/1000 is eps itself"),
        ('other_eps = "8/255"', 'other_eps = "8"', "eps = 8 is outside (0, 1]"),
        ("alpha = 0.001", "alpha = 0", "early_refutation: alpha and beta must lie between 0 and 1"),
        ("gaps = [5, 10, 20]", "gaps = []", "early_refutation: gaps must be named, and 1 <= step <= max_samples"),
        ("step = 100", "step = 4000", "early_refutation: gaps must be named, and 1 <= step <= max_samples"),
        ("step = 100", "steps = 100", "unexpected keyword argument 'steps'"),
    ],
)
def test_radii_and_tests_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol(changed(tmp_path, "apb-2024", old, new))
    assert complaint in str(refused.value)
