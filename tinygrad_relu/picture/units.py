"""A report on units as a table for terminals and notebooks, and as a figure."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tinygrad_relu.flow.running import Model
from tinygrad_relu.flow.units import UNIT_STATES, Report, Unit, UnitLayer, judge
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.numbers import number
from tinygrad_relu.options import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: A colour and a sign for each state, so that colour is never all there is.
LOOK = {
    "nan": ("#762a83", "?"),
    "dead": ("#b2182b", "✕"),
    "starved": ("#ef8a62", "⊘"),
    "constant": ("#fddbc7", "="),
    "dormant": ("#bababa", "·"),
    "rare": ("#d1e5f0", "◔"),
    "always-on": ("#2166ac", "●"),
    "live": ("#67a9cf", "◐"),
}

_COLUMNS = ("unit", "state", "open", "mean |h|", "APoZ", "score", "kink", "probe", "shut for")


def percent(share: float) -> str:
    """A share as a percentage that says 0 % and 100 % only where it is.

    Examples
    --------
    >>> percent(0.0), percent(0.00001), percent(0.4), percent(0.99999)
    ('0 %', '<0.1 %', '40 %', '>99.9 %')
    """
    if 0 < share < 0.001:
        return "<0.1 %"
    if 0.999 < share < 1:
        return ">99.9 %"
    return f"{number(100 * share)} %"


def _cells(unit: Unit) -> tuple[str, ...]:
    state = f"{LOOK[unit.state][1]} {unit.state}" + (f" ({unit.mark})" if unit.mark else "")
    return (
        str(unit.index + 1),
        state,
        percent(unit.open_share),
        number(unit.mean_abs),
        percent(unit.apoz),
        number(unit.score),
        percent(unit.on_kink),
        percent(unit.probe),
        unit.shut,
    )


def _chosen(layer: UnitLayer, max_units: int) -> list[Unit]:
    """The units to show: all, or those in the gravest states first."""
    if len(layer) <= whole("to_text", "max_units", max_units):
        return list(layer)
    grave = sorted(layer, key=lambda unit: UNIT_STATES.index(unit.state))
    return sorted(grave[: max(0, max_units)], key=lambda unit: unit.index)


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {state}" for state, n in counts.items())


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _heading(layer: UnitLayer, there: UnitLayer | None) -> str:
    edges = ", ".join(f"{len(units)} for {word}" for word, units in layer.edges.items() if units)
    test = f"; test: {_told(there.counts)}" if there else ""
    many = _many(len(layer), "unit")
    return f"{layer.name}, {many}: {_told(layer.counts)}{test}; edges shut: {edges}"


def _rows(
    layer: UnitLayer, there: UnitLayer | None, max_units: int
) -> tuple[tuple[str, ...], list[tuple[Unit, tuple[str, ...]]]]:
    """Column names, and units with their cells; beside them the state over the test set."""
    if there is None:
        return _COLUMNS, [(unit, _cells(unit)) for unit in _chosen(layer, max_units)]
    rows = []
    for unit in _chosen(layer, max_units):
        beside = _cells(there[unit.index])
        rows.append((unit, (*_cells(unit), beside[1], beside[2])))
    return (*_COLUMNS, "test state", "test open"), rows


def to_text(report: Report, max_units: int = 12) -> str:
    """The report as a table; layers of more than `max_units` show their gravest units."""
    if not report.layers:
        many = _many(report.examples, "example")
        return f"{many}: the model has no activation, so no unit to judge"
    lines = [_summary(report)]
    for layer in report:
        there = report.test[layer.number] if report.test else None
        names, rows = _rows(layer, there, max_units)
        table = [names, *(cells for _, cells in rows)]
        widths = [max(len(row[i]) for row in table) for i in range(len(names))]
        lines += ["", _heading(layer, there)]
        for row in table:
            aligned = (
                cell.ljust(w) if "state" in name or name == "shut for" else cell.rjust(w)
                for name, cell, w in zip(names, row, widths, strict=True)
            )
            lines.append(("  " + "  ".join(aligned)).rstrip())
        if len(rows) < len(layer):
            lines.append(f"  … {len(layer) - len(rows)} more")
    return "\n".join(lines)


def _summary(report: Report) -> str:
    many = f"{_many(report.examples, 'example')}, {_many(len(report.units), 'unit')}"
    text = f"{many}: {_told(report.counts)}"
    if report.test:
        text += f"; {_many(report.test.examples, 'test example')}: {_told(report.test.counts)}"
        text += f"; {len(report.changed)} judged differently"
    return text


def to_html(report: Report, max_units: int = 12) -> str:
    """The report as HTML tables for a notebook."""
    parts = [f"<p>{html.escape(to_text(report).splitlines()[0])}</p>"]
    for layer in report:
        there = report.test[layer.number] if report.test else None
        names, rows = _rows(layer, there, max_units)
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            f'<tr style="border-left:6px solid {LOOK[unit.state][0]}">'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for unit, cells in rows
        )
        more = len(layer) - len(rows)
        rest = f"<p>… {more} more</p>" if more else ""
        parts.append(
            f"<details open><summary>{html.escape(_heading(layer, there))}</summary>"
            '<table style="border-collapse:collapse" cellpadding="3">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}</details>"
        )
    return "\n".join(parts)


def pyplot() -> Any:
    """Matplotlib, or how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError(
            'a plot needs Matplotlib: python -m pip install "tinygrad_relu[lab]"'
        ) from None
    return plt


def plot(report: Report) -> Figure:
    """One bar a layer, split into states; a second one for the test set."""
    plt = pyplot()
    figure: Figure
    sets = [("", report)] if report.test is None else [("train", report), ("test", report.test)]
    rows = [
        (f"{layer.name} {name}".strip(), other[layer.number])
        for layer in report
        for name, other in sets
    ]
    figure, axes = plt.subplots(figsize=(8, 1.4 + 0.42 * max(1, len(rows))), layout="constrained")
    for y, (_, layer) in enumerate(rows):
        left = 0.0
        for state, count in layer.counts.items():
            color, sign = LOOK[state]
            width = count / len(layer)
            axes.barh(y, width, left=left, color=color, edgecolor="white", height=0.8)
            if width > 0.05:
                dark = state in ("dead", "always-on")
                axes.text(left + width / 2, y, f"{sign} {count}", ha="center", va="center",
                          fontsize=9, color="white" if dark else "black")  # fmt: skip
            left += width
    if not rows:
        axes.set_title(to_text(report), fontsize=10)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the layer's units")
    seen = [s for s in UNIT_STATES if any(s in r.counts for _, r in sets)]
    handles = [plt.Rectangle((0, 0), 1, 1, color=LOOK[s][0]) for s in seen]
    labels = [f"{LOOK[s][1]} {s}" for s in seen]
    figure.legend(handles, labels, loc="outside upper center", ncols=8, frameon=False, fontsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


class UnitReport(Report):
    """What became of every unit of a model over a data set; prints itself as a table."""

    to_text = to_text
    plot = plot
    _repr_html_ = to_html

    def __str__(self) -> str:
        return self.to_text()


def inspect_units(
    model: Model,
    X: Any,
    batch_size: int = 256,
    *,
    test: Any = None,
    tau: float = 0.025,
    rare: float = 0.01,
    unit_axis: int | None = None,
) -> UnitReport:
    """Judge every unit of `model` over the whole of `X`.

    One pass in batches; memory does not grow with the data. Modules are run as in evaluation.
    A unit is a row of weights, whose numbers are followed to the next activation; a feature map
    of a convolution is one unit. An output without an activation is not judged.

    Parameters
    ----------
    model : callable
        From a batch of examples, along axis 0, to a Value of which one axis counts them.
    X : array_like or Value
        All examples. As a Value, layers whose parameters are frozen are found too.
    batch_size : int
    test : array_like or Value, optional
        A second data set to set beside: what is dead here need not be dead there.
    tau : float
        Up to this score a unit is dormant.
    rare : float
        Up to this share of examples a unit that fires is rare.
    unit_axis : int, optional
        The axis of an activation that counts its units, where they cannot be followed from
        weights.

    Returns
    -------
    UnitReport
        A table: ``help(report[0][0])`` tells its columns, and
        ``help("tinygrad_relu.flow.units")`` the states.

    Raises
    ------
    TypeError, ValueError
        If the model gives no graph, or one in which no axis counts the examples, or if its graph
        changes from batch to batch; if the axis of units cannot be known; if X is empty.

    Examples
    --------
    >>> import numpy as np, tinygrad_relu as tg
    >>> weight, bias = tg.Value([[1.0], [1.0], [-1.0]]), tg.Value([0.0, -9.0, 0.0])
    >>> model = lambda x: tg.linear(x, weight, bias).relu().sum(axis=1)
    >>> report = inspect_units(model, np.linspace(-2, 2, 5)[:, None])
    >>> report[0].states
    ('live', 'dead', 'live')
    >>> report[0][0].open_share, report[0][0].apoz
    (0.4, 0.6)
    """
    how = batch_size, tau, rare, unit_axis
    with evaluating(model):
        report = UnitReport(*judge(model, X, *how))
        return (
            report if test is None else replace(report, test=UnitReport(*judge(model, test, *how)))
        )
