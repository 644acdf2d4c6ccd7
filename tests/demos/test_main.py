"""``python -m demos``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import demos
from demos import Finding, __main__, share, spread

NAME = "sigmoid_from_four_relus"


def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: bool) -> None:
    """Two demos in place of the real ones, the first of which may be broken."""

    def run(gallery: Path, quick: bool = False) -> Finding:
        if broken:
            raise RuntimeError("<no luck>")
        return Finding("Z1", "It <works>.", "confirmed", "Yes.")

    def fine(gallery: Path, quick: bool = False) -> Finding:
        print("printed", quick)
        picture = gallery / "fine.svg"
        picture.write_text("<svg/>")
        walk = gallery / "second_at_1.html"
        walk.write_text("<p>")
        figures = {"n": -1.5, "share": spread([0.5, 0.5]), "word": "some"}
        pictures = (picture, walk)
        return Finding("Z2", "It works.", "confirmed with a limit", "Partly.", figures, pictures)

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


def test_every_claim_has_its_demo() -> None:
    told = " ".join(__main__.headline(name).partition(" · ")[0] for name in __main__.names())
    claims = {f"A{n}" for n in range(1, 9)} | {f"B{n}" for n in range(1, 17)}
    assert set(re.findall(r"[AB]\d+", told)) == claims


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


def test_a_demo_that_is_no_python_fails_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def (:\n\ndef run():\n")
    monkeypatch.setattr(demos, "__path__", [*demos.__path__, str(tmp_path)])
    monkeypatch.setattr(__main__, "_source", lambda name: broken)
    assert __main__.names() == sorted(__main__.names())
    outcome = __main__.run_one("broken", tmp_path, quick=True)
    assert outcome.finding is None
    assert "SyntaxError" in outcome.trace
    assert 'class="failed" id="broken"' in __main__._card(outcome, tmp_path, quick=True)


def test_all_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(monkeypatch, tmp_path, broken=False)
    assert __main__.main(["--gallery", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert f"the gallery is {tmp_path / 'index.html'}" in printed
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "It &lt;works&gt;." in index
    assert 'class="verdict confirmed-with-a-limit"' in index
    assert "<td>−1.5</td>" in index
    assert "<td>0.5 [0.5,\N{NO-BREAK SPACE}0.5]</td>" in index
    assert "<td>some</td>" in index
    assert '<a href="second_at_1.html">▶ step through it: at 1</a>' in index
    assert "2 demos: 1 confirmed, 1 confirmed with a limit." in index
    assert "prefers-color-scheme: dark" in index


HOSTILE = "<b>&\"'\ud800\0\u202e" + 2000 * "W" + "\N{NO-BREAK SPACE}" + 2000 * "&"


def test_any_text_is_inert_and_wrapped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = 'a" onload=x <b>#100%\udcff'
    stem = {suffix: tmp_path / f"{name}{suffix}" for suffix in (".svg", ".html")}
    for picture in stem.values():
        picture.write_text("<p>")
    module = ModuleType(f"demos.{name}")
    pictures = (*stem.values(), Path("javascript:x\ud800.html"))
    found = Finding(HOSTILE, HOSTILE, "confirmed", HOSTILE, {HOSTILE: HOSTILE}, pictures)
    module.run = lambda gallery, quick: print(HOSTILE) or found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(__main__, "names", lambda: [name])
    monkeypatch.setattr(__main__, "_docstring", lambda name: f"{HOSTILE}\n要約: {HOSTILE}")
    for trace in (False, True):
        if trace:
            del module.run
            monkeypatch.setattr(module, "__name__", HOSTILE)
        assert __main__.main(["--gallery", str(tmp_path)]) == trace
        index = (tmp_path / "index.html").read_text("utf-8")
        assert not re.search('<b>|[\0\u202e]|(?:href|src)="[^"]*[^"\\w./%-]', index)
    assert "\\ud800" in index


def test_no_word_widens_the_gallery(tmp_path: Path, browser: Any) -> None:
    found = Finding(HOSTILE, HOSTILE, "confirmed", HOSTILE, {HOSTILE: HOSTILE, "n": HOSTILE})
    outcomes = [
        __main__.Outcome(NAME, found, "", "", 0.1),
        __main__.Outcome(NAME, None, HOSTILE, "", 0.1),
    ]
    tab = browser.new_page(viewport={"width": 400, "height": 800})
    tab.set_content(__main__.page(__main__._card(one, tmp_path, False) for one in outcomes))
    reach = "it => it.getBoundingClientRect().right"
    assert tab.evaluate("document.documentElement.scrollWidth") == 400
    assert max(tab.eval_on_selector_all("p, h2, td, pre", f"all => all.map({reach})")) < 400
    tab.close()


def test_one_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(monkeypatch, tmp_path, broken=True)
    assert __main__.main(["second", "--gallery", str(tmp_path)]) == 0
    assert "1 of 1 demos ran" in capsys.readouterr().out


def test_a_run_of_one_keeps_the_cards_of_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake(monkeypatch, tmp_path, broken=False)
    __main__.main(["--gallery", str(tmp_path)])
    __main__.main(["second", "--quick", "--gallery", str(tmp_path)])
    index = (tmp_path / "index.html").read_text("utf-8")
    assert index.count("<article") == 2
    assert index.count("at reduced size") == 1


def test_the_order_is_that_of_the_claims() -> None:
    claims = [__main__.headline(name).split(" ")[0] for name in __main__.names()]
    assert claims.index("A3") == min(claims.index(c) for c in claims if c >= "A3")


def test_a_card_links_to_the_source_and_says_it_in_japanese(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outcome = __main__.Outcome(NAME, Finding("A3", "S.", "confirmed", "N."), "", "", 0.1)
    card = __main__._card(outcome, tmp_path, quick=False)
    assert f"source: {NAME}.py" in card
    assert 'lang="ja">入力1個' in card
    assert "縮小なし" not in card  # the summary tells the figures of a full run
    assert "縮小なし" in __main__._card(outcome, tmp_path, quick=True)


def test_a_verdict_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="confirmed with a limit"):
        Finding("A1", "S.", "holds", "N.")


def test_spread_and_share() -> None:
    few = spread([0.0, 1.0] * 8)
    assert few.mean == 0.5
    assert 0.2 < few.low < 0.4 < 0.6 < few.high < 0.8
    assert str(spread([-0.25] * 3)) == "−0.25 [−0.25, −0.25]"
    none = share(0, 20)
    assert (none.mean, none.low) == (0, 0)
    assert none.high == pytest.approx(0.161, abs=0.001)  # Wilson's, from any table
