"""The page: how long a step takes, from one frame to the next.

A frame lasts 16.7 ms at least. Chromium renders in software here, so its threads compete
with whatever else the machine does: of three runs the quietest is shown.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from tests.benchmarks.engine import Row
from tests.picture.graphs import scalar_net

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

STEPS = """async (steps) => {
  const frame = () => new Promise(requestAnimationFrame);
  const press = () => document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  const took = [];
  let before = await frame();
  for (let i = 0; i < steps; i++) {
    press();
    const now = await frame();
    took.push(now - before);
    before = now;
  }
  return took;
}"""


def measure(browser: Any, path: Path, steps: int, follow: bool) -> list[float]:
    """Milliseconds from frame to frame, while a key is held down."""
    page = browser.new_page(viewport={"width": 1300, "height": 850})
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    names = page.locator("#view option").all_inner_texts()
    page.select_option("#view", str(next(i for i, n in enumerate(names) if n.startswith("all"))))
    if (page.get_attribute("#follow", "aria-pressed") == "true") != follow:
        page.click("#follow")
    if not follow:
        page.click("#fit")
    page.wait_for_timeout(500)
    took: list[float] = page.evaluate(STEPS, steps)
    page.close()
    return took


def stepping() -> Iterator[Row]:
    """Two scalar networks in full, forward and back, with the camera still and following."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for sizes in ([4, 12, 8, 1], [3, 10, 6, 1]):
            flow = tg.gradient_flow(scalar_net(sizes))
            path = flow.save(Path(place, "flow.html"))
            steps = len(flow.edges) + sum(n.value.op is not None for n in flow.nodes)
            for follow, camera in ((False, "still"), (True, "following")):
                runs = [measure(browser, path, steps, follow) for _ in range(3)]
                half, most = np.percentile(min(runs, key=np.mean), [50, 95])
                what = f"a step among {len(flow.nodes)} nodes, camera {camera}, 95 %"
                yield Row(what, f"{most:.0f} ms", f"half {half:.0f} ms", most, 50)
        browser.close()


#: Name of the group → what it needs, and how it is measured.
GROUPS = {"stepping": ("playwright", stepping)}
