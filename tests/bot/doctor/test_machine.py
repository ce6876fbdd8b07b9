"""What a machine must have, fact by fact."""

import pytest

from bot.doctor import machine, software
from bot.doctor.diagnosis import Diagnosis, Role

GOOD_GPU = machine.Gpu(torch="2.14.1", built_for="13.0", devices=("NVIDIA H100",))
CASES = [
    (software.python((3, 11, 7)), "ok", "3.11.7"),
    (software.python((3, 10, 2)), "fails", "3.10.2, too old"),
    (software.python((3, 13, 0)), "fails", "3.13.0, while requirements/"),
    (software.packages(None, {}, "light.txt"), "untried", "light.txt is not here"),
    (software.packages({"a": "1"}, {"a": "1"}, "light.txt"), "ok", "all 1 of light.txt"),
    (software.packages({"a": "1", "b": "2"}, {"a": None, "b": "2"}, "light.txt"), "fails", "missing: a"),
    (software.packages({"a": "1"}, {"a": "3"}, "light.txt"), "fails", "another version: a 3 for 1"),
    (machine.disk(25 * 10**9, "/work", Role.RUNNER), "ok", "25 GB free"),
    (machine.disk(24 * 10**9, "/work", Role.RUNNER), "fails", "24 GB free in /work, 25 GB are needed"),
    (machine.disk(10**9, "/work", Role.HOSTED), "ok", "1 GB free"),
    (machine.credentials({"PATH", "HOME"}), "ok", "none"),
    (machine.credentials({"GH_TOKEN", "PATH", "APBOT_APP_KEY"}), "fails", "APBOT_APP_KEY, GH_TOKEN"),
    (machine.gpu(machine.Gpu(torch=None)), "untried", "torch is not installed"),
    (machine.gpu(machine.Gpu(torch="2.14.1")), "fails", "built without CUDA"),
    (machine.gpu(machine.Gpu(torch="2.14.1", built_for="13.0", error="no driver")), "fails", "sees no GPU: no driver"),
    (machine.gpu(GOOD_GPU), "ok", "NVIDIA H100"),
    (machine.gpu_behind_walls((), None, ""), "untried", "there is no /dev/nvidia*"),
    (machine.gpu_behind_walls(("/dev/nvidia0",), None, "no library"), "fails", "no library"),
    (machine.gpu_behind_walls(("/dev/nvidia0",), 304, ""), "fails", "cuInit says 304"),
    (machine.gpu_behind_walls(("/dev/nvidia0",), 0, ""), "ok", "cuInit works"),
    (machine.walls("", None, "no namespaces"), "fails", "nothing can be confined here: no namespaces"),
    (machine.walls("Landlock", {"read": False, "run": True}), "fails", "behind Landlock, a process could run"),
    (machine.walls("Landlock", {"read": False}), "ok", "tried in vain: read"),
    (machine.data_set("SVHN", None, 10_000, "nothing is there"), "fails", "nothing is there"),
    (machine.data_set("SVHN", (400, "ab" * 32), 10_000), "fails", "400 images, the protocol reads 10,000"),
    (machine.data_set("SVHN", (26_032, "ab" * 32), 10_000), "ok", "26,032 images"),
    (machine.drive(302), "ok", "HTTP status 302"),
    (machine.drive(503), "fails", "HTTP status 503"),
    (machine.drive(None, "ConnectionError"), "fails", "ConnectionError"),
]


@pytest.mark.parametrize(("found", "outcome", "why"), CASES, ids=lambda value: getattr(value, "name", value))
def test_each_fact_is_judged(found: Diagnosis, outcome: str, why: str) -> None:
    assert found.outcome.name.lower() == outcome
    assert why in found.why


def test_only_drive_is_an_outside_service() -> None:
    assert [found.name for found, _, _ in CASES if found.is_service] == ["google drive", "google drive"]
