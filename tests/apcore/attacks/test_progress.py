"""Progress: often enough to look alive, seldom enough to read."""

from apcore.attacks.progress import Progress, Throttle, ignore


def at(batch, share, *, batches=3):
    return Progress(attack="square", batch=batch, batches=batches, samples=10, robust=4, share=share)


def test_reports_closer_than_the_interval_are_dropped():
    now, heard = [0.0], []
    throttle = Throttle(heard.append, interval_s=0.25, clock=lambda: now[0])
    for tick in range(100):
        now[0] = tick / 64
        throttle(at(1, tick / 100))
    assert [progress.share for progress in heard] == [0.0, 0.16, 0.32, 0.48, 0.64, 0.8, 0.96]


def test_the_end_of_an_attack_is_always_reported():
    heard = []
    throttle = Throttle(heard.append, clock=lambda: 0.0)
    for progress in (at(3, 0.5), at(3, 0.9), at(3, 1.0)):
        throttle(progress)
    assert [progress.share for progress in heard] == [0.5, 1.0]


def test_the_end_is_the_whole_of_the_last_batch():
    assert at(3, 1.0).is_last
    assert not at(2, 1.0).is_last
    assert not at(3, 0.99).is_last


def test_nobody_needs_to_listen():
    assert ignore(at(1, 0.0)) is None
