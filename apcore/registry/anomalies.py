"""What is odd about the list of published files, worked out from the list and the board; nothing of it is mended in silence.

The list is that of the released benchmark (pralab/AdversarialPruningBenchmark at 0ae46e7, `taxonomy/models.py` and
`taxonomy/distances.py`); which files it means can be seen, what is in them cannot.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from apcore.layouts.input_normalization import described
from apcore.layouts.registry import registry
from apcore.model_key import ModelKey, Structure
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, UNCERTAIN, Holds, PublishedFile, published_files
from apcore.registry.board import board_methods
from apcore.registry.remark import About, Kind, Remark

# Its networks were trained on normalised inputs, which its data loader made; the released benchmark, which has no network of
# it, hands pixels in [0, 1] to all. (apcore/layouts/methods/rst.toml)
TRAINED_ON_NORMALIZED_INPUT: Final = "RST_Fu2021Drawing"
PROTOCOL_OF_THE_LIST: Final = "apb-2024"


@cache
def registry_remarks() -> tuple[Remark, ...]:
    """All that is odd about the list, each with the models that it concerns."""
    return (
        *_twice_listed(),
        *_other_names(),
        *_without_counterpart(),
        *_about_every_file(),
        *_about_contents(),
        *_aliases(),
    )


def _twice_listed() -> Iterator[Remark]:
    counts = Counter(_keys(Holds.CHECKPOINT))
    for key in sorted(key for key, count in counts.items() if count > 1):
        ids = ", ".join(_ids(key))
        yield Remark(
            kind=Kind.DUPLICATE_KEY,
            about=About.LIST,
            keys=(key,),
            message=f"the list has {counts[key]} checkpoints under {key} ({ids}); the released code reaches the last one only",
        )
        missing = sorted(UNCERTAIN - set(counts))
        yield Remark(
            kind=Kind.PROBABLE_MISLABEL,
            about=About.CHECKPOINT,
            keys=tuple(sorted(UNCERTAIN)),
            message=f"one of the files listed under {key} ({ids}) is most likely that of {_named(missing)}, which has none; "
            "the list does not tell which, so each is held against the network of the key",
        )


def _other_names() -> Iterator[Remark]:
    files = [file for file in published_files() if file.registered_as]
    for name in sorted({(file.registered_as or "").rsplit("_", 4)[0] for file in files}):
        own = [file for file in files if (file.registered_as or "").startswith(f"{name}_")]
        yield Remark(
            kind=Kind.UNKNOWN_AP_KEY,
            about=About.DISTANCES,
            keys=tuple(sorted(file.model_key for file in own)),
            message=f"the list has these distances under {name}, which is no method; they are taken for those of "
            f"{own[0].model_key.ap_key}",
        )


def _without_counterpart() -> Iterator[Remark]:
    models, distances = set(_keys(Holds.CHECKPOINT)), set(_keys(Holds.DISTANCES))
    cells = {result.key for method in board_methods() for result in method.results if result.provenance == "published"}
    yield Remark(
        kind=Kind.MODELS_WITHOUT_DISTANCES,
        about=About.LIST,
        keys=tuple(sorted(models - distances)),
        message=f"of {len(models)} models with a checkpoint, {len(models - distances)} have no distances",
    )
    yield Remark(
        kind=Kind.DISTANCES_WITHOUT_MODEL,
        about=About.DISTANCES,
        keys=tuple(sorted(distances - models)),
        message="these distances belong to a model whose checkpoint the list has under no key or under another one",
    )
    lacking = cells - models
    svhn = sum(key.dataset == "SVHN" for key in lacking)
    yield Remark(
        kind=Kind.RESULT_WITHOUT_MODEL,
        about=About.LIST,
        keys=tuple(sorted(lacking)),
        message=f"{len(lacking)} of {len(cells)} published results have no checkpoint in the list, {svhn} of them those on "
        "SVHN: it has no file of any SVHN model",
    )
    yield Remark(
        kind=Kind.MODEL_WITHOUT_RESULT,
        about=About.LIST,
        keys=tuple(sorted(models - cells)),
        message=f"of {len(models)} models with a checkpoint, {len(models - cells)} have no published result",
    )


def _about_every_file() -> Iterator[Remark]:
    models = _keys(Holds.CHECKPOINT)
    yield Remark(
        kind=Kind.EXAMPLE_ID,
        about=About.LIST,
        keys=tuple(f.model_key for f in published_files() if f.id == EXAMPLE_OF_THE_OLDER_FORM),
        message=f"the older issue form shows {EXAMPLE_OF_THE_OLDER_FORM} as its example, which is the id of this checkpoint",
    )
    yield Remark(
        kind=Kind.GRANULARITY_LOST,
        about=About.LIST,
        keys=tuple(sorted({key for key in models if key.structure is Structure.STRUCTURED})),
        message="the key says S only: whether filters or channels were removed is in the checkpoint alone",
    )
    yield Remark(
        kind=Kind.NO_INTEGRITY_DATA,
        about=About.LIST,
        keys=tuple(sorted({file.model_key for file in published_files()})),
        message="the list has no hash and no size of any file; the hash of the first download is remembered and holds from then",
    )


def _about_contents() -> Iterator[Remark]:
    method = registry().methods[TRAINED_ON_NORMALIZED_INPUT]
    declared = method.normalization_on("CIFAR10")
    how = described(declared.values if declared else None)
    yield Remark(
        kind=Kind.NORMALIZED_INPUT,
        about=About.CHECKPOINT,
        keys=tuple(sorted(key for key in _keys(Holds.CHECKPOINT) if key.ap_key == method.ap_key)),
        message=f"{method.name} was trained on normalised inputs, which its code makes outside the network, and the released "
        f"benchmark hands raw pixels to every network; the one that is loaded has its input {how}, starting from pixels in "
        "[0, 1], so that its accuracy may differ from the published one",
    )
    yield Remark(
        kind=Kind.AMBIGUOUS_ZERO,
        about=About.DISTANCES,
        keys=tuple(sorted(_keys(Holds.DISTANCES))),
        message="in released distances 0 means two things, a sample that is misclassified without an attack and one for which "
        "no adversarial example was found; the file does not tell them apart",
    )


def _aliases() -> Iterator[Remark]:
    for method in board_methods():
        for alias in method.taxonomy.aliases:
            yield Remark(
                kind=Kind.KEY_ALIAS,
                about=About.LIST,
                keys=tuple(result.key for result in method.results),
                message=f"{method.taxonomy.name} is {method.taxonomy.ap_key} here; its older key {alias} is read as that one",
            )


def _keys(holds: Holds) -> list[ModelKey]:
    return [file.model_key for file in published_files() if file.holds is holds]


def _ids(key: ModelKey) -> list[str]:
    return [file.id for file in files_of(key) if file.holds is Holds.CHECKPOINT]


def files_of(key: ModelKey) -> tuple[PublishedFile, ...]:
    """The files that may be those of `key`, checkpoints first."""
    return tuple(file for holds in Holds for file in published_files() if file.holds is holds and file.is_of(key))


def _named(keys: Iterable[ModelKey]) -> str:
    return " and ".join(map(str, keys))
