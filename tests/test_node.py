"""Node: what a graph is made of, its walks and its copies."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.node import behind, topological


def test_a_leaf_has_no_op_no_parents_and_no_closure():
    x = Value(1.0)
    assert (x.op, x.parents, x.local_grads, x.local_grad, x.backward_closure, x.grad) == (
        (None, ()) + (None,) * 4
    )


def test_parents_stand_in_order_and_twice_if_used_twice():
    a, b = Value(1.0), Value(2.0)
    assert [id(p) for p in (a - b).parents] == [id(a), id(b)]
    assert [id(p) for p in (b - a).parents] == [id(b), id(a)]
    assert [id(p) for p in (a + a).parents] == [id(a), id(a)]


def test_constants_and_settings_are_operands_but_not_parents():
    x = Value(2.0)
    assert [id(p) for p in (3.0 * x).parents] == [id(x)]
    assert (3.0 * x).operands[0] == 3.0
    assert x.leaky_relu(0.2).operands[1] == 0.2


def test_an_op_knows_its_name():
    x = Value([1.0, 2.0])
    assert [y.op.name for y in (x.relu(), x + 1, x @ x, x[0])] == [
        "relu",
        "add",
        "matmul",
        "getitem",
    ]


def test_a_label_can_be_given_later():
    y = Value(1.0) * 2
    assert y.label == ""
    y.label = "h"
    assert y.label == "h"


def test_a_node_requires_a_gradient_if_any_operand_does():
    a, c = Value(1.0), Value(2.0, requires_grad=False)
    assert (a * c).requires_grad
    assert not (c * c).requires_grad
    assert (c * c).parents == ()


def test_a_leaf_can_be_frozen_and_thawed():
    w, b = Value(2.0, label="w"), Value(1.0)
    w.requires_grad = False
    (w * 3 + b).backward()
    assert w.grad is None
    w.requires_grad = True
    (w * 3 + b).backward()
    assert w.grad == 3.0


def test_an_inner_node_cannot_be_frozen():
    with pytest.raises(AttributeError, match=r"mul.*computed.*detach"):
        (Value(2.0) * 3).requires_grad = False


def test_notes_stand_beside_each_other():
    with tg.scope("layer"), tg.track_source():
        y = Value(1.0) * 2
    y.label = "h"
    assert (y.label, y.scope, y.note("nothing", 7)) == ("h", ("layer",), 7)
    assert y.source is not None


# --- walks ------------------------------------------------------------------------------------


def test_every_node_behind_another_is_there_once():
    x, c = Value(1.0), Value(2.0, requires_grad=False)
    h = x * c
    y = h + h
    found = behind(y)
    assert found[0] is y
    assert len(found) == 4
    assert {*found} == {x, c, h, y}


def test_nothing_is_behind_a_detached_leaf():
    x = Value(1.0)
    d = (x * 2).detach()
    assert behind(d) == topological(d) == [d]


def test_topological_order_is_leaves_by_use_and_then_the_oldest_first():
    a, b, c = (Value(1.0, label=name) for name in "abc")
    first = c * a
    second = b + 1
    y = second * first
    assert [id(v) for v in topological(y)] == [id(v) for v in (c, a, b, first, second, y)]


# --- copies -----------------------------------------------------------------------------------


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda v: pickle.loads(pickle.dumps(v)),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: (x * 2).relu(),
        lambda x: tg.concatenate([x, [1.0]]),
        lambda x: x.detach(),
    ],
    ids=["leaf", "graph", "variadic", "detached"],
)
def test_values_can_be_copied_and_pickled(duplicate, make):
    x = Value([1.0, 2.0], label="x")
    y = make(x)
    twin = duplicate(y)
    assert twin is not y
    assert (twin.label, twin.requires_grad) == (y.label, y.requires_grad)
    np.testing.assert_array_equal(twin.data, y.data)


def test_a_copied_leaf_shares_nothing():
    for duplicate in COPIES.values():
        w = tg.nn.Parameter([1.0, 2.0], label="w")
        (w * 2).sum().backward()
        twin = duplicate(w)
        assert type(twin) is tg.nn.Parameter
        twin.data[0], twin.grad[0] = 7.0, 7.0
        assert (w.data.tolist(), w.grad.tolist()) == ([1.0, 2.0], [2.0, 2.0])


def test_a_copied_node_has_the_parents_of_the_first():
    x = Value([1.0, 2.0])
    y = copy.copy(x * x)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_deep_copy_of_a_part_sends_the_gradient_to_the_same_leaves():
    x = Value(3.0)
    h = x * x
    copied = copy.deepcopy(h)
    assert copied is not h
    (copied * 2).backward()
    assert (x.grad, h.grad) == (12.0, None)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, COPIES["pickle"]], ids=["deep", "pickle"])
@pytest.mark.parametrize("order", ["whl", "hlw", "lwh", "lhw"])
def test_copied_together_in_any_order_they_belong_together(duplicate, order):
    w = Value([1.0, 2.0])
    h = w * 2
    things = {"w": w, "h": h, "l": (h * h).sum()}
    twins = duplicate({name: things[name] for name in order})
    twins["l"].backward()
    assert (twins["w"].grad.tolist(), twins["h"].grad.tolist()) == ([8.0, 16.0], [4.0, 8.0])
    assert (w.grad, h.grad) == (None, None)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, COPIES["pickle"]], ids=["deep", "pickle"])
def test_a_deep_graph_is_copied_without_recursion(duplicate):
    y = x = Value(1.0, label="x")
    for _ in range(3000):
        y = y * 1.0 + 0.0
    twin = duplicate(y)
    twin.backward()
    leaf = topological(twin)[0]
    assert (leaf.label, leaf.grad, len(behind(twin))) == ("x", 1.0, 6001)
    assert (leaf is x) == (duplicate is copy.deepcopy)


def test_a_failed_pickle_leaves_the_next_one_whole():
    x = Value(1.0)
    bad = tg.record(2.0, [x * 2], lambda g: g)
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        pickle.dumps(bad)
    assert pickle.loads(pickle.dumps(bad.parents[0])).data == 2.0


def test_a_failed_pickle_leaves_a_deep_graph_without_recursion():
    y = Value(1.0)
    for _ in range(3000):
        y = y + 1.0
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        pickle.dumps([y, lambda: 0, tg.record(2.0, [y], lambda g: g)])
    assert pickle.loads(pickle.dumps(y)).data == 3001.0


class Tagged(Value):
    """A Value with a slot of its own."""

    __slots__ = ("tag",)


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
def test_a_slot_of_a_subclass_is_copied(duplicate):
    x = Tagged(1.0)
    x.tag = "kept"
    assert duplicate(x).tag == "kept"


def test_a_copy_keeps_what_is_stale_and_what_is_not():
    w = Value(2.0)
    h = w * w
    twin_of_leaf, twin = copy.deepcopy((w, h))
    twin.backward()
    twin_of_leaf.data = 3.0
    with pytest.raises(tg.StaleDataError):
        twin.backward()
    h.backward()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, COPIES["pickle"]], ids=["deepcopy", "pickle"])
def test_a_copied_graph_is_in_order(duplicate):
    x = Value(3.0)
    a = x * 2
    b = a.relu()
    y = duplicate(a + b)  # `a` is met before `b`, and must wait for it
    y.backward()
    (leaf,) = [v for v in behind(y) if v.op is None]
    assert leaf.grad == 4.0
    leaf.data = 1.0
    with pytest.raises(tg.StaleDataError):
        y.backward()


def test_a_pickled_leaf_works_in_another_process():
    for _ in range(1000):  # nodes of this process: the other one starts counting afresh
        leaf = Value(3.0)
    code = (
        f"import pickle; x = pickle.loads({pickle.dumps(leaf)!r})\n"
        "(x * x).backward(); print(x.grad)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "6.0", done.stderr


def test_a_walk_ends_where_it_is_told_to():
    x, w = Value(1.0), Value(2.0)
    h = x * w
    y = h * w + h
    assert {id(v) for v in behind(y, {id(h)})} == {id(y), id(y.parents[0]), id(h), id(w)}
    assert behind(h, {id(h)})[1:] == [x, w]  # the root itself is no end
