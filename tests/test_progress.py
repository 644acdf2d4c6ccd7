"""The bar: seen where tqdm is installed and somebody looks, silent elsewhere."""

import sys

import pytest

from tinygrad_relu.progress import progress_bar


def run(show):
    with progress_bar(4, show=show, done=1, what="runs", unit="run") as bar:
        bar.update()
        bar.set_postfix(loss=0.5)
        bar.set_postfix({"loss": 0.25})


def test_a_bar_counts_from_where_it_starts(capsys):
    pytest.importorskip("tqdm")
    run(True)
    told = capsys.readouterr().err
    assert "runs" in told
    assert "2/4" in told
    assert "loss=0.25" in told


@pytest.mark.parametrize("installed", [True, False])
def test_nothing_is_shown_without_tqdm_or_where_it_is_not_wanted(installed, monkeypatch, capsys):
    if not installed:
        for name in ("tqdm", "tqdm.auto"):
            monkeypatch.setitem(sys.modules, name, None)
    run(not installed)
    assert capsys.readouterr().err == ""
