"""Nested lists, tuples and dicts, and their leaves."""

from collections import OrderedDict, namedtuple

import pytest

from tinygrad_relu.trees import leaves, matched, rebuilt

Pair = namedtuple("Pair", "w b")
TREES = [
    1.0,
    None,
    (),
    [1.0, (2.0, [])],
    {"w": 1.0, "b": [2.0, None]},
    Pair(1.0, {"x": 2.0}),
    (Pair([1.0], 2.0), {2: 3.0, 1: 4.0}),
]


@pytest.mark.parametrize("tree", TREES)
def test_a_tree_is_rebuilt_from_its_leaves(tree):
    again = rebuilt(tree, [leaf for _, leaf in leaves(tree)])
    assert again == tree
    assert type(again) is type(tree)


def test_leaves_of_a_dict_are_in_the_order_of_their_keys_and_it_keeps_its_own():
    tree = {"w": 1.0, "b": 2.0}
    assert leaves(tree, "net") == [("net['b']", 2.0), ("net['w']", 1.0)]
    assert list(rebuilt(tree, "bw").items()) == [("w", "w"), ("b", "b")]
    assert rebuilt(OrderedDict(tree), "bw") == {"w": "w", "b": "b"}


def test_keys_without_an_order_are_refused():
    with pytest.raises(TypeError, match=r"keys of argument 0 have no order, \['a', 1\]"):
        leaves({"a": 1.0, 1: 2.0}, "argument 0")


@pytest.mark.parametrize(
    ("given", "tree", "told"),
    [
        ((1.0,), (1.0, 2.0), "it is of length 1 where 2 is due"),
        ({"a": 1.0}, {"b": 1.0}, r"it has the keys \['a'\] where \['b'\] are due"),
        ([1.0, {"a": (1.0,)}], [1.0, {"a": 1.0}], r"it\[1\]\['a'\] is a tuple where a leaf is due"),
        (1.0, {"a": 1.0}, "it is a leaf where a dict is due"),
        (None, 1.0, "it is a None where a leaf is due"),
    ],
)
def test_another_form_is_named(given, tree, told):
    with pytest.raises(TypeError, match=f"vjp: {told}: give it the same form"):
        matched("vjp", "it", given, tree)


def test_a_list_may_stand_for_a_tuple():
    assert matched("vjp", "it", [1.0, [2.0]], (0.0, (0.0,))) == [1.0, 2.0]
