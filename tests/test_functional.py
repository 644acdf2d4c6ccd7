"""grad, vjp, jvp, jacobian, hessian, hvp: JAX's calls, and what comes back."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.testing import graphs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3))


def net(params, x):
    """A small net, in NumPy's words alone."""
    for layer in params[:-1]:
        x = np.tanh(x @ layer["w"] + layer["b"])
    return np.mean((x @ params[-1]["w"] + params[-1]["b"]) ** 2)


def params_of(*sizes, dtype=np.float64):
    return [
        {"w": RNG.normal(size=(m, n)).astype(dtype), "b": RNG.normal(size=n).astype(dtype)}
        for m, n in pairwise(sizes)
    ]


def same(a, b, tol=1e-12):
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


# --- what comes back -------------------------------------------------------------------------


def test_numbers_give_numbers_and_arrays_arrays_of_their_own():
    def f(x, y):
        return (x + y).sum()

    x, y = np.ones(2), np.ones(2, np.float32)
    value, (dx, dy) = tg.value_and_grad(f, (0, 1))(x, y)
    assert type(value) is float
    assert (dx.dtype, dy.dtype) == (np.float64, np.float32)
    dx[:] = 5.0  # neither the other's memory, nor an argument's
    assert x.tolist() == dy.tolist() == [1.0, 1.0]
    assert type(tg.grad(lambda x: x * x)(3)) is float


def test_the_gradient_has_the_form_of_the_argument():
    params = params_of(3, 4, 1)
    value, slopes = tg.value_and_grad(net)(params, X)
    leaves = [{name: Value(a) for name, a in layer.items()} for layer in params]
    loss = net(leaves, X)
    loss.backward()
    assert value == loss.data
    for layer, due in zip(slopes, leaves, strict=True):
        assert layer.keys() == due.keys()
        for name, leaf in due.items():
            np.testing.assert_array_equal(layer[name], leaf.grad)


def test_what_is_not_asked_for_and_keywords_are_passed_on():
    seen = []

    def f(x, how, *, y, flag=False):
        seen.append((type(x), how, type(y), flag))
        return x * y if flag else x

    assert tg.grad(f)(2.0, "word", y=3.0, flag=True) == 3.0
    assert seen == [(Value, "word", float, True)]
    assert tg.grad(f, argnums=-2)(2.0, None, y=3.0) == 1.0


def test_aux_is_passed_on_as_plain_numbers():
    def f(x):
        h = np.tanh(x)
        return h.sum(), {"h": h, "note": "word", "n": 3}

    slope, aux = tg.grad(f, has_aux=True)(X)
    same(slope, 1 - np.tanh(X) ** 2)
    assert type(aux["h"]) is np.ndarray
    assert (aux["note"], aux["n"]) == ("word", 3)
    (value, again), slope2 = tg.value_and_grad(f, has_aux=True)(X)
    assert value == np.tanh(X).sum()
    np.testing.assert_array_equal(again["h"], aux["h"])
    np.testing.assert_array_equal(slope, slope2)
    for derive in (tg.jacobian, tg.hessian):
        assert derive(f, has_aux=True)(X)[1]["note"] == "word"
    assert tg.vjp(f, X, has_aux=True)[2]["n"] == 3
    assert tg.jvp(f, (X,), (X,), has_aux=True)[2]["n"] == 3


def test_what_does_not_depend_has_gradient_0():
    assert tg.grad(lambda x: 3.0)(2.0) == 0.0
    assert tg.grad(lambda x, y: x * 2, argnums=1)(2.0, X).tolist() == [[0.0] * 3] * 2
    assert tg.jvp(lambda x: (x, 1.0), (2.0,), (5.0,)) == ((2.0, 1.0), (5.0, 0.0))
    assert tg.grad(lambda x: x)(2.0) == 1.0
    assert tg.hessian(lambda x: 2 * x)(2.0) == 0.0
    assert tg.grad(lambda x: x.sum())(np.zeros((0, 2))).shape == (0, 2)
    assert tg.jacobian(lambda x: x)(np.zeros(0)).shape == (0, 0)


def test_grad_of_an_argument_used_twice_and_returned_twice():
    y, pull = tg.vjp(lambda x: (x, [x, x * x]), 3.0)
    assert y == (3.0, [3.0, 9.0])
    assert pull((1.0, [10.0, 100.0])) == (611.0,)
    assert tg.jvp(lambda x: (x, [x, x * x]), (3.0,), (1.0,))[1] == (1.0, [1.0, 6.0])


# --- nesting ---------------------------------------------------------------------------------


def test_to_any_order():
    f, due = np.sin, [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]
    for order in range(6):
        assert f(0.7) == pytest.approx(due[order % 4](0.7), rel=1e-12)
        f = tg.grad(f)


def test_an_inner_derivative_is_by_its_own_variable():
    """Siskind and Pearlmutter (2005), "Perturbation confusion": 1, and not 2."""
    assert tg.grad(lambda x: x * tg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert tg.grad(lambda x: tg.grad(lambda y: x * y)(x))(3.0) == 1.0
    x = Value(3.0)
    assert tg.grad(lambda y: x * y)(x).data == 3.0
    assert tg.grad(lambda x: x * tg.grad(lambda y: x + y)(1.0))(Value(1.0)).data == 1.0
    assert tg.hessian(lambda x: x * tg.grad(lambda y: x * x * y)(1.0))(x).data == 18.0
    inner = tg.jvp(lambda x: x * tg.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,))
    assert inner == (1.0, 1.0)


@pytest.mark.parametrize("outer", [tg.grad, lambda f: lambda x: tg.jvp(f, (x,), (1.0,))[1]])
@pytest.mark.parametrize(
    "inner",
    [
        tg.grad,
        lambda f: lambda x: tg.jvp(f, (x,), (1.0,))[1],
        lambda f: lambda x: tg.vjp(f, x)[1](1.0)[0],
        tg.jacobian,
    ],
)
def test_every_derivative_of_every_derivative(outer, inner):
    def f(x):
        return np.tanh(x) * x**2

    def second(x):
        t = np.tanh(x)
        s = 1 - t * t
        return -2 * t * s * x * x + 4 * s * x + 2 * t

    assert outer(inner(f))(0.3) == pytest.approx(second(0.3), rel=1e-12)


def test_the_pull_is_differentiated_by_what_it_is_given():
    pull = tg.vjp(np.tanh, X)[1]
    slope = tg.grad(lambda v: (pull(v)[0] * X).sum())(np.ones_like(X))
    same(slope, X * (1 - np.tanh(X) ** 2))


def test_values_give_values_with_a_graph():
    x = Value(2.0, label="x")
    value, slope = tg.value_and_grad(lambda x: x**3)(x)
    assert (value.data, slope.data) == (8.0, 12.0)
    slope.backward()
    assert x.grad == 12.0
    assert type(tg.grad(lambda x: 2 * x)(x)) is Value
    assert tg.grad(lambda x: x**3)(Value(2.0, requires_grad=False)) == 12.0


def test_a_penalty_on_the_gradient_of_a_value_trains_what_is_used():
    w = Value([1.0, 2.0, 3.0], label="w")

    def f(x, how=None):
        return np.tanh(x @ w).sum()

    slope = tg.grad(f)(Value(X))
    (slope**2).sum().backward()
    due = tg.grad(lambda w: np.sum(tg.grad(lambda x: np.tanh(x @ w).sum())(X) ** 2))(w.data)
    same(w.grad, due)
    for derive in (tg.grad, tg.hessian):
        assert type(derive(f)(X)) is np.ndarray
        assert type(derive(f)(X, how={"w": [w], 1: 2})) is Value
        with tg.no_grad():
            assert type(derive(f)(Value(X))) is np.ndarray


def test_a_value_made_inside_is_no_reason_to_return_values():
    assert tg.grad(lambda x: x * Value(3.0))(2.0) == 3.0


def test_no_gradient_is_left_on_what_is_used():
    w, x = Value(3.0), Value(2.0)
    h = w * 2
    for derive in (tg.grad, tg.hessian):
        derive(lambda x: (x * h).tanh())(x)
        with tg.no_grad():
            derive(lambda x: (x * h).tanh())(x)
        derive(lambda x: (x * h).tanh())(2.0)
    assert (w.grad, x.grad, h.grad) == (None, None, None)


def test_no_grad_inside_is_respected():
    def f(x):
        with tg.no_grad():
            c = x * x
        return c * x

    assert tg.grad(f)(3.0) == 9.0


def test_anomalies_are_named_in_the_pass_too():
    with tg.detect_anomaly(), np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        tg.grad(np.sqrt)(0.0)


def test_data_assigned_before_the_pull_is_stale():
    w = Value(3.0)
    _, pull = tg.vjp(lambda x: x * w, 2.0)
    w.data = 4.0
    with pytest.raises(tg.StaleDataError):
        pull(1.0)


# --- jacobian, hessian -----------------------------------------------------------------------


def test_the_jacobian_has_the_form_of_the_output_and_in_it_of_the_argument():
    def f(p, x):
        return {"y": x @ p["w"], "n": p["b"] * 2}

    w, b = RNG.normal(size=(3, 2)), 1.5
    told = tg.jacobian(f)({"w": w, "b": b}, X)
    assert told["y"]["w"].shape == (2, 2, 3, 2)
    same(told["y"]["w"], np.einsum("ik,jl->ijkl", X, np.eye(2)))
    assert told["n"] == {"b": 2.0, "w": pytest.approx(np.zeros((3, 2)))}
    told = tg.jacobian(f, (0, 1))({"w": w, "b": b}, X)
    assert type(told["y"]) is tuple
    same(told["y"][1], np.einsum("ik,lj->ijkl", np.eye(2), w))


def test_the_hessian_in_blocks():
    def f(x, y):
        return np.sum(x * x * y)

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    (xx, xy), (yx, yy) = tg.hessian(f, argnums=(0, 1))(x, y)
    same(xx, np.diag(2 * y))
    same(xy, np.diag(2 * x))
    same(yx, np.diag(2 * x))
    same(yy, np.zeros((2, 2)))
    assert tg.hessian(lambda x: x**3)(2.0) == 12.0


def test_float32_stays():
    x = X.astype(np.float32)

    def f(x):
        return np.mean(np.tanh(x) ** 2)

    assert tg.grad(f)(x).dtype == tg.hessian(f)(x).dtype == np.float32
    assert tg.jvp(np.tanh, (x,), (X,))[1].dtype == np.float32
    assert tg.hvp(f, (x,), (X,)).dtype == np.float32
    assert tg.grad(lambda x: tg.grad(f)(x).sum())(x).dtype == np.float32
    small = Value(x)
    assert tg.gradients(f(small), small).dtype == np.float32


def test_the_hessian_of_a_net_is_pytorchs():
    torch = pytest.importorskip("torch")
    params = params_of(3, 4, 1)
    flat = [layer[name] for layer in params for name in ("b", "w")]
    ours = tg.hessian(net)(params, X)

    def f(b0, w0, b1, w1):
        h = torch.tanh(torch.tensor(X) @ w0 + b0)
        return ((h @ w1 + b1) ** 2).mean()

    theirs = torch.autograd.functional.hessian(f, tuple(map(torch.tensor, flat)))
    for i, row in enumerate(theirs):
        for j, block in enumerate(row):
            at, name = divmod(i, 2)
            to, other = divmod(j, 2)
            got = ours[at][("b", "w")[name]][to][("b", "w")[other]]
            same(got, block.numpy(), 1e-10)


@settings(max_examples=10)
@given(graphs())
def test_hvp_is_the_hessian_times_the_vector(graph):
    def f(*inputs):
        return tg.sum(graph(*inputs)) * 1.0

    vector = [RNG.normal(size=np.shape(a)) for a in graph.inputs]
    vector = [v if v.ndim else float(v) for v in vector]
    places = tuple(range(len(graph.inputs)))
    rows = tg.hessian(f, places)(*graph.inputs)
    got = tg.hvp(f, graph.inputs, vector, places)
    for i in places:
        # along the second index: on a kink a rule may choose two values for ∂²/∂x∂y and ∂²/∂y∂x
        due = sum(np.tensordot(v, rows[j][i], np.ndim(v)) for j, v in enumerate(vector))
        same(got[i], due, 1e-8)


# --- gradients -------------------------------------------------------------------------------


def test_gradients_of_leaves_and_of_nodes_on_the_way():
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    h = x * w
    y = h**2 + x
    told = tg.gradients(y, {"x": x, "h": h, "w": [w]})
    assert {name: v.data for name, v in told.items() if name != "w"} == {"x": 37.0, "h": 12.0}
    assert told["w"][0].data == 24.0
    assert (x.grad, w.grad, h.grad) == (None, None, None)
    told["x"].backward()
    assert (x.grad, w.grad) == (18.0, 24.0)  # ∂/∂x and ∂/∂w of 2xw² + 1
    assert tg.gradients(x * 2, w).data == 0.0
    assert tg.gradients(y, x, gradient=10.0).data == 370.0


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda x: tg.gradients(x * 1, x), ValueError, "no scalar"),
        (lambda x: tg.gradients(x * 1, x, 1.0), ValueError, r"has shape \(\) where \(2,\) is due"),
        (lambda x: tg.gradients(3.0, x), TypeError, "of a Value, not of a float"),
        (lambda x: tg.gradients(x.sum(), [x, 1.0]), TypeError, r"wanted\[1\] is a float"),
        (
            lambda x: tg.gradients(x.sum(), Value(1.0, "c", requires_grad=False)),
            ValueError,
            "leaf 'c'.*does not require",
        ),
    ],
)
def test_gradients_says_what_is_wrong(call, kind, told):
    with pytest.raises(kind, match=told):
        call(Value([1.0, 2.0]))


def test_backward_says_where_gradients_with_graphs_are():
    with pytest.raises(TypeError, match=r"create_graph= out: tg\.gradients\(y, leaves\)"):
        Value(2.0).tanh().backward(create_graph=True)


# --- mistakes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda: tg.grad(3.0), TypeError, "grad: fun is a function of the arguments"),
        (lambda: tg.grad(np.tanh)(X), ValueError, r"grad: .*shape \(2, 3\), and only a scalar"),
        (lambda: tg.grad(lambda x: (x, x))(1.0), TypeError, "grad: .*returned a tuple.*has_aux"),
        (lambda: tg.grad(lambda x: None)(1.0), TypeError, "grad: .*returned a NoneType"),
        (lambda: tg.grad(lambda x: "a")(1.0), TypeError, "grad: the output must be real numbers"),
        (lambda: tg.grad(np.tanh)("a"), TypeError, "grad: argument 0 must be real numbers"),
        (
            lambda: tg.grad(net)([{"w": "a", "b": 1.0}], X),
            TypeError,
            r"argument 0\[0\]\['w'\] must be real numbers, not str 'a'",
        ),
        (
            lambda: tg.grad(lambda p: p["w"] @ np.ones(2))({"w": np.ones((2, 3))}),
            ValueError,
            r"""matmul of "argument 0\['w'\]" \(2, 3\), \(2,\): the last axis""",
        ),
        (lambda: tg.grad(np.tanh)(1j), TypeError, "argument 0 must be real numbers"),
        (lambda: tg.grad(np.tanh)(), ValueError, "argnums 0 is not among the 0 positional"),
        (lambda: tg.grad(lambda x: x, has_aux=True)(1.0), TypeError, "returns a pair.*not Value"),
        (lambda: tg.vjp(np.tanh, X)[1](1.0), ValueError, r"vjp: a cotangent has shape \(\)"),
        (lambda: tg.vjp(np.tanh, X)[1]([X]), TypeError, "vjp: the cotangent is a list"),
        (lambda: tg.jvp(np.tanh, X, X), TypeError, r"jvp: the primals are a tuple.*\(x,\)"),
        (lambda: tg.jvp(np.tanh, (X,), (X, X)), TypeError, "tangents is of length 2 where 1"),
        (lambda: tg.jvp(np.tanh, (X,), (1.0,)), ValueError, r"a tangent has shape \(\) where"),
        (lambda: tg.hvp(np.sum, X, X), TypeError, "hvp: the primals and the tangents are tuples"),
        (lambda: tg.hvp(np.tanh, (X,), (X,)), ValueError, "hvp: .*only a scalar"),
        (lambda: tg.hvp(np.sum, (X,), (1.0,)), ValueError, "hvp: a tangent has shape"),
    ],
)
def test_a_mistake_is_told_in_words(call, kind, told):
    with pytest.raises(kind, match=told):
        call()


def test_a_recorded_closure_has_a_first_order():
    def f(x):
        return tg.record(x.data**2, [x], lambda g: 2 * g * x.data)

    assert tg.grad(f)(3.0) == 6.0
    assert tg.vjp(f, 3.0)[1](10.0) == (60.0,)
    with pytest.raises(TypeError, match="no second order"):
        tg.jvp(f, (3.0,), (1.0,))
