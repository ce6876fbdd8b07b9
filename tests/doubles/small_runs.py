"""Attacks of so few steps that a small network is attacked within a second, for tests of all that is around them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from apcore import benchmark, claim_attacks
from apcore.attacks import probes
from apcore.attacks.library import Budget
from apcore.protocol import Protocol

FEW_STEPS = Budget(apgd_steps=1, fab_steps=1, square_queries=5)


def with_small_ho_fmn(protocol: Protocol) -> Protocol:
    """`protocol` with four trials of five steps, and ten steps of the attack itself; its name and hash are kept."""
    tuning = replace(protocol.ho_fmn.tuning, trials=4, steps=5)
    return replace(protocol, ho_fmn=replace(protocol.ho_fmn, steps=10, tuning=tuning))


def small_attacks(patch: Callable[[Any, str, Any], None], *rooms: Any) -> None:
    """Make attacks small, by something like `setattr`; `rooms` are the modules that load the protocol to follow."""
    for room in (benchmark, claim_attacks):
        patch(room, "run_autoattack", partial(room.run_autoattack, budget=FEW_STEPS))
    for steps in ("PGD_STEPS", "LARGER_STEPS"):
        patch(probes, steps, 2)
    for room in rooms:
        patch(room, "load_protocol", _small(room.load_protocol))


def _small(load: Callable[[str], Protocol]) -> Callable[[str], Protocol]:
    return lambda name: with_small_ho_fmn(load(name))
