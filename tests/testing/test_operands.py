"""The strategies draw what they promise, for every op of the table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_relu import Value, ops
from tinygrad_relu.op import Op
from tinygrad_relu.testing import TABLE, calls


def test_the_table_is_complete():
    named = {n for n in dir(ops) if isinstance(getattr(ops, n), Op)}
    of_several = {"where", "concatenate", "stack", "einsum", "cross", "norm", "p_norm"}
    assert named | of_several == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
@given(data=st.data())
def test_every_draw_can_be_computed(name, data):
    call = data.draw(calls(name))
    y = call(*map(Value, call.inputs))
    assert isinstance(y, Value)
    assert y.op is not None
    assert y.op.name == name
    assert np.isfinite(y.data).all()
