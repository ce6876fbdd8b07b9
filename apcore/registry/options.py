"""The filters of the registry as options of a command."""

import argparse
from typing import Final, cast

from apcore.command_line import UsageError
from apcore.registry.filters import FilterError, Filters, read_filters

# What each takes, in one line; in the order in which help shows them.
_OPTIONS: Final = {
    "name": ("NAME", "of the method, e.g. HARP"),
    "ap_key": ("KEY", "of the method, e.g. HARP_Zhao2023Holistic"),
    "architecture": ("A", "R18 or V16"),
    "dataset": ("D", "CIFAR10 or SVHN"),
    "structure": ("S", "US or S"),
    "sparsity": ("PERCENT", "50, 75, 90, 95 or 99"),
    "pipeline": ("P", "after_training, before_training or during_training"),
    "pretraining": ("T", "AT, NT, KD, CNI or none"),
    "finetuning": ("T", "as --pretraining"),
    "pruning_step": ("T", "as --pretraining"),
    "training_step": ("T", "as --pretraining"),
    "schedule": ("S", "1S (one-shot) or IT (iterative)"),
    "granularity": ("G", "filters, channels or kernel"),
    "locality": ("L", "L (local) or G (global)"),
    "criterion": ("C", "LWM, SOLWM, RELWM, LIS, HGM, BCS or other"),
}


def add_filter_options(parser: argparse.ArgumentParser) -> None:
    """One option per filter."""
    group = parser.add_argument_group("filters, each may be given several times")
    for name, (metavar, words) in _OPTIONS.items():
        group.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, action="append", help=words)


def filters_of(options: argparse.Namespace) -> Filters:
    """The filters that were given.

    Raises:
        UsageError: no model can have a value; names the nearest.
    """
    filters = cast("Filters", {name: getattr(options, name) for name in _OPTIONS if getattr(options, name)})
    try:
        read_filters(filters)
    except FilterError as exc:
        raise UsageError(f"--{exc.where.replace('_', '-')}: {exc.message}; {exc.fix}") from exc
    return filters
