"""One context of the browser for all tests of the page that ask for nothing special."""

import itertools
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def context_of(browser):
    """The context of an English reader in a light room, or of somebody else."""
    known = {}

    def context(**wishes):
        key = tuple(sorted(wishes.items()))
        if key not in known:
            size = {"width": 1300, "height": 850}
            known[key] = browser.new_context(**{"locale": "en-US", "viewport": size, **wishes})
        return known[key]

    return context


@pytest.fixture
def show(context_of, tmp_path):
    """Open a flow or frames; at the end there was no error and no request but for the file."""
    troubles, pages, number = [], [], itertools.count()

    def open_page(shown, hash="", path=None, **wishes):
        path = path or shown.save(tmp_path / f"{next(number)}.html")
        page = context_of(**wishes).new_page()
        pages.append(page)
        page.on("console", lambda m: m.type in ("error", "warning") and troubles.append(m.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(f"dialog {dialog.message}"))
        page.on("request", lambda r: r.url.startswith("file:") or troubles.append(r.url))
        page.goto(f"{Path(path).as_uri()}{hash}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert troubles == []
