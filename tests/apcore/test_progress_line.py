"""The line that people watch while attacks run."""

import io

import pytest

from apcore.attacks.progress import Progress
from apcore.progress_line import ProgressLine, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def at(batch: int, share: float, attack: str = "fab-t") -> Progress:
    return Progress(attack=attack, batch=batch, batches=4, samples=10_000, robust=4512, share=share)


def drawn(*moments: tuple[float, Progress], stream: io.StringIO | None = None) -> list[str]:
    stream, clock = stream or Terminal(), Clock()
    line = ProgressLine(stream, "[1/3]", clock=clock)
    for clock.now, progress in moments:
        line(progress)
    return stream.getvalue().replace("\r\x1b[K", "\n").split("\n")


def test_a_moment_tells_attack_batch_robust_samples_and_times() -> None:
    lines = drawn((0, at(1, 0)), (600, at(2, 0.5)), (1600, at(4, 1)))
    assert lines == [
        "",
        "  [1/3]  FAB-T          batch 1 of 4    0%  robust 4,512 of 10,000  0 s",
        "  [1/3]  FAB-T          batch 2 of 4   50%  robust 4,512 of 10,000  10 min, 17 min left",
        "  [1/3]  FAB-T          batch 4 of 4  100%  robust 4,512 of 10,000  27 min",
        "",
    ]


def test_time_left_follows_the_pace_since_the_run_was_taken_up_again() -> None:
    """Half was done before; a quarter since then, in 100 s."""
    assert drawn((1000, at(3, 0)), (1100, at(4, 0)))[-1].endswith("  2 min, 2 min left")


def test_each_attack_has_a_pace_of_its_own() -> None:
    lines = drawn((0, at(1, 0)), (100, at(4, 1)), (100, at(1, 0, "square")), (140, at(2, 0, "square")))
    assert lines[-1].endswith("  40 s, 2 min left")


@pytest.mark.parametrize("moment", [(4.0, at(2, 0)), (60.0, at(1, 0))], ids=["too early", "nothing done"])
def test_nothing_is_promised_that_nobody_can_know(moment: tuple[float, Progress]) -> None:
    assert "left" not in drawn((0, at(1, 0)), moment)[-1]


def test_where_output_is_kept_a_line_comes_now_and_then_and_at_the_end() -> None:
    moments = [(second, at(1, second / 100)) for second in range(0, 40, 2)]
    lines = drawn(*moments, (41, at(4, 1)), stream=io.StringIO())
    assert [line.split("  ")[-1] for line in lines] == [
        "0 s",
        "16 s, 6 min left",
        "32 s, 6 min left",
        "41 s",
        "",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (99.4, "99 s"),
        (99.6, "2 min"),
        (5969, "99 min"),
        (5971, "1 h 40 min"),
        (7500, "2 h 05 min"),
        (468_000, "130 h 00 min"),
    ],
)
def test_durations_are_as_exact_as_one_wants_to_know(seconds: float, words: str) -> None:
    assert duration(seconds) == words
