"""Optimisers: closed forms, PyTorch's numbers over 50 steps, refusals, states.

One file, because every part goes through the same list of optimisers.
"""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn, optim

OPTIMISERS = {
    "sgd": ("SGD", {"lr": 0.1}),
    "momentum": ("SGD", {"lr": 0.05, "momentum": 0.9}),
    "nesterov": ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "decay": ("SGD", {"lr": 0.1, "weight_decay": 0.1, "momentum": 0.5}),
    "adam": ("Adam", {"lr": 0.01}),
    "adam decay": ("Adam", {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}),
    "adamw": ("AdamW", {"lr": 0.01, "weight_decay": 0.1}),
}
every_optimiser = pytest.mark.parametrize("name", OPTIMISERS)


def make(name, params):
    kind, settings = OPTIMISERS[name]
    return getattr(optim, kind)(params, **settings)


def descend(optimiser, w, steps):
    """On w²/2, whose gradient is w."""
    path = [w.data]
    for _ in range(steps):
        optimiser.zero_grad()
        (w * w * 0.5).backward()
        optimiser.step()
        path.append(w.data)
    return path


# --- closed forms ------------------------------------------------------------------------------


def test_sgd_on_a_parabola():
    w = Value(2.0)
    path = descend(optim.SGD([w], lr=0.1, weight_decay=0.5), w, 50)
    np.testing.assert_allclose(
        path, 2.0 * (1 - 0.1 * 1.5) ** np.arange(51, dtype=np.int64), rtol=1e-12
    )


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_its_recurrence(nesterov):
    w = Value(2.0)
    path = descend(optim.SGD([w], lr=0.1, momentum=0.9, nesterov=nesterov), w, 50)
    # (w, v) ↦ A (w, v): a linear map, so the path is powers of a matrix.
    v_next = np.array([1.0, 0.9])
    moved = 0.9 * v_next + [1.0, 0.0] if nesterov else v_next
    A = np.array([[1.0, 0.0] - 0.1 * moved, v_next])
    expected = [(np.linalg.matrix_power(A, k) @ [2.0, 0.0])[0] for k in range(51)]
    np.testing.assert_allclose(path, expected, rtol=1e-9)


def test_adam_on_a_line_takes_steps_of_lr():
    w = Value(0.0)
    optimiser = optim.Adam([w], lr=0.01, eps=0.0)
    for _ in range(50):
        w.grad = 3.0
        optimiser.step()
    assert w.data == pytest.approx(-0.5, rel=1e-12)


def test_adamw_decays_beside_the_moments():
    w = Value(2.0)
    optimiser = optim.AdamW([w], lr=0.1, weight_decay=0.5)
    for _ in range(50):
        w.grad = 0.0
        optimiser.step()
    assert w.data == pytest.approx(2.0 * 0.95**50, rel=1e-12)


@every_optimiser
def test_scalars_move_as_arrays_do(name):
    scalar, array = Value(1.5), Value([1.5])
    one = descend(make(name, [scalar]), scalar, 20)
    optimiser = make(name, [array])
    for k in range(20):
        assert array.data[0] == pytest.approx(one[k], rel=1e-12)
        optimiser.zero_grad()
        (array * array * 0.5).sum().backward()
        optimiser.step()
    assert type(scalar.data) is float


# --- PyTorch -----------------------------------------------------------------------------------


@every_optimiser
def test_fifty_steps_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    ours = nn.MLP(4, [8, 3], rng=0)
    layers = [torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)]
    theirs = torch.nn.Sequential(*layers).double()
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    kind, settings = OPTIMISERS[name]

    def groups(net):
        return [{"params": net[0].parameters()}, {"params": net[2].parameters(), "lr": 0.02}]

    one = getattr(optim, kind)(groups(ours), **settings)
    two = getattr(torch.optim, kind)(groups(theirs), **settings)
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, target = rng.normal(size=(16, 4)), rng.integers(0, 3, 16)
        a = tg.cross_entropy(ours(x), target)
        b = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(target))
        assert a.item() == pytest.approx(b.item(), rel=1e-9)
        one.zero_grad(), two.zero_grad()
        a.backward(), b.backward()
        one.step(), two.step()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-9, atol=1e-12)


# --- what is refused ---------------------------------------------------------------------------


@every_optimiser
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_refused(name, bad):
    net = nn.MLP(2, [3, 1], rng=0)
    optimiser = make(name, net.named_parameters())
    for p in net.parameters():
        p.grad = np.ones(p.shape)
    optimiser.step()
    before, memory = net.state_dict(), optimiser.state_dict()
    net[2].weight.grad[0, 1] = bad
    with pytest.raises(FloatingPointError, match=r"'2.weight' of shape \(1, 3\) holds"):
        optimiser.step()
    for key, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[key])
    for key, array in optimiser.state_dict().items():
        np.testing.assert_array_equal(array, memory[key])


def test_a_huge_but_finite_gradient_is_not():
    w = Value([1.0, 1.0])
    w.grad = [1e200, -1e300]
    optim.SGD([w], lr=1e-200).step()
    np.testing.assert_allclose(w.data, [0.0, 1 + 1e100])


def test_parameters_that_are_none():
    w = Value(1.0)
    with pytest.raises(ValueError, match="no parameters"):
        optim.SGD([])
    with pytest.raises(TypeError, match="changes leaves"):
        optim.SGD([w * 2])
    with pytest.raises(TypeError, match="changes leaves"):
        optim.SGD([1.0])
    with pytest.raises(ValueError, match="given twice"):
        optim.SGD([w, w])
    with pytest.raises(TypeError, match="SGD has no setting beta: it has lr, momentum"):
        optim.SGD([{"params": [w], "beta": 1.0}])
    with pytest.raises(ValueError, match="lr is at least 0"):
        optim.Adam([w], lr=-1.0)
    with pytest.raises(ValueError, match="needs momentum"):
        optim.SGD([w], nesterov=True)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda w: optim.SGD([{"params": [w], "momentum": -0.5}]), "momentum is at least 0"),
        (lambda w: optim.SGD([w], weight_decay=float("nan")), "weight_decay is at least 0"),
        (lambda w: optim.SGD([{"params": [w], "nesterov": True}]), "needs momentum"),
        (lambda w: optim.Adam([w], eps=-1.0), "eps is at least 0"),
        (lambda w: optim.AdamW([w], betas=(0.9, 1.0)), "AdamW: betas is at least 0 and below 1"),
        (lambda w: optim.clip_grad_norm([w], -1.0), "max_norm is at least 0"),
        (lambda w: optim.clip_grad_value([w], -1.0), "limit is at least 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make(Value(1.0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda w: optim.SGD([w], lr="a"), "SGD: lr is at least 0, not 'a'"),
        (lambda w: optim.SGD([w], lr=None), "SGD: lr is at least 0, not None"),
        (lambda w: optim.SGD([w], momentum=0.5, nesterov="no"), "nesterov is True or False"),
        (lambda w: optim.Adam([w], betas=0.9), "Adam: betas is a pair of numbers, not 0.9"),
        (lambda w: optim.Adam([w], betas=(0.9, 0.9, 0.9)), "betas is a pair"),
        (lambda w: optim.Adam([w], betas=("a", 0.9)), "betas is at least 0"),
        (lambda w: optim.SGD(0.1), "SGD takes a list of Values"),
        (lambda w: optim.SGD("ab"), "SGD takes a list of Values"),
        (lambda w: optim.SGD([{"lr": 0.1}]), "SGD: a group is a dict with 'params'"),
        (lambda w: optim.SGD([{"params": [w]}, w]), "SGD: a group is a dict with 'params'"),
        (lambda w: optim.clip_grad_norm([w], "a"), "max_norm is at least 0"),
        (lambda w: optim.clip_grad_norm([1.0], 1.0), "clip_grad_norm takes Values"),
        (lambda w: optim.clip_grad_norm(nn.Identity(), 1.0), "clip_grad_norm takes a list"),
        (lambda w: optim.clip_grad_value(None, 1.0), "clip_grad_value takes a list"),
    ],
)
def test_arguments_of_a_wrong_type_are_refused(make, words):
    with pytest.raises(TypeError, match=words):
        make(Value(1.0))


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW])
def test_an_infinite_learning_rate_is_refused(make):
    with pytest.raises(ValueError, match="lr is at least 0, not inf"):
        make([Value(1.0)], lr=np.inf)


# --- a step is whole and finite, or it is none ---------------------------------------------------


def refused(optimiser, words):
    """A step is refused in these words, and changes nothing."""
    data = [np.array(p.data) for p in optimiser.parameters]
    memory = optimiser.state_dict()
    with pytest.raises(FloatingPointError, match=words):
        optimiser.step()
    for p, before in zip(optimiser.parameters, data, strict=True):
        np.testing.assert_array_equal(p.data, before)
    after = optimiser.state_dict()
    assert after.keys() == memory.keys()
    for key, array in memory.items():
        np.testing.assert_array_equal(after[key], array)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(
    ("kind", "settings", "what"),
    [
        ("Adam", {}, "v"),
        ("AdamW", {}, "v"),
        ("SGD", {"lr": 1e20}, "data"),
        ("SGD", {"momentum": 1e20}, "velocity"),
        ("SGD", {"momentum": 1e20, "nesterov": True}, "velocity"),
    ],
)
def test_what_would_become_infinite_is_refused_by_name(kind, settings, what, warm):
    first, w = Value(np.ones(2, np.float32)), Value(np.ones(2, np.float32))
    optimiser = getattr(optim, kind)([("first", first), ("w", w)], **settings)
    first.grad, w.grad = np.zeros(2), [1e19, 1.0]
    if warm or "momentum" in settings:
        optimiser.param_groups[0] |= {"lr": 1e-3} | (
            {"momentum": 0.5} if what == "velocity" else {}
        )
        optimiser.step()
        optimiser.param_groups[0] |= settings
    w.grad = [1e25, 1.0]
    refused(optimiser, rf"{kind} would make {what} of parameter 'w' of shape \(2,\) -?inf")


def test_weight_decay_alone_makes_a_moment_infinite():
    w = Value(np.array([1e30], np.float32), label="w")
    optimiser = optim.Adam([w], weight_decay=1.0)
    w.grad = [0.0]
    refused(optimiser, "Adam would make v of parameter 'w'")


@pytest.mark.parametrize("data", [2.0, [2.0], np.array([2.0], np.float32)])
@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_adam_without_eps(kind, data):
    w = Value(data)
    optimiser = kind([w], lr=0.5, eps=0.0, **({"weight_decay": 0.0} if kind is optim.AdamW else {}))
    w.grad = np.zeros(w.shape)
    optimiser.step()
    assert w.data == 2.0
    w.grad = np.full(w.shape, 1e-200 if w.dtype == np.float64 else 1e-30)
    refused(optimiser, "would make data of parameter 'number 0'.* -inf")
    w.grad = np.ones(w.shape)
    optimiser.step()
    assert w.data < 2.0


def test_adam_without_eps_where_m_is_as_large_as_the_root():
    w = Value(0.0)
    optimiser = optim.Adam([w], lr=1.0, eps=0.0, betas=(0.0, 0.5))
    w.grad = 1.0
    optimiser.step()
    assert w.data == pytest.approx(-1.0)


def test_a_schedule_may_give_numbers_of_numpy():
    one, two = Value(np.ones(3, np.float32)), Value(np.ones(3, np.float32))
    first = optim.Adam([one], betas=(0.9, 0.99))
    second = optim.Adam([two], lr=np.float64(1e-3), betas=(np.float64(0.9), np.float64(0.99)))
    for k in range(5):
        one.grad = two.grad = np.array([0.1, 0.2, 0.3]) + k
        second.param_groups[0]["lr"] = np.float64(1e-3)
        first.step(), second.step()
    np.testing.assert_array_equal(one.data, two.data)


# --- in place, and noticed ---------------------------------------------------------------------


def test_a_step_is_in_place_and_a_stale_graph_is_noticed():
    w = Value(np.ones(3))
    array = w.data
    loss = (w * w).sum()
    loss.backward()
    optimiser = optim.SGD([w], lr=0.5)
    optimiser.step()
    assert w.data is array
    np.testing.assert_array_equal(array, np.zeros(3))
    np.testing.assert_array_equal(w.grad, np.full(3, 2.0))
    with pytest.raises(tg.StaleDataError):
        loss.backward()


def test_without_a_gradient_nothing_moves():
    a, b = Value(1.0), Value(1.0)
    optimiser = optim.SGD([a, b], lr=0.5, weight_decay=1.0)
    (a * 2).backward()
    optimiser.step()
    assert (a.data, b.data) == (-0.5, 1.0)
    optimiser.zero_grad()
    assert a.grad is None


@every_optimiser
def test_float32_stays(name):
    w = Value(np.ones(3, np.float32))
    w.grad = np.ones(3)
    optimiser = make(name, [w])
    optimiser.step()
    assert w.data.dtype == np.float32
    arrays = [v for k, v in optimiser.state_dict().items() if k[-2:] in (".m", ".v")]
    assert all(array.dtype == np.float32 for array in arrays)


# --- states --------------------------------------------------------------------------------------


@every_optimiser
def test_a_state_goes_on_where_it_was(name):
    def run(steps, state=None, data=None):
        w = Value([3.0, -2.0] if data is None else data)
        optimiser = make(name, [w])
        if state is not None:
            optimiser.load_state_dict(state)
        for _ in range(steps):
            optimiser.zero_grad()
            (w * w * w).sum().backward()
            tg.optim.clip_grad_value([w], 1.0)
            optimiser.step()
        return w.data, optimiser.state_dict()

    data, state = run(7)
    again, _ = run(5, state, data)
    whole, _ = run(12)
    np.testing.assert_array_equal(again, whole)


def test_a_state_holds_the_settings():
    one, two = optim.Adam([Value(1.0)], lr=0.5, betas=(0.1, 0.2)), optim.Adam([Value(1.0)])
    two.load_state_dict(one.state_dict())
    assert two.param_groups[0]["lr"] == 0.5
    assert tuple(two.param_groups[0]["betas"]) == (0.1, 0.2)


def test_a_state_of_another_is_refused():
    a, b = Value([1.0]), Value([1.0, 2.0])
    small, large = optim.SGD([a], momentum=0.9), optim.SGD([a, b], momentum=0.9)
    for w in (a, b):
        w.grad = np.ones(w.shape)
    large.step()
    with pytest.raises(ValueError, match="of another optimiser"):
        small.load_state_dict(large.state_dict())
    with pytest.raises(ValueError, match="'number 0' has shape"):
        optim.SGD([b, a], momentum=0.9).load_state_dict(large.state_dict())


@every_optimiser
def test_a_state_goes_on_in_float32_to_the_last_bit(name):
    def run(steps, state=None, data=None):
        w = Value(np.array([3.0, -2.0], np.float32) if data is None else data)
        optimiser = make(name, [w])
        if state is not None:
            optimiser.load_state_dict(state)
        for k in range(steps):
            w.grad = np.sin(w.data + k)
            optimiser.step()
        return w.data, optimiser.state_dict()

    data, state = run(1)
    again, rest = run(1, state, data)
    w = Value(np.array([3.0, -2.0], np.float32))
    optimiser = make(name, [w])
    for k in (0, 0):
        w.grad = np.sin(w.data + k)
        optimiser.step()
    np.testing.assert_array_equal(again, w.data)
    for key, array in optimiser.state_dict().items():
        np.testing.assert_array_equal(rest[key], array)


def test_a_state_in_float64_is_taken_over_in_float32():
    w, x = Value([1.0, 2.0]), Value(np.array([1.0, 2.0], np.float32))
    w.grad = x.grad = [0.5, 0.5]
    one, two = optim.Adam([w]), optim.Adam([x])
    one.step()
    two.load_state_dict(one.state_dict())
    assert two.state[0]["m"].dtype == np.float32
    two.step()
    assert x.dtype == np.float32


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"x": 1.0}, "it has x"),
        ({"-1.m": [1.0]}, "it has -1.m"),
        ({"groupx.lr": 1.0}, "it has groupx.lr"),
        ({"7.m": [1.0]}, "it has 7.m"),
        ({"0.v": None}, "it remembers t, m"),
        ({"0.m": 1.0}, r"m of parameter 'number 0' has shape \(\)"),
        ({"0.m": ["a"]}, "m of parameter 'number 0'"),
        ({"0.t": [1.0]}, "t of parameter 'number 0' has shape"),
        ({"group0.lr": "a"}, "lr is at least 0"),
        ({"group0.lr": -1.0}, "lr is at least 0"),
        ({"group0.betas": None}, "its settings are"),
        ({"group0.betas": 0.5}, "betas is a pair"),
    ],
)
def test_a_damaged_state_is_refused_and_changes_nothing(damage, words):
    w = Value([1.0])
    w.grad = [1.0]
    optimiser = optim.Adam([w])
    optimiser.step()
    before = optimiser.state_dict()
    state = {k: v for k, v in {**before, **damage}.items() if v is not None}
    with pytest.raises(ValueError, match=words):
        optimiser.load_state_dict(state)
    after = optimiser.state_dict()
    assert after.keys() == before.keys()
    assert all(np.array_equal(after[key], before[key]) for key in before)


def test_a_state_of_another_kind_is_refused():
    sgd, adam = optim.SGD([Value(1.0)]), optim.Adam([Value(1.0)])
    with pytest.raises(ValueError, match="another optimiser: its settings are lr, momentum"):
        adam.load_state_dict(sgd.state_dict())
    assert "momentum" not in adam.param_groups[0]
