"""Update rules: from gradients to the direction of one step. They equal torch's optimisers, step by step.

torch's own act on leaf tensors with one learning rate for all samples. Here the rule gives a direction, and the attack
decides with which learning rate each sample follows it.
"""

from typing import Final, Protocol

from torch import Tensor

from apcore.fmn_configuration import Adam, Adamax, Optimizer, Sgd

EPSILON: Final = 1e-8  # torch's, and fixed in HO-FMN's search space


class UpdateRule(Protocol):
    """Has a state, so it serves one run of one batch."""

    def direction(self, gradient: Tensor, delta: Tensor) -> Tensor:
        """What is to be subtracted from `delta`, per unit of learning rate.

        Args:
            gradient: of what is minimised, by `delta`; any shape, the same at each call.
            delta: where it was taken; the weight decay pulls it to 0.
        """
        ...


def update_rule(optimizer: Optimizer) -> UpdateRule:
    """A fresh rule with the hyperparameters of `optimizer`."""
    match optimizer:
        case Sgd():
            return _Sgd(optimizer)
        case Adam():
            return _Adam(optimizer)
        case Adamax():
            return _Adamax(optimizer)


class _Sgd:
    """v_1 = d_1, v_t = momentum v_{t-1} + (1 - dampening) d_t, with d_t = g_t + weight_decay delta; v_t is the direction.

    As in torch the first d is not dampened, and without momentum none is.
    """

    def __init__(self, chosen: Sgd) -> None:
        self._chosen = chosen
        self._velocity: Tensor | None = None

    def direction(self, gradient: Tensor, delta: Tensor) -> Tensor:
        chosen, decayed = self._chosen, gradient + self._chosen.weight_decay * delta
        if self._velocity is None or chosen.momentum == 0:
            self._velocity = decayed
        else:
            self._velocity = chosen.momentum * self._velocity + (1 - chosen.dampening) * decayed
        return self._velocity


class _Adam:
    """m_t = b1 m_{t-1} + (1 - b1) d_t and v_t = b2 v_{t-1} + (1 - b2) d_t^2, with d_t as in `_Sgd`.

    The direction is m_t / (1 - b1^t) over sqrt(v_t / (1 - b2^t)) + epsilon.
    """

    def __init__(self, chosen: Adam) -> None:
        self._chosen = chosen
        self._step = 0
        self._mean: Tensor | float = 0.0
        self._square: Tensor | float = 0.0

    def direction(self, gradient: Tensor, delta: Tensor) -> Tensor:
        chosen, decayed = self._chosen, gradient + self._chosen.weight_decay * delta
        self._step += 1
        self._mean = mean = chosen.beta1 * self._mean + (1 - chosen.beta1) * decayed
        self._square = square = chosen.beta2 * self._square + (1 - chosen.beta2) * decayed.square()
        spread = (square / (1 - chosen.beta2**self._step)).sqrt() + EPSILON
        return mean / (1 - chosen.beta1**self._step) / spread


class _Adamax:
    """m_t as in `_Adam`, and u_t = max(b2 u_{t-1}, |d_t| + epsilon); the direction is m_t / (1 - b1^t) / u_t."""

    def __init__(self, chosen: Adamax) -> None:
        self._chosen = chosen
        self._step = 0
        self._mean: Tensor | float = 0.0
        self._largest: Tensor | None = None

    def direction(self, gradient: Tensor, delta: Tensor) -> Tensor:
        chosen, decayed = self._chosen, gradient + self._chosen.weight_decay * delta
        self._step += 1
        self._mean = mean = chosen.beta1 * self._mean + (1 - chosen.beta1) * decayed
        largest = decayed.abs() + EPSILON
        self._largest = largest = largest if self._largest is None else (chosen.beta2 * self._largest).maximum(largest)
        return mean / (1 - chosen.beta1**self._step) / largest
