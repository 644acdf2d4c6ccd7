"""The experiment: is there an open way from the root to a leaf, element by element?

``MORE=20 python -m pytest tests/flow`` tries twenty times as many graphs.
"""

import os

import numpy as np

from tinygrad_relu import Value

MORE = int(os.environ.get("MORE", "1"))


def links(edge):
    """Every way through `edge`, an element to an element: (from, to, open, can be opened)."""
    child, parent = edge.child.value, edge.parent.value
    if edge.local is not None:
        local = np.broadcast_to(edge.local, child.shape)
        places = np.broadcast_to(
            np.arange(parent.size, dtype=np.int64).reshape(parent.shape), child.shape
        )
        for i in range(child.size):
            yield i, int(places.flat[i]), local.flat[i] != 0, i
        return
    closure = child.backward_closure
    which = [i for i, p in enumerate(child.operands) if isinstance(p, Value)].index(edge.slot)
    for i in range(child.size):
        one = np.zeros(child.size)
        one[i] = 1.0
        out = closure(one.reshape(child.shape) if child.ndim else 1.0)[which]
        for j in np.flatnonzero(np.ravel(out)):
            yield i, int(j), True, None


def arrives(flow, leaf, opened, closed=False):
    """Whether anything reaches `leaf`; `opened(edge, element)` says what is forced open.

    A structural op has no gate. With `closed`, whatever arrives at it may reach what it carries
    nothing into, if that is opened.
    """
    reached = {(flow.root.index, i) for i in range(flow.root.value.size)}
    for edge in flow.edges:
        for i, j, is_open, gate in links(edge):
            if (edge.child.index, i) in reached and (
                is_open or (gate is not None and opened(edge, gate))
            ):
                reached.add((edge.parent.index, j))
        if closed and edge.local is None and any(at == edge.child.index for at, _ in reached):
            shut = np.flatnonzero(~np.ravel(edge.crossing.passes)).tolist()
            reached |= {(edge.parent.index, j) for j in shut if opened(edge, j)}
    node = flow.node(leaf)
    return any((node.index, i) in reached for i in range(leaf.size))


def named(stops):
    return {(id(s.edge), int(i)) for s in stops for i in np.flatnonzero(np.ravel(s.mask))}


def every_stop(flow):
    return sorted(
        {(e.index, gate) for e in flow.edges for _, _, is_open, gate in links(e) if not is_open}
    )
