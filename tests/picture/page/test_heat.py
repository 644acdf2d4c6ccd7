"""Tensors as maps."""

import tinygrad_relu as tg
from tests.picture.graphs import (
    tensor_net,
)


def test_tensors_are_maps_whose_numbers_can_be_read(show):
    loss, w, _ = tensor_net()
    flow = tg.gradient_flow(loss)
    page = show(flow, "#step=99")
    page.click(f'#graph [data-node="{flow.node(w).index}"]')
    heat = page.locator("#selection .heat").last
    assert heat.locator("rect:not(.cursor)").count() == w.size
    heat.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    value = flow.node(w).grad[1, 1]
    told = page.locator("#selection .readout").last.inner_text()
    shown = float(told.split(" = ")[1].split(" ·")[0].replace("−", "-"))
    assert told.startswith("[1, 1]")
    assert shown == value

    place = next(i for i, e in enumerate(flow.edges) if e.child.value.op.name == "relu")
    page.evaluate(
        f"location.hash = '#step={len([n for n in flow.nodes if n.value.op]) + 2 + place}'"
    )
    page.wait_for_selector(f'#step [data-step="{place}"]')
    shut = flow.edges[place].counts["shut"]
    contribution = page.locator("#step .tensor").nth(2)
    assert contribution.locator(".stop.shut").count() == shut
