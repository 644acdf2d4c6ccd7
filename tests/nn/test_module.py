"""Modules: names, parts, states, and what is done to all parts."""

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.nn import Module, Parameter


class Block(Module):
    def __init__(self):
        self.layers = [nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)]
        self.scale = Parameter([1.0, 1.0])
        self.count = np.array(0, np.int64)
        self.note = "not a part"

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


class Net(Module):
    def __init__(self):
        self.block = Block()
        self.head = nn.Linear(2, 1, bias=False, rng=2)

    def forward(self, x):
        return self.head(self.block(x))


NAMES = [
    "block.scale",
    "block.layers.0.weight",
    "block.layers.0.bias",
    "block.layers.1.weight",
    "block.layers.1.bias",
    "head.weight",
]


def test_names_are_the_way_to_a_part():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_buffers()] == ["block.count"]
    assert [name for name, _ in net.named_modules()] == [
        "",
        "block",
        "block.layers.0",
        "block.layers.1",
        "head",
    ]
    assert dict(net.named_parameters())["block.layers.1.bias"] is net.block.layers[1].bias


def test_parameters_know_their_names():
    assert [p.label for p in Net().parameters()] == NAMES


def test_a_shared_parameter_is_one():
    net = Net()
    net.tied = net.head
    assert len(net.parameters()) == len(NAMES)
    assert {"head.weight", "tied.weight"} <= net.state_dict().keys()


def test_a_parameter_is_a_value():
    p = Parameter([1.0, 2.0])
    assert isinstance(p, Value)
    assert not hasattr(p, "__dict__")
    (p * p).sum().backward()
    np.testing.assert_array_equal(p.grad, [2.0, 4.0])
    assert type(p * 2) is Value


def test_nodes_have_the_names_of_their_modules_as_scope():
    y = Net()(np.ones((1, 2)))
    assert y.scope == ("head",)
    product = y.parents[0]
    assert product.op.name == "mul"
    assert product.scope == ("block",)
    assert product.parents[0].scope == ("block", "layers.1")
    with tg.scope("outside"):
        assert Net()(np.ones((1, 2))).scope == ("outside", "head")


def test_the_scope_is_that_of_the_maker():
    """A layer that hands its input through leaves the input's scope alone."""
    net = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.0))
    assert net(np.ones((1, 2))).scope == ("0",)


def test_train_and_eval_reach_everything():
    net = Net()
    assert net.eval() is net
    assert not any(module.training for _, module in net.named_modules())
    net.train()
    assert all(module.training for _, module in net.named_modules())


def test_zero_grad():
    net = Net()
    net(np.ones((3, 2))).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_a_state_is_a_copy_and_comes_back():
    net, other = Net(), Net()
    for p in other.parameters():
        p.data = p.data + 1.0
    other.block.count += 5
    x = np.ones((3, 2))
    state = other.state_dict()
    assert not np.allclose(net(x).data, other(x).data)
    net.load_state_dict(state)
    np.testing.assert_array_equal(net(x).data, other(x).data)
    assert net.block.count == 5
    state["head.weight"] += 1
    np.testing.assert_array_equal(net.head.weight.data, other.head.weight.data)


def test_loading_is_seen_by_graphs_of_the_old_numbers():
    net = Net()
    y = net(np.ones((3, 2))).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(tg.StaleDataError, match="weight"):
        y.backward()


def test_to_takes_parameters_and_buffers_along():
    net = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    net.tables = [np.zeros(3), (np.ones(2), np.array([1, 2], np.int64))]
    optimiser = tg.optim.Adam(net.parameters(), lr=0.1)
    assert net.to(np.float32) is net
    for _ in range(2):
        optimiser.zero_grad()
        y = net(np.ones((3, 2), np.float32))
        (y * y).mean().backward()
        optimiser.step()
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype(np.float32)}
    kinds = {name: array.dtype for name, array in net.state_dict().items()}
    assert kinds.pop("1.num_batches_tracked") == kinds.pop("tables.1.1") == np.int64
    assert set(kinds.values()) == {np.dtype(np.float32)}
    assert net.eval()(np.ones((3, 2), np.float32)).dtype == np.float32


def test_to_is_seen_by_graphs_of_the_old_numbers():
    net = Net()
    y = net(np.ones((3, 2))).sum()
    net.to(np.float64)
    with pytest.raises(tg.StaleDataError, match="weight"):
        y.backward()
    with pytest.raises(TypeError, match=r"Net.to: .* float32 or float64, not <class .int.>"):
        net.to(int)


def test_a_state_that_does_not_fit_is_told_and_changes_nothing():
    net = Net()
    before = net.state_dict()
    state = {name: array + 1 for name, array in before.items()}
    del state["block.scale"]
    state["head.bias"] = np.zeros(1)
    state["block.layers.0.weight"] = np.zeros((3, 2))
    with pytest.raises(ValueError, match="does not fit this Net") as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    assert "missing: block.scale" in message
    assert "unexpected: head.bias" in message
    assert "shape: block.layers.0.weight is (2, 2) here and (3, 2)" in message
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_is_independent(twin):
    net = Net()
    other = twin(net)
    x = np.ones((3, 2))
    np.testing.assert_array_equal(net(x).data, other(x).data)
    other.head.weight.data = other.head.weight.data + 1
    assert not np.allclose(net(x).data, other(x).data)


def test_repr_shows_the_structure():
    assert repr(Net()) == (
        "Net(\n"
        "  (block): Block(note='not a part'\n"
        "    (layers.0): Linear(in_features=2, out_features=2)\n"
        "    (layers.1): Linear(in_features=2, out_features=2)\n"
        "  )\n"
        "  (head): Linear(in_features=2, out_features=1)\n"
        ")"
    )


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        Module()(1.0)


def test_a_state_without_numbers_is_refused_and_changes_nothing():
    net = nn.Linear(2, 1, rng=0)
    before = net.state_dict()
    state = {"weight": before["weight"] + 1, "bias": np.array(["a"])}
    with pytest.raises(ValueError, match="no real numbers: bias is of <U1"):
        net.load_state_dict(state)
    np.testing.assert_array_equal(net.weight.data, before["weight"])


def test_evaluating_touches_no_module_and_only_its_own_thread():
    net = nn.Sequential(nn.Dropout(0.9, rng=0), nn.Sequential(nn.BatchNorm1d(2)))
    net[0].eval()
    both_in = threading.Barrier(2, timeout=10)

    def look():
        with nn.evaluating(net):
            both_in.wait()
            inside = [module.training for _, module in net.named_modules()]
            with nn.evaluating(net[1]):  # one in the other
                pass
            inside += [module.training for _, module in net.named_modules()]
            both_in.wait()
        return inside, [module.training for _, module in net.named_modules()]

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(look)
        both_in.wait()
        assert net.training  # here it trains on
        assert net[1][0].training
        both_in.wait()
        assert other.result() == ([False] * 8, [True, False, True, True])


def test_a_mode_comes_back_after_an_error():
    net = nn.Sequential(nn.Dropout())
    with pytest.raises(RuntimeError), nn.evaluating(net):
        raise RuntimeError
    assert net[0].training


# --- parts in dicts and sets -----------------------------------------------------------------


class Branches(nn.Module):
    def __init__(self):
        self.by_name = {"left": nn.Linear(2, 3, rng=0), "right": [nn.Linear(2, 3, rng=1)], 5: 7}
        self.extra = {"scale": nn.Parameter([2.0, 2.0, 2.0]), "mean": np.zeros(3)}

    def forward(self, x):
        return self.by_name["left"](x) * self.extra["scale"] + self.by_name["right"][0](x)


def test_parts_in_a_dict_are_registered():
    model = Branches()
    names = ["by_name.left.weight", "by_name.left.bias", "by_name.right.0.weight"]
    names += ["by_name.right.0.bias", "extra.scale"]
    assert {*names} == {*dict(model.named_parameters())}
    assert [p.label for _, p in model.named_parameters()] == [
        n for n, _ in model.named_parameters()
    ]
    assert {*model.state_dict()} == {*names, "extra.mean"}
    model.eval()
    assert not model.by_name["right"][0].training
    other = Branches().to(np.float32)
    assert {array.dtype.name for array in other.state_dict().values()} == {"float32"}
    other.load_state_dict(model.state_dict())
    assert other(np.ones((4, 2), np.float32)).dtype == np.float32
    model(np.ones((4, 2))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("kind", [set, frozenset])
def test_parts_in_a_set_are_refused(kind):
    model = nn.Module()
    with pytest.raises(TypeError, match=r"Module: parts in a set .* give layers a list or a dict"):
        model.layers = kind([nn.Linear(2, 2)])
    model.names = kind(["a", "b"])


def test_two_parts_of_one_name_are_refused():
    model = nn.Module()
    with pytest.raises(ValueError, match="two parts in layers have one name"):
        model.layers = {1: nn.Identity(), "1": nn.Identity()}


def test_a_state_lies_in_rows_whatever_lies_in_columns():
    """Who writes the bytes one after the other, as safetensors does, must not turn a matrix."""
    layer = nn.Linear(3, 2, rng=0)
    layer.weight.data = np.asfortranarray(layer.weight.data)
    array = layer.state_dict()["weight"]
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, layer.weight.data)
