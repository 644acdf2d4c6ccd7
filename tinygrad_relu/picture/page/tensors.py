"""Numbers and tensors as JSON: each tensor once, cut to a preview."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.picture.words import spread, summary

PREVIEW = 16  #: rows and columns of a tensor that are stored
EXACT = 64  #: tensors of up to so many elements keep every digit


def _scalar(x: float) -> Any:
    x = float(x)
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "Infinity" if x > 0 else "-Infinity"
    return int(x) if x.is_integer() and abs(x) < 1e15 else x


def preview(data: Any) -> Any:
    """The first rows and columns; leading axes count as rows."""
    array = np.asarray(data)
    columns = array.shape[-1] if array.ndim else 1
    rows = array.reshape(-1, columns) if columns else array.reshape(0, 0)
    return rows[:PREVIEW, :PREVIEW]


class Pool:
    """Each tensor once, however many steps it takes part in."""

    def __init__(self) -> None:
        self.tensors: list[dict[str, Any]] = []
        self._places: dict[Any, int] = {}

    def __call__(self, data: Any) -> Any:
        """Data as JSON: a number, or the place of a tensor."""
        if data is None:
            return None
        array = np.asarray(data)
        if array.dtype.kind not in "f":
            array = array.astype(float)
        if not array.ndim:
            return _scalar(float(array))
        key = array.shape, array.dtype, array.tobytes()
        place = self._places.setdefault(key, len(self.tensors))
        if place == len(self.tensors):
            self.tensors.append(self._tensor(array))
        return {"tensor": place}

    def _tensor(self, array: Any) -> dict[str, Any]:
        first = preview(array)
        finite = array[np.isfinite(array)]
        numbers = first.ravel().tolist()
        if array.size > EXACT:
            numbers = [float(f"{x:.5g}") for x in numbers]
        columns = array.shape[-1]
        return {
            "shape": list(array.shape),
            "rows": array.size // columns if columns else 0,
            "cols": columns,
            "preview": list(first.shape),
            "data": [_scalar(x) for x in numbers],
            "min": _scalar(finite.min()) if finite.size else None,
            "max": _scalar(finite.max()) if finite.size else None,
            "zeros": int(np.count_nonzero(array == 0)),
            "nonfinite": int(array.size - finite.size),
            "size": int(array.size),
            "summary": summary(array),
            "spread": spread(array),
        }
