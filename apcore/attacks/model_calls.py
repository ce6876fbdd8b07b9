"""How attacks call a network: frozen, counted, and never with an empty batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Hold `model` in evaluation mode without parameter gradients; both are given back afterwards.

    FAB calls `.backward()`, which computes and keeps the gradients of all weights unless parameters are frozen: 1.6
    times the time of a forward and backward pass, for numbers that nobody reads.
    """
    training = [module for module in model.modules() if module.training]
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        model.eval()
        for parameter in trainable:
            parameter.requires_grad = False
        yield
    finally:
        for module in training:
            module.training = True
        for parameter in trainable:
            parameter.requires_grad = True


class CountedModel:
    """A network that reports each forward pass, and how many of the library's it stands for (`counts_as`).

    Square asks for the logits of no samples when a start leaves every margin at exactly 0; a network that reshapes
    cannot answer that, so it is answered here.

    Args:
        model: (n, channels, height, width) images in [0, 1] to (n, classes) logits.
        classes: how many logits it gives.
    """

    def __init__(self, model: nn.Module, *, classes: int) -> None:
        self._model = model
        self._classes = classes
        self.on_call: Callable[[int], None] | None = None
        self.counts_as = 1

    def __call__(self, images: Tensor) -> Tensor:
        """Logits of `images`."""
        if not len(images):
            return images.new_zeros((0, self._classes))
        if self.on_call is not None:
            self.on_call(self.counts_as)
        logits: Tensor = self._model(images)
        return logits

    @contextmanager
    def counting_as(self, calls: int) -> Iterator[None]:
        """Within, each forward pass stands for `calls` of the library's."""
        self.counts_as = calls
        yield
        self.counts_as = 1
