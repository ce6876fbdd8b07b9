"""Attacks of so few steps that a small network is attacked within a second, for tests of all that is around them."""

from dataclasses import replace

from apcore.attacks.library import Budget
from apcore.protocol import Protocol

FEW_STEPS = Budget(apgd_steps=1, fab_steps=1, square_queries=5)


def with_small_ho_fmn(protocol: Protocol) -> Protocol:
    """`protocol` with four trials of five steps, and ten steps of the attack itself; its name and hash are kept."""
    tuning = replace(protocol.ho_fmn.tuning, trials=4, steps=5)
    return replace(protocol, ho_fmn=replace(protocol.ho_fmn, steps=10, tuning=tuning))
