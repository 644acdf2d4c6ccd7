"""What the README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from itertools import pairwise
from pathlib import Path

import pytest

from tinygrad_relu.picture.look import LOOKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def test_python_blocks_print_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    ran = 0
    for (kind, source), (next_kind, shown) in pairwise(BLOCKS):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, "README.md", "exec"), names)
        assert next_kind == "text"
        assert printed.getvalue() == shown
        ran += 1
    assert ran == sum(kind == "python" for kind, _ in BLOCKS) >= 2


def test_two_commands() -> None:
    commands = [source.strip() for kind, source in BLOCKS if kind == "sh"]
    assert commands == [
        'python -m pip install -e ".[all]" && python -m demos',
        'python -m pip install -e ".[test]" && python -m pytest',
    ]


def test_links_and_picture_exist() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert {"demos/cut_gradient.svg", "demos/gradient_of_a_gradient.svg"} <= {*links}
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_table_names_only_what_exists() -> None:
    import tinygrad_relu as tg

    owners = {
        "tg": tg,
        "v": tg.Value,
        "flow": type(tg.gradient_flow(tg.Value(1.0))),
        "model": tg.nn.Module,
    }
    for owner, name in re.findall(r"`(tg|v|flow|model)\.(\w+)", README):
        assert hasattr(owners[owner], name), name


def test_the_states_are_named_as_in_a_picture() -> None:
    listed = next(line for line in README.splitlines() if line.startswith("| `tg.gradient_flow"))
    words = {look.word for look in LOOKS.values()} - {"unknown"}  # the limits tell of that one
    assert words <= set(", ".join(re.findall(r"\*(.+?)\*", listed)).split(", "))


@pytest.mark.parametrize(
    ("picture", "name"), [("cut_gradient", "y"), ("gradient_of_a_gradient", "slope")]
)
def test_a_picture_is_of_its_example(
    picture: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn by the project: the same states and numbers come out of the same lines."""
    import tinygrad_relu as tg

    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    before = README.split(f"demos/{picture}.svg")[0].count("```python")
    with contextlib.redirect_stdout(io.StringIO()):
        for source in [source for kind, source in BLOCKS if kind == "python"][: before + 1]:
            exec(source, names)
    drawn = tg.draw(names[name]).to_svg()  # type: ignore[arg-type]
    kept = (ROOT / "demos" / f"{picture}.svg").read_text(encoding="utf-8")

    def gist(svg: str) -> tuple[list[str], list[str]]:
        classes = re.findall(r' class="([^"]*)"', svg)
        return sorted(classes), sorted(re.findall(r">([^<>]+)</text>", svg))

    assert gist(drawn) == gist(kept)
