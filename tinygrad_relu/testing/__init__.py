"""Hypothesis strategies: hard operands for every op, and random graphs.

For checking ops of your own as this package checks its own. Needs the `test` extra.

>>> from hypothesis import given
>>> import tinygrad_relu as tg
>>> from tinygrad_relu.testing import calls
>>> @given(calls("leaky_relu"))
... def test(call):
...     tg.gradcheck(call, *call.inputs)
>>> test()
"""

from tinygrad_relu.testing.data import arrays, broadcastable, numbers, shapes, values
from tinygrad_relu.testing.operands import TABLE, Call, calls
from tinygrad_relu.testing.recipes import Graph, graphs
