"""A report is a table for who prints it, and a short sentence for who only looks."""

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking import Verdict, gradcheck


def test_report_is_a_table_the_worst_first():
    report = gradcheck(tg.relu, Value([2.0, 0.0], label="x"))
    lines = str(report).splitlines()
    assert lines[0].split() == ["element", "analytic", "left", "right", "central", "verdict"]
    assert lines[1].startswith("x[1]")
    assert lines[1].endswith("KINK_INSIDE")
    assert lines[-1] == "1 PASS, 1 KINK_INSIDE"
    assert report.counts[Verdict.PASS] == 1


def test_a_long_report_is_cut():
    assert "… and 80 more" in str(gradcheck(tg.sum, np.zeros(100)))


def test_its_repr_is_a_short_sentence():
    report = gradcheck(tg.relu, np.arange(-50.0, 50.0))
    assert repr(report) == "GradcheckReport(KINK_INSIDE: 100 elements, 99 PASS, 1 KINK_INSIDE)"
    assert repr(gradcheck(tg.relu, [])) == "GradcheckReport(PASS: 0 elements)"
