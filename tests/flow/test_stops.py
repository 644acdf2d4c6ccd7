"""A stop says where, how much and why passing ends."""

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.flow.stops import Stop, cuts


def test_cuts_are_the_first_stops_and_know_their_line():
    x = Value(-1.0, label="x")
    with tg.track_source():
        h = x.relu()
        y = (h * 3).relu()
    (outer,) = tg.gradient_flow(y).cuts
    assert (outer.op, outer.reason, outer.count, outer.total) == ("relu", "kink", 1, 1)
    assert outer.source[0] == __file__
    (cut,) = tg.gradient_flow(h).cuts
    assert (cut.op, cut.reason) == ("relu", "shut")
    assert "relu is shut: its input is −1" in cut.sentence
    assert f"{__file__}:" in cut.sentence


def test_a_tensor_cut_counts_its_elements():
    x = Value(np.array([-1.0, 2.0, -3.0]), label="x")
    flow = tg.gradient_flow(x.relu().sum())
    (cut,) = flow.cuts
    assert (cut.count, cut.total) == (2, 3)
    assert flow.edges[-1].state == "partly"
    assert flow.edges[-1].counts == {"shut": 2, "flows": 1}


def test_a_stop_of_several_kinds_is_mixed():
    x = Value(np.array([-1.0, 0.0, 2.0]), label="x")
    (cut,) = cuts(tg.gradient_flow(x.relu().sum()))
    assert (cut.reason, cut.count, cut.total) == ("mixed", 2, 3)
    assert repr(cut) == "<stop mixed at relu v1: 2 of 3>"
    only = Stop(cut.edge, np.array([True, False, False]))
    assert (only.reason, only.sentence) == ("shut", "relu is shut for 1 of 3 elements")
    assert only.japanese == "relu は3要素のうち1要素で閉じています"
