"""Other libraries' names are answered with ours."""

import copy
import pickle
import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import foreign, nn, optim
from tinygrad_relu.foreign import ARGUMENTS, INITIAL, MODULE, NETWORKS, OPTIMISERS, PACKAGE, VALUE

V = tg.Value([[1.0, 2.0], [3.0, 4.0]], label="v")
OURS = {
    "v": V,
    "loss": V,
    "tg": tg,
    "nn": nn,
    "optim": optim,
    "init": nn.init,
    "np": np,
    "model": nn.MLP(2, [1]),
    "rng": np.random.default_rng(0),
}
NAMES = "|".join(OURS)
PLACES = [
    (VALUE, V),
    (PACKAGE, tg),
    (NETWORKS, nn),
    (MODULE, OURS["model"]),
    (OPTIMISERS, optim),
    (INITIAL, nn.init),
]


@pytest.mark.parametrize(("table", "place"), PLACES)
def test_a_foreign_name_is_answered_with_one_of_ours(table, place):
    for theirs, ours in table.items():
        if table is PACKAGE and VALUE.get(theirs) == ours and hasattr(tg, theirs):
            continue  # a function of ours that is no method
        assert not hasattr(place, theirs), f"{theirs!r} is ours: take its row out"
        assert theirs not in dir(place)
        with pytest.raises(AttributeError, match=re.escape(f"has no {theirs!r}. Here: {ours}")):
            getattr(place, theirs)


@pytest.mark.parametrize(("table", "place"), PLACES)
def test_every_name_of_ours_in_the_table_is_there(table, place):
    for ours in table.values():
        for path in re.findall(rf"(?<![\w.'])(?:{NAMES})(?:\.\w+)+", ours):
            first, *rest = path.split(".")
            thing = OURS[first]
            for name in rest:
                assert hasattr(thing, name), f"{path} in {ours!r}"
                thing = getattr(thing, name)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("v.t()", "v.T"),
        ("v.permute(1, 0)", "v.transpose(1, 0)"),
        ("v.unsqueeze(0)", "v.expand_dims(0)"),
        ("v.view(4)", "v.reshape(4)"),
        ("v.clamp(1, 3)", "v.clip(1, 3)"),
        ("v.numpy()", "v.data"),
        ("v.mT", "v.swapaxes(-1, -2)"),
        ("v.expand(3, 2, 2)", "v.broadcast_to((3, 2, 2))"),
        ("v.rsqrt()", "1 / v.sqrt()"),
        ("v.asin()", "v.arcsin()"),
        ("v.atan2(v)", "v.arctan2(v)"),
        ("v.movedim(0, 1)", "v.moveaxis(0, 1)"),
        ("v.repeat_interleave(2, 1)", "v.repeat(2, 1)"),
        ("v.remainder(1.5)", "v % 1.5"),
        ("v.det()", "tg.det(v)"),
        ("v.inverse()", "tg.inv(v)"),
        ("v.kron(v)", "tg.kron(v, v)"),
        ("v.masked_fill(m, 0)", "tg.where(m, 0, v)"),
        ("v.amax(0)", "v.max(0)"),
        ("v.tolist()", "v.data.tolist()"),
        ("v.numel()", "v.size"),
    ],
)
def test_the_answer_is_the_same_number(theirs, ours):
    torch = pytest.importorskip("torch")
    m = V.data > 2
    expected = eval(theirs, {"v": torch.tensor(V.data), "m": torch.tensor(m)})
    got = eval(ours, {"v": V, "tg": tg, "np": np, "m": m})
    np.testing.assert_allclose(got.data if isinstance(got, tg.Value) else got, expected)
    with pytest.raises(AttributeError, match="Here: "):
        eval(theirs, {"v": V, "m": m})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: V.mean(dim=0), "'dim'; dim= is axis= here"),
        (lambda: V.sum(0, keepdim=True), "keepdim= is keepdims= here"),
        (lambda: tg.softmax(V, dim=1), "dim= is axis= here"),
        (lambda: tg.concatenate([V], dim=1), "dim= is axis= here"),
        (lambda: tg.leaky_relu(V, negative_slope=0.1), "negative_slope= is alpha= here"),
        (lambda: V.std(unbiased=False), "unbiased= is ddof= here"),
        (lambda: V.softmax(dtype=float), "leave dtype= out"),
        (lambda: V.sum(colour=1), "unexpected keyword argument 'colour'"),
        (lambda: tg.fit(None, None, None, optimizer=1, epochs=1), "optimizer= is optimiser= here"),
        (lambda: V.sum().backward(retain_graph=True), "backward: leave retain_graph= out"),
        (
            lambda: optim.SGD(OURS["model"].parameters(), learning_rate=1),
            "SGD: learning_rate= is lr=",
        ),
        (lambda: OURS["model"].zero_grad(set_to_none=True), "leave set_to_none= out"),
        (lambda: nn.Linear(2, 3, device="cpu"), "Linear: leave device= out"),
        (lambda: nn.Dropout(0.5, inplace=True), "Dropout: leave inplace= out"),
        (lambda: nn.MaxPool2d(2, dtype=None), "Pool: leave dtype= out"),
        (lambda: tg.fit(criterion=None, num_epochs=1), "criterion= is loss= here; num_epochs="),
    ],
)
def test_a_foreign_argument_is_answered_with_ours(call, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        call()


def test_a_room_of_the_package_is_named():
    for place, theirs, ours in [
        (tg, "Linear", "tg.nn.Linear"),
        (tg, "Adam", "tg.optim.Adam"),
        (nn, "relu", "tg.relu"),
        (nn, "Relu", "tg.nn.ReLU"),
    ]:
        with pytest.raises(AttributeError, match=re.escape(f"Here: {ours}")):
            getattr(place, theirs)
    with pytest.raises(AttributeError, match=r"np\.vander.*tg\.record\(\)"):
        _ = tg.vander
    with pytest.raises(AttributeError, match="module 'tinygrad_relu' has no attribute 'xyz'"):
        _ = tg.xyz


def test_what_is_nobodys_name_is_missing_as_ever():
    with pytest.raises(AttributeError, match="'Value' object has no attribute 'xyz'"):
        _ = V.xyz
    with pytest.raises(AttributeError, match="'MLP' object has no attribute 'xyz'"):
        _ = OURS["model"].xyz


def test_protocols_are_unharmed():
    for name in ("__array_interface__", "__array_struct__", "__index__", "__dlpack__"):
        assert not hasattr(V, name)
    assert "__getattr__" not in {n for kind in tg.Value.__mro__ for n in vars(kind)}
    assert getattr(V, "numpy", None) is None
    for twin in (copy.copy(V), copy.deepcopy(V), pickle.loads(pickle.dumps(V))):
        np.testing.assert_array_equal(twin.data, V.data)


def test_a_subclass_may_take_a_foreign_name():
    class Mine(nn.Module):
        def apply(self):
            return "mine"

    model = Mine()
    model.device = "here"
    assert model.apply() == "mine"
    assert model.device == "here"
    assert "apply" in dir(model)
    assert "cuda" not in dir(model)


def test_arguments_lead_to_ours_only():
    assert not foreign.misnamed({"axis": 1}, ("x", "axis"))
    assert not any(theirs in ours for theirs, ours in ARGUMENTS.items())


@pytest.mark.parametrize("kind", [tg.Value, nn.Parameter])
def test_a_step_that_would_train_nothing_is_refused(kind):
    p = kind([1.0, 2.0], label="p")
    (p * p).sum().backward()
    with pytest.raises(TypeError, match=r"'p' -= … would leave 'p' as it is.*p\.data = p\.data - "):
        p -= 0.1 * p.grad
    with pytest.raises(TypeError, match=r"p\.data \* "):
        p *= 0.9
    p.data -= 0.1 * p.grad
    np.testing.assert_allclose(p.data, [0.8, 1.6])


def test_adding_up_is_as_ever():
    x = tg.Value(3.0)
    total = tg.Value(0.0)
    total += x * x
    total -= 1.0
    total.backward()
    assert (total.data, x.grad) == (8.0, 6.0)
    x += x  # a Value: nothing that trains
    assert x.data == 6.0


def test_an_array_of_values_is_a_stack():
    for v in (tg.Value(1.0), tg.Value([1.0, 2.0])):
        with pytest.raises(TypeError, match=r"tg\.stack\(values\)"):
            np.array([v, v])
