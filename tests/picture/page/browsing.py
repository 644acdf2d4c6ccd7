"""What a test does with a page in a browser."""

import importlib.util
import time
from pathlib import Path


def until(what, seconds=10.0):
    """Wait in Python: the page's policy forbids what Playwright would evaluate in it."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def figures(page, selector):
    """What stands there, and the exact numbers behind it."""
    return page.eval_on_selector_all(
        selector, "all => all.map(e => [e.textContent, Number(e.dataset.exact)])"
    )


def grads(page):
    return page.eval_on_selector_all(
        "#graph [data-node]", "all => all.map(e => [Number(e.dataset.node), e.dataset.grad])"
    )


def everything(page):
    """Show all nodes; the largest graphs begin folded."""
    names = page.locator("#view option").all_inner_texts()
    page.select_option("#view", str(next(i for i, n in enumerate(names) if n.startswith("all"))))


def scope_of(page, name):
    """The places and nodes of a scope, from the page's own data."""
    return page.evaluate(
        """name => {
          const view = JSON.parse(document.getElementById("flow").textContent)
            .views.find((view) => view.name === "all");
          const scope = view.scopes.find((scope) => scope.name === name);
          return { ...scope, nodes: scope.items.flatMap((i) => view.items[i].nodes) };
        }""",
        name,
    )


def seen(page, selector="#graph [data-node]"):
    return page.eval_on_selector_all(
        selector, "all => all.filter(e => e.style.display !== 'none').map(e => +e.dataset.node)"
    )


def handle(page, name):
    return page.locator(f'#graph .handle[aria-label^="Scope {name},"]')


CAMERA = "document.querySelector('.sheet').getAttribute('style')"
IN_SIGHT = """selector => {
  const [a, b] = ["#graph", selector].map((s) => document.querySelector(s).getBoundingClientRect());
  return a.left <= b.left && b.right <= a.right && a.top <= b.top && b.bottom <= a.bottom;
}"""


def camera(page):
    return page.evaluate(CAMERA)


def in_sight(page, selector):
    return page.evaluate(IN_SIGHT, selector)


def axe_source():
    for package in ("axe_playwright_python", "axe_core_python"):
        found = importlib.util.find_spec(package)
        if found and found.submodule_search_locations:
            return Path(found.submodule_search_locations[0], "axe.min.js").read_text("utf-8")
    return None
