"""Benchmark core of adversarially robust pruned networks; it has not heard of GitHub, and imports torch only on use."""
