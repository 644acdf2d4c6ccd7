"""Ratios against other engines, measured here and now: ``python -m tests.benchmarks``."""
