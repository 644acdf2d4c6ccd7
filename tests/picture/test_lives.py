"""The timeline of lives: a line a unit, dark while it is dead."""

import numpy as np
import pytest

from tinygrad_relu.flow.life import History, Look
from tinygrad_relu.picture.lives import plot


def test_the_timeline_has_a_line_for_each_dead_span_and_a_mark_for_each_event():
    plt = pytest.importorskip("matplotlib.pyplot")
    history = History()
    for step, dead in enumerate([[0, 1, 0], [1, 1, 0], [1, 0, 0], [1, 1, 0]]):
        history.look(
            step, [Look("layer 1", np.array(dead, bool)), Look("layer 2", np.zeros(2, bool))]
        )
    figure = plot(history)
    first, second = figure.axes
    spans = first.collections[1].get_segments()
    assert [(s[0, 0], s[1, 0]) for s in spans] == [(0, 2), (3, 3), (1, 3)]
    assert [label.get_text() for label in first.get_yticklabels()] == ["2", "1", "3"]
    assert [len(c.get_offsets()) for c in first.collections[2:]] == [2, 1]
    assert first.get_title(loc="left") == "layer 1: 2 of 3 dead at the end"
    assert len(second.collections[1].get_segments()) == 0
    plt.close(figure)
