"""`docs/layouts.md`: which checkpoints load, written from the declarations themselves."""

from collections.abc import Iterable, Iterator

from apcore.layouts.declaration import Layout, Method, MethodNormalization
from apcore.layouts.registry import Registry
from apcore.layouts.stored_names import stored_tensors
from apcore.layouts.unwrapping import BUFFERS, WRAPPERS
from apcore.networks.declared import GRAPHS

_INTRODUCTION = """# Which checkpoints load

A checkpoint is read if `torch.save` wrote it, in its zip form or in the legacy form before PyTorch 1.6, on whatever device.
The state dict may be the file itself or stand in a dictionary under `state_dict`, `net`, `model` or the like. It must hold
exactly the tensors of one layout below, names and shapes; `num_batches_tracked` alone may be there or not.

Before that, prefixes that all names carry are taken off, also several of them: {wrappers}.
{mean} and {std} are read as the input normalisation.

`apcore inspect net.pt --model-key KEY` says which layout a file is of, or what it lacks.

Names and shapes do not tell how a network normalises its input. Under the key of a published method what the method does
holds; under any other key the form states it. A contradiction between key, form and file is refused, never resolved."""

_METHODS = """## Under the key of a published method

Its layouts, the published one first, and its input normalisation. *If stated*: only where the form states it."""

_LAYOUTS = """## Under any other key

Every layout of the key's architecture; of equal ones the first. Where weights follow from scores, the kept fraction is 1 minus
the sparsity in the key, since the files do not hold it; a dense export says it better."""


def layouts_page(declared: Registry) -> str:
    """The page as Markdown."""
    wrappers = ", ".join(f"`{wrapper}`" for wrapper in WRAPPERS)
    parts = (
        _INTRODUCTION.format(wrappers=wrappers, mean=f"`{BUFFERS[0]}`", std=f"`{BUFFERS[1]}`"),
        _METHODS,
        _table(
            ("key", "ResNet-18", "VGG-16", "input normalisation"),
            (_method_cells(method) for method in declared.methods.values()),
        ),
        _LAYOUTS,
        _table(("layout", "network", "tensors", "weights"), map(_layout_cells, declared.layouts.values())),
    )
    return "\n\n".join(parts) + "\n"


def _method_cells(method: Method) -> tuple[str, ...]:
    normalizations = "<br>".join(_normalization(dataset, of) for dataset, of in method.normalizations)
    return (
        f"`{method.ap_key}`",
        _names(method.layouts_of("resnet18")),
        _names(method.layouts_of("vgg16")),
        normalizations or "none",
    )


def _normalization(dataset: str, of: MethodNormalization) -> str:
    mean, std = (", ".join(f"{number:.9g}" for number in part) for part in of.values)
    when = ", if stated" if of.when == "stated" else ""
    return f"{dataset}{when}: mean {mean}; std {std} ({of.source})"


def _layout_cells(layout: Layout) -> tuple[str, ...]:
    return (
        f"`{layout.name}`",
        GRAPHS[layout.graph].name.partition(" (layout")[0],
        str(len(stored_tensors(layout))),
        "; ".join(_storage(layout)),
    )


def _storage(layout: Layout) -> Iterator[str]:
    yield layout.rule.words
    if layout.convolution_bias:
        yield "convolutions have biases"
    if not layout.batch_norm_affine:
        yield "BatchNorm has neither scale nor shift"
    if layout.convolution_head:
        yield "the head is a 1x1 convolution without bias"
    if layout.renames:
        yield f"other names, such as `{layout.renames[0][1]}` for `{layout.renames[0][0]}`"
    if layout.copies:
        yield f"every tensor twice, `{layout.copies[0][0]}` also as `{layout.copies[0][1]}`"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (header, ("---",) * len(header), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
