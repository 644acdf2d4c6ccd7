"""The strategies reach what is hard for an op."""

import numpy as np
import pytest
from hypothesis import find

from tinygrad_relu.testing import draws


@pytest.mark.parametrize("subscripts", draws.SUBSCRIPTS)
def test_every_einsum_is_drawn_with_operands_that_fit(subscripts):
    operands, _ = find(draws.einsum(), lambda drawn: drawn[1]["subscripts"] == subscripts)
    assert isinstance(np.einsum(subscripts, *operands), np.ndarray | float)


@pytest.mark.parametrize(
    ("strategy", "hard"),
    [
        (draws.matrices(), lambda x: np.any(np.linalg.det(x) == 0)),
        (draws.matrices(), lambda x: x.ndim == 3 and x.shape[-1] == 3),
        (draws.along(), lambda x: x.size > 1 and (x == x.flat[0]).all()),
        (draws.reduction(), lambda x: x.size == 0),
        (draws.unary(), lambda x: x.ndim == 0),
    ],
)
def test_what_is_hard_is_found(strategy, hard):
    find(strategy, lambda drawn: bool(hard(drawn[0][0])))
