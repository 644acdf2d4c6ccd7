"""Stepping shows the numbers of the flow, and going back undoes it."""

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    network,
)
from tests.picture.page.browsing import (
    grads,
)
from tinygrad_relu.numbers import number

#: All that a step shows, read in one go.
SIGHT = """() => {
  const figures = (all) => [...all].map((e) => [e.textContent, Number(e.dataset.exact)]);
  const items = [...document.querySelectorAll("#graph [data-node]")].map((e) =>
    [e.dataset.node, [e.dataset.value, e.dataset.grad, e.querySelector(".value").textContent]]);
  const links = [...document.querySelectorAll("#graph [data-step]")].map((e) =>
    [e.dataset.step, [e.dataset.state, e.classList.contains("blocks")]]);
  return {
    where: document.getElementById("where").textContent,
    title: document.querySelector("#step h2")?.textContent,
    equation: figures(document.querySelectorAll("#step .equation .figure")),
    running: figures(document.querySelectorAll("#step .running .figure")),
    status: document.getElementById("status").textContent,
    items: Object.fromEntries(items), links: Object.fromEntries(links),
  };
}"""


@pytest.mark.parametrize("x", [1.0, -7.0])
def test_stepping_shows_the_numbers_of_the_flow(show, x):
    net = network(x)
    flow = tg.gradient_flow(net.y)
    page = show(flow)
    computed = [n for n in flow.nodes if n.value.op is not None]
    assert page.inner_text("#where") == f"0 / {len(computed) + 1 + len(flow.edges)}"

    def step():
        page.keyboard.press("ArrowRight")
        return page.evaluate(SIGHT)

    for node in computed:  # forward
        value, grad, text = step()["items"][str(node.index)]
        assert float(value) == node.value.data
        assert (text, grad) == (number(node.value.data), "")
    assert step()["items"][str(flow.root.index)][1] == "1"  # the seed

    for taken in flow.steps():  # backward
        edge, sight = taken.edge, step()
        assert sight["title"] == f"Backward {taken.number} of {len(flow.edges)}"
        numbers = [edge.upstream, edge.local, edge.contribution]
        assert sight["equation"] == [[number(n), n + 0.0] for n in numbers]
        sums = [edge.running]
        if taken.before is not None:
            sums = [taken.before, edge.contribution, edge.running]
        assert sight["running"] == [[number(n), n + 0.0] for n in sums]
        assert float(sight["items"][str(edge.parent.index)][1]) == edge.running
        assert sight["links"][str(taken.number - 1)] == [edge.state, edge.blocks]
        assert number(edge.contribution) in sight["status"]

    net.y.backward()
    shown = dict(grads(page))
    for leaf in net.leaves.values():
        assert float(shown[flow.node(leaf).index]) == leaf.grad
    rows = page.eval_on_selector_all(
        "#leaves tbody tr",
        """all => all.map(row =>
            [row.cells[0].innerText, Number(row.querySelector('.grad').dataset.exact)])""",
    )
    assert dict(rows) == {name: leaf.grad + 0.0 for name, leaf in net.leaves.items()}


def test_going_back_undoes_a_step(show):
    page = show(tg.gradient_flow(network(1.0).y))

    def looks():
        drawn = "document.querySelector('.sheet').innerHTML"
        told = "document.getElementById('step').innerText"
        return page.evaluate(f"{drawn} + {told}").replace(' style=""', "")

    page.emulate_media(reduced_motion="reduce")
    seen = []
    for _ in range(64):
        seen.append(looks())
        page.keyboard.press("ArrowRight")
    for then in reversed(seen):
        page.keyboard.press("ArrowLeft")
        assert looks() == then
