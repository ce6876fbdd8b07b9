"""A network small enough to be attacked in a test, and samples of which each of the four attacks breaks some."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from apcore.attacks.library import Budget
from apcore.protocol import AutoAttackSettings, Randomness, Samples


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """On networks this small, threads that wait for each other cost more than they bring."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def unthrottled(monkeypatch):
    """Every report of progress reaches the listener."""
    for attack in ("autoattack", "ho_fmn"):
        monkeypatch.setattr(f"apcore.attacks.{attack}.Throttle", lambda listener: listener)


class HalfMasked(nn.Module):
    """A tiny network that rounds the pixels of bright images: their gradients are zero, so only Square can break them."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, images: Tensor) -> Tensor:
        bright = (images.flatten(1).mean(1) > 0.5).view(-1, 1, 1, 1)
        logits: Tensor = self.layers(torch.where(bright, images.mul(64).round().div(64), images))
        return logits


def layers(*, classes: int = 10, seed: int = 1) -> nn.Sequential:
    """(n, 1, 8, 8) to (n, classes): large random weights, and a BatchNorm that is not the identity."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Conv2d(6, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(128, classes),
        )
        network[1].running_mean.normal_().mul_(0.1)
        network[1].running_var.uniform_(0.5, 1.5)
    with torch.no_grad():
        for index, gain in ((0, 4.0), (3, 4.0), (6, 3.0)):
            network[index].weight.mul_(gain)
    return network


def predictions(network: nn.Module, images: Tensor) -> Tensor:
    training = network.training
    with torch.no_grad():
        found = network.eval()(images).argmax(1)
    network.train(training)
    return found


@pytest.fixture(scope="session")
def make_layers() -> Callable[..., nn.Sequential]:
    return layers


@pytest.fixture(scope="session")
def make_case() -> Callable[[], tuple[nn.Module, Tensor, Tensor]]:
    """A network, images, and as labels its own predictions, but for samples 2, 9 and 17, which it gets wrong."""

    def make() -> tuple[nn.Module, Tensor, Tensor]:
        network = HalfMasked(layers())
        images = torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(1))
        labels = predictions(network, images)
        labels[[2, 9, 17]] = (labels[[2, 9, 17]] + 1) % 10
        return network, images, labels

    return make


@pytest.fixture
def case(make_case) -> tuple[nn.Module, Tensor, Tensor]:
    return make_case()


@pytest.fixture
def network(case) -> nn.Module:
    return case[0]


@pytest.fixture
def images(case) -> Tensor:
    return case[1]


@pytest.fixture
def labels(case) -> Tensor:
    return case[2]


@pytest.fixture(scope="session")
def small() -> Budget:
    """So little that every attack leaves something to the next one."""
    return Budget(apgd_steps=1, fab_steps=2, square_queries=100)


@pytest.fixture(scope="session")
def settings() -> Callable[..., AutoAttackSettings]:
    def make(
        *, eps: float = 0.03, batch_size: int = 10, seed: int = 3, first: int = 0, randomness: Randomness = "reference"
    ) -> AutoAttackSettings:
        return AutoAttackSettings(
            eps=eps,
            eps_text=str(eps),
            samples=Samples(first=first, count=24),
            batch_size=batch_size,
            seed=seed,
            randomness=randomness,
        )

    return make


class TwoSides(nn.Module):
    """(n, 1, 8, 8) to (n, 3): a hyperplane with a class on each side, and a third class that is never near."""

    def __init__(self) -> None:
        super().__init__()
        self.normal = nn.Parameter(torch.randn(64, generator=torch.Generator().manual_seed(4)))

    def forward(self, images: Tensor) -> Tensor:
        side = (images.flatten(1) - 0.5) @ self.normal
        return torch.stack((side, -side, torch.full_like(side, -50)), dim=1)

    def exact_distances(self, images: Tensor) -> Tensor:
        """L-inf distance of each image to the hyperplane."""
        side = (images.flatten(1) - 0.5) @ self.normal
        return (side.abs() / self.normal.abs().sum()).detach()


@pytest.fixture
def two_sides() -> TwoSides:
    return TwoSides()


@pytest.fixture
def grey_images(two_sides: TwoSides) -> Tensor:
    """Images whose pixels leave room to reach the hyperplane, at distances of 0.01 to 0.05."""
    images = torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(5)) * 0.4 + 0.3
    side = two_sides(images)[:, :1].sign().view(-1, 1, 1, 1)
    return (images + 0.01 * side * two_sides.normal.sign().view(1, 1, 8, 8)).detach()


class Unbreakable(nn.Module):
    """Says class 7 of every image, with a gradient."""

    def forward(self, images: Tensor) -> Tensor:
        logits = images.flatten(1)[:, :10] * 0.1
        return logits + torch.nn.functional.one_hot(torch.tensor(7), 10) * 5


@pytest.fixture
def unbreakable() -> nn.Module:
    return Unbreakable()
