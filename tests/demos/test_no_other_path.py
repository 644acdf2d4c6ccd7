"""Claim B11: one gate, and where a skip connection has to start."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinygrad_relu as tg
from demos import CONFIRMED
from demos import no_other_path as demo


@pytest.mark.parametrize(("skip", "share"), [("none", 0), ("from x", 0), ("from z", 1)])
def test_who_brings_the_gradient_back(skip: str, share: float) -> None:
    assert demo.revived(skip, seeds=30).mean == share


def test_the_sentence_names_the_gate_whatever_listens() -> None:
    for listeners in (1, 5):
        net = demo.network("none", listeners=listeners)
        why = tg.gradient_flow(net.loss).why_zero(net.leaves["w"])
        assert why.verdict == "shut"
        assert [stop.label for stop in why.stops] == ["h"]
        assert "every path passes relu 'h'" in why.sentence


def test_a_skip_from_z_is_as_if_there_were_no_relu() -> None:
    net = demo.network("from z")
    assert net.leaves["w"].grad == pytest.approx(net.leaves["b"].grad * 0.5)


def test_finding(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == CONFIRMED
    assert all(path.stat().st_size > 1000 for path in finding.pictures)
