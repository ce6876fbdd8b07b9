"""The last word on an adversarial example: does it lie inside the threat model?"""

from typing import Final

from torch import Tensor

from apcore.errors import MachineError

# x + eps is rounded to float32 before the difference to x is taken: two units in the last place of numbers up to 1.
ROUNDING: Final = 2.5e-7


def check_perturbation(x: Tensor, adversarial: Tensor, eps: float, *, attack: str) -> None:
    """Pass if every example is at most `eps` away from its sample in L-inf and has all pixels in [0, 1].

    Args:
        x: (n, channels, height, width) clean samples, pixels in [0, 1].
        adversarial: the same shape; what an attack found.
        eps: radius in the same units.
        attack: its name, for the message.

    Raises:
        MachineError: an example lies outside, or holds NaN. No broken sample may count on such evidence.
    """
    if not len(x):
        return
    distance = (adversarial - x).abs().amax().item()
    low, high = adversarial.amin().item(), adversarial.amax().item()
    if distance <= eps + ROUNDING and low >= 0 and high <= 1:  # false for NaN as well
        return
    raise MachineError(
        where=attack,
        message=f"{attack} returned a perturbation of {distance:.7g} with pixels from {low:.7g} to {high:.7g}; "
        f"the threat model allows {eps:.7g} with pixels from 0 to 1",
        fix="report this as a bug of the evaluation, with the versions of torch and pyautoattack",
    )
