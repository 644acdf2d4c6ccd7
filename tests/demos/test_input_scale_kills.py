"""Claim B15: alike and large kills; large alone does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos import LIMITED
from demos import input_scale_kills as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=6, steps=20)


def test_alike_and_large_kills(found: demo.Result) -> None:
    assert found.at("all positive", 10.0).low > found.at("all positive", 0.3).high + 0.2
    assert found.first["all positive"][:, -1].mean() > found.birth["all positive"].mean() + 0.1


def test_large_alone_does_not(found: demo.Result) -> None:
    assert found.at("centred", 10.0).high < 0.1


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == LIMITED
