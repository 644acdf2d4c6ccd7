"""``python -m demos``."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from demos import Finding, __main__

NAME = "sigmoid_from_four_relus"


def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: bool) -> None:
    """Two demos in place of the real ones, the first of which may be broken."""

    def run(gallery: Path, quick: bool = False) -> Finding:
        if broken:
            raise RuntimeError("<no luck>")
        return Finding("Z1", "It <works>.", "holds", "Yes.")

    def fine(gallery: Path, quick: bool = False) -> Finding:
        print("printed", quick)
        picture = gallery / "fine.svg"
        picture.write_text("<svg/>")
        return Finding("Z2", "It works.", "holds in part", "Partly.", {"n": -1.5}, (picture,))

    for name, function in (("first", run), ("second", fine)):
        module = ModuleType(f"demos.{name}")
        module.run = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"demos.{name}", module)
    monkeypatch.setattr(__main__, "names", lambda: ["first", "second"])


def test_every_demo_is_found_and_has_a_headline() -> None:
    assert NAME in __main__.names()
    for name in __main__.names():
        assert not name.startswith("_")
        assert " · " in __main__.headline(name)


def test_list_runs_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert __main__.main(["--list", "--gallery", str(tmp_path / "g")]) == 0
    assert NAME in capsys.readouterr().out
    assert not (tmp_path / "g").exists()


def test_an_unknown_name_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["nonsense"])
    assert NAME in capsys.readouterr().err


def test_a_failing_demo_is_shown_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(monkeypatch, tmp_path, broken=True)
    assert __main__.main(["--quick", "--gallery", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "FAILED" in printed
    assert "failed: first" in printed
    assert "1 of 2 demos ran" in printed
    assert "printed True" in printed
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "&lt;no luck&gt;" in index
    assert 'src="fine.svg"' in index


def test_all_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(monkeypatch, tmp_path, broken=False)
    assert __main__.main(["--gallery", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert f"the gallery is {tmp_path / 'index.html'}" in printed
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "It &lt;works&gt;." in index
    assert 'class="verdict holds-in-part"' in index
    assert "<td>−1.5</td>" in index
    assert "prefers-color-scheme: dark" in index


def test_one_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(monkeypatch, tmp_path, broken=True)
    assert __main__.main(["second", "--gallery", str(tmp_path)]) == 0
    assert "1 of 1 demos ran" in capsys.readouterr().out
