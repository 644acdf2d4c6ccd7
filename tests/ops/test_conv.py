"""Windows: brute force, PyTorch, adjoints, ties, and what a zero gradient is called."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.testing import calls

RNG = np.random.default_rng(0)


def windows(x, kernel_size, stride=1, padding=0, fill=0.0):
    """Every window by itself: (row, column) → what it sees, (n, channels, height, width)."""
    pair = lambda a: (a, a) if isinstance(a, int) else a  # noqa: E731
    (kh, kw), (sh, sw), (ph, pw) = map(pair, (kernel_size, stride, padding))
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)], constant_values=fill)
    rows = range(0, x.shape[2] - kh + 1, sh)
    columns = range(0, x.shape[3] - kw + 1, sw)
    return {
        (i, j): x[:, :, r : r + kh, c : c + kw]
        for i, r in enumerate(rows)
        for j, c in enumerate(columns)
    }


def image(pieces):
    rows, columns = (max(place) + 1 for place in zip(*pieces, strict=True))
    some = next(iter(pieces.values()))
    y = np.empty((*some.shape, rows, columns))
    for (i, j), piece in pieces.items():
        y[..., i, j] = piece
    return y


@given(data=st.data())
def test_conv2d_by_brute_force(data):
    call = data.draw(calls("conv2d"))
    x, weight, *bias = call.inputs
    seen = windows(x, weight.shape[2:], **call.settings)
    expected = image(
        {place: np.einsum("ncij,ocij->no", one, weight) for place, one in seen.items()}
    )
    if bias:
        expected += bias[0][:, None, None]
    np.testing.assert_allclose(call(*call.inputs), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "reduce"), [("max_pool2d", np.max), ("avg_pool2d", np.mean)])
@given(data=st.data())
def test_pools_by_brute_force(name, reduce, data):
    call = data.draw(calls(name))
    how = dict(call.settings)
    how["stride"] = how["stride"] or how["kernel_size"]
    fill = -np.inf if name == "max_pool2d" else 0.0
    seen = windows(call.inputs[0], **how, fill=fill)
    expected = image({place: reduce(one, axis=(2, 3)) for place, one in seen.items()})
    np.testing.assert_allclose(call(*call.inputs), expected, rtol=1e-12, atol=1e-12)


@given(data=st.data())
def test_fold_is_the_adjoint_of_unfold(data):
    call = data.draw(calls("unfold"))
    x = call.inputs[0]
    columns = call(x)
    other = np.arange(columns.size, dtype=float).reshape(columns.shape)
    back = tg.fold(other, x.shape[2:], **call.settings)
    assert np.sum(columns * other) == pytest.approx(np.sum(x * back), rel=1e-9, abs=1e-6)


def test_the_first_of_a_tie_takes_the_gradient():
    x = Value([[[[1.0, 3.0], [3.0, 3.0]]]])
    y = tg.max_pool2d(x, 2)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [[[[0.0, 1.0], [0.0, 0.0]]]])
    flow = tg.gradient_flow(y.sum())
    edge = next(e for e in flow.edges if e.child.value is y)
    assert edge.counts == {"kink": 3, "unselected": 1}


def test_a_winner_of_two_windows_receives_twice():
    x = Value([[[[0.0, 5.0, 1.0]]]])
    tg.max_pool2d(x, (1, 2), 1).sum().backward()
    np.testing.assert_array_equal(x.grad, [[[[0.0, 2.0, 0.0]]]])


def test_a_lead_in_one_window_is_a_tie_in_another():
    x = np.array([[[[0.0, 5.0, 5.0]]]])
    left, right = tg.max_pool2d.kink(tg.max_pool2d(x, (1, 2), 1), x, (1, 2), 1, 0)
    np.testing.assert_array_equal(left, [[[[-5.0, 0.0, np.inf]]]])  # seen as the left element
    np.testing.assert_array_equal(right, [[[[np.inf, 5.0, 0.0]]]])


@pytest.mark.parametrize("lowest", [-3.0, -np.inf])
def test_a_border_never_wins_a_maximum(lowest):
    x = Value(np.full((1, 1, 2, 2), lowest))
    y = tg.max_pool2d(x, 2, 1, 1)
    assert (y.data == lowest).all()
    y.sum().backward()
    assert x.grad.sum() == 9


def test_what_no_window_sees_is_unselected():
    x = Value(RNG.normal(size=(1, 1, 3, 3)))
    y = tg.unfold(x, 2, 2)
    flow = tg.gradient_flow(y.sum())
    edge = next(e for e in flow.edges if e.child.value is y)
    assert edge.counts == {"flows": 4, "unselected": 5}


CASES = [
    ("conv2d", [(2, 3, 7, 6), (4, 3, 3, 2), (4,)], {"stride": (2, 1), "padding": (1, 2)}),
    ("conv2d", [(2, 3, 7, 6), (4, 3, 1, 1)], {}),
    ("max_pool2d", [(2, 3, 7, 6)], {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("max_pool2d", [(2, 3, 7, 6)], {"kernel_size": (2, 3)}),
    ("avg_pool2d", [(2, 3, 7, 6)], {"kernel_size": 3, "stride": (1, 2), "padding": 1}),
    ("unfold", [(2, 3, 7, 6)], {"kernel_size": (2, 3), "stride": 2, "padding": 1}),
]


@pytest.mark.parametrize(("name", "shapes", "settings"), CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_as_in_pytorch(name, shapes, settings, dtype):
    torch = pytest.importorskip("torch")
    # Few different numbers, so that there are ties.
    data = [RNG.integers(-3, 4, shape).astype(dtype) for shape in shapes]
    ours = [Value(a) for a in data]
    theirs = [torch.tensor(a, requires_grad=True) for a in data]
    y = getattr(tg, name)(*ours, **settings)
    z = getattr(torch.nn.functional, name)(*theirs, **settings)
    assert y.dtype == dtype
    g = RNG.normal(size=y.shape).astype(dtype)
    y.backward(g), z.backward(torch.tensor(g))
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"atol": 1e-10}
    np.testing.assert_allclose(y.data, z.detach().numpy(), **tolerance)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), **tolerance)


def zeros(*shapes):
    return [Value(np.zeros(s), label=f"v{i}") for i, s in enumerate(shapes)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tg.conv2d(*zeros((1, 2, 5, 5), (3, 1, 3, 3))), r"conv2d of 'v0' \(1, 2, 5, 5\)"),
        (lambda: tg.conv2d(*zeros((2, 5, 5), (3, 2, 3, 3))), r"x is \(n, in_channels"),
        (lambda: tg.conv2d(*zeros((1, 2, 5, 5), (3, 2, 3, 3), (2,))), "bias is"),
        (lambda: tg.conv2d(*zeros((1, 1, 2, 2), (1, 1, 3, 3))), "does not fit into"),
        (lambda: tg.max_pool2d(*zeros((2, 5, 5)), 2), "max_pool2d of 'v0'"),
        (lambda: tg.max_pool2d(*zeros((1, 1, 5, 5)), 3, 1, 2), "more than half"),
        (lambda: tg.fold(*zeros((1, 4, 5)), (3, 3), 2), "columns are"),
        (lambda: tg.max_pool2d(*zeros((1, 1, 5, 5)), 0), r"max_pool2d of 'v0'.*at least 1"),
        (lambda: tg.avg_pool2d(*zeros((1, 1, 5, 5)), 2, 0), r"stride \(0, 0\)"),
        (lambda: tg.max_pool2d(*zeros((1, 1, 5, 5)), 2, -1), r"stride \(-1, -1\)"),
        (lambda: tg.conv2d(*zeros((1, 1, 5, 5), (1, 1, 3, 3)), padding=-1), r"padding \(-1, -1\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_window_from_numpy_and_an_image_without_channels():
    for pool in (tg.max_pool2d, tg.avg_pool2d):
        assert pool(Value(np.zeros((1, 1, 4, 4))), np.int64(2)).shape == (1, 1, 2, 2)
        x = Value(np.zeros((1, 0, 4, 4)))
        pool(x, 2).sum().backward()
        assert x.grad.shape == x.shape


@pytest.mark.filterwarnings("ignore:invalid")
def test_of_some_nans_the_last_takes_the_gradient():
    """As in PyTorch, whose scan replaces what it has by every NaN."""
    nan = np.nan
    x = Value([[[[1.0, nan, nan, 2.0], [nan, 3.0, 4.0, 5.0]]]])
    y = tg.max_pool2d(x, 2)
    y.backward([[[[1.0, 10.0]]]])
    assert np.isnan(y.data).all()
    np.testing.assert_array_equal(x.grad, [[[[0, 0, 10, 0], [1, 0, 0, 0]]]])
    (again,) = y.backward_closure(Value([[[[1.0, 10.0]]]]))
    np.testing.assert_array_equal(again.data, x.grad)
