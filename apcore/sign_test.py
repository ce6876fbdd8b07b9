"""Is one of two treatments of the same samples better than the other, or is it chance?"""

from math import comb


def sign_test(better: int, worse: int) -> float:
    """Chance that of all samples that differ at least `better` differ this way, were both ways equally likely; in (0, 1].

    Source: Dixon & Mood 1946, doi:10.1080/01621459.1946.10501898 (one-sided; samples that do not differ say nothing).
    """
    differing = better + worse
    at_least: int = sum(comb(differing, count) for count in range(better, differing + 1))
    return at_least / (1 << differing)
