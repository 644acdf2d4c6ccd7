"""Run the demos and show what they found: ``python -m demos [NAME…] [--list] [--quick]``."""

from __future__ import annotations

import argparse
import ast
import contextlib
import html
import importlib
import io
import os
import pkgutil
import re
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import demos
from demos import CONFIRMED, GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, number
from tinygrad_relu.files import write


@dataclass(frozen=True)
class Outcome:
    """One demo's run: a finding, or the trace of what went wrong."""

    name: str
    finding: Finding | None
    trace: str
    printed: str
    seconds: float


def names() -> list[str]:
    """Every demo there is, claim by claim: the modules of this package that have a `run`."""
    found = [module.name for module in pkgutil.iter_modules(demos.__path__)]
    return sorted((name for name in found if name[0] != "_" and _runs(name)), key=_order)


def _source(name: str) -> Path:
    return Path(demos.__path__[0]) / f"{name}.py"


def _docstring(name: str) -> str:
    """What a demo says of itself, without running it; empty if the file cannot be read."""
    with contextlib.suppress(OSError, SyntaxError):
        return ast.get_docstring(ast.parse(_source(name).read_text(encoding="utf-8"))) or ""
    return ""


def _runs(name: str) -> bool:
    return "\ndef run(" in _source(name).read_text(encoding="utf-8")


def headline(name: str) -> str:
    """The first line of a demo's docstring: ``"A3 · Four ReLUs …"``."""
    return (_docstring(name) or name).splitlines()[0]


def _order(name: str) -> tuple[str, int, str]:
    """A2 before A10, both before B1; what has no number comes last."""
    found = re.match(r"([A-Z])(\d+)", headline(name))
    return (found[1], int(found[2]), name) if found else ("Z", 0, headline(name))


def summary(name: str) -> str:
    """The Japanese summary at the end of a demo's docstring."""
    text = _docstring(name).partition("要約:")[2]
    return "".join(line.strip() for line in text.splitlines())


def run_one(name: str, gallery: Path, quick: bool) -> Outcome:
    """Run a demo. Whatever goes wrong in it stays in its outcome."""
    printed, started = io.StringIO(), time.perf_counter()
    finding, trace = None, ""
    try:
        with contextlib.redirect_stdout(printed):
            finding = importlib.import_module(f"demos.{name}").run(gallery, quick=quick)
    except Exception:
        trace = traceback.format_exc()
    return Outcome(name, finding, trace, printed.getvalue(), time.perf_counter() - started)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 if a demo failed."""
    parser = argparse.ArgumentParser(prog="python -m demos", description=demos.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="run only these")
    parser.add_argument("--list", action="store_true", help="say what there is, run nothing")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: a smoke test")
    parser.add_argument("--gallery", type=Path, default=GALLERY, help="where the pictures go")
    options = parser.parse_args(arguments)

    known = names()
    if options.list:
        for name in known:
            print(_inert(f"{name}\n    {headline(name)}"))
        return 0
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no demo {', '.join(unknown)}: there are {', '.join(known)}")

    from tqdm import tqdm

    options.gallery.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with tqdm(options.names or known, unit="demo", file=sys.stderr) as bar:
        for name in bar:
            bar.set_description(_inert(name))
            outcome = run_one(name, options.gallery, options.quick)
            outcomes.append(outcome)
            bar.write(_report(outcome), file=sys.stdout)
    cards = options.gallery / "cards"
    cards.mkdir(exist_ok=True)
    for outcome in outcomes:  # the others keep the card of their last run
        card = _card(outcome, options.gallery, options.quick)
        write(cards / f"{outcome.name}.html", card.encode())
    kept = [cards / f"{name}.html" for name in known]
    shown = page(card.read_text("utf-8") for card in kept if card.exists())
    index = write(options.gallery / "index.html", shown.encode())
    failed = [outcome.name for outcome in outcomes if outcome.finding is None]
    if failed:
        print(_inert(f"failed: {', '.join(failed)}"))
    print(f"{len(outcomes) - len(failed)} of {len(outcomes)} demos ran; the gallery is {index}")
    return 1 if failed else 0


def _report(outcome: Outcome) -> str:
    lines = [f"── {outcome.name} ({outcome.seconds:.1f} s)", outcome.printed.rstrip()]
    if outcome.finding is None:
        lines += ["FAILED", outcome.trace.rstrip()]
    else:
        finding = outcome.finding
        lines.append(f"{finding.claim} {finding.verdict}: {finding.note}")
        lines += [f"   {picture}" for picture in finding.pictures]
    return _inert("\n".join(line for line in lines if line)) + "\n"


# --- the gallery ------------------------------------------------------------------------


def page(cards: Iterable[str]) -> str:
    """The gallery as one HTML page: a card a demo."""
    cards = list(cards)
    counts = [
        (word, sum(f'class="verdict {_kind(word)}"' in card for card in cards))
        for word in (CONFIRMED, LIMITED, NOT_CONFIRMED, "failed")
    ]
    told = ", ".join(f"{count} {word}" for word, count in counts if count)
    return _PAGE.replace("{told}", f"{len(cards)} demos: {told}").replace(
        "{cards}", "\n".join(cards)
    )


def _card(outcome: Outcome, gallery: Path, quick: bool) -> str:
    name, finding = outcome.name, outcome.finding
    source = _link(gallery, _source(name), f"source: {_text(name)}.py")
    if finding is None:
        return (
            f'<article class="failed" id="{_text(name)}"><h2>{_text(headline(name))}</h2>'
            f'<p><span class="verdict failed">failed</span></p><pre>{_text(outcome.trace)}</pre>'
            f'<p class="files">{source}</p></article>\n'
        )
    drawn = [p for p in finding.pictures if p.suffix in (".svg", ".png")]
    shown = drawn[:1] + [p for p in drawn[1:] if p.suffix == ".svg"][:1]
    pictures = "".join(
        _link(
            gallery, p, f'<img src="{_at(gallery, p)}" alt="{_text(finding.note)}" loading="lazy">'
        )
        for p in shown
    )
    rows = "".join(
        f"<tr><th>{_text(key)}</th><td>{_broken(_text(_figure(figure)))}</td></tr>"
        for key, figure in finding.figures.items()
    )
    pages = [p for p in finding.pictures if p.suffix == ".html"]
    steps = "".join(
        f'<p class="step">{_link(gallery, p, f"▶ step through it: {_text(_words(p, name))}")}</p>'
        for p in pages
    )
    files = [_link(gallery, p, _text(p.name)) for p in drawn]
    japanese = summary(name)
    full = " <small>(値は縮小なしの計算による)</small>" if quick else ""
    return (
        f'<article id="{_text(name)}"><h2><span class="claim">{_text(finding.claim)}</span> '
        f'{_text(finding.statement)}</h2><p><span class="verdict {_kind(finding.verdict)}">'
        f"{_text(finding.verdict)}</span>{' <small>at reduced size</small>' if quick else ''}</p>"
        f"<p>{_text(finding.note)}</p>{pictures}{steps}<table>{rows}</table>"
        + (f'<p class="japanese" lang="ja">{_text(japanese)}{full}</p>' if japanese else "")
        + f'<p class="files">{" · ".join([source, *files])} · {outcome.seconds:.1f} s</p>'
        "</article>\n"
    )


def _kind(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _figure(figure: float | Spread | str) -> str:
    if isinstance(figure, int | float):
        return number(figure, 5)
    return str(figure).replace(", ", ",\N{NO-BREAK SPACE}")  # a narrow card breaks before a "["


def _words(path: Path, name: str) -> str:
    """What a picture's file name adds to the demo's: ``demo_at_1.html`` is "at 1"."""
    return path.stem.removeprefix(name).strip("_").replace("_", " ") or "the graph"


def _at(gallery: Path, path: Path) -> str:
    """The address of a file, seen from the gallery."""
    place = Path(os.path.relpath(path, gallery)).as_posix()
    try:
        return quote(os.fsencode(place))
    except UnicodeError:  # no file has such a name
        return quote(_inert(place))


def _link(gallery: Path, path: Path, shown: str) -> str:
    return f'<a href="{_at(gallery, path)}">{shown}</a>'


def _text(text: str) -> str:
    return html.escape(_inert(text), quote=True)


def _broken(text: str) -> str:
    """A figure whose column is as wide as its longest word: no number breaks, a long word does."""
    return re.sub("(?:&[^;]+;|[^ &]){20}", r"\g<0><wbr>", text)


#: What no reader sees and some writers refuse: controls, surrogates, turns of the direction.
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _inert(text: str) -> str:
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Where the gradient goes: the gallery</title>
<style>
  :root { color-scheme: light dark; --ink: #1f2328; --faint: #57606a; --paper: #f6f8fa;
          --card: #ffffff; --line: #d0d7de; --good: #00664b; --part: #00598c;
          --bad: #a34700; --link: #00598c; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --faint: #9da7b3; --paper: #0d1117; --card: #161b22;
            --line: #30363d; --good: #4fd1a5; --part: #8cc8ff; --bad: #ff9d5c;
            --link: #79c0ff; } }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
         font: 16px/1.55 system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; }
  header, main { max-width: 80rem; margin: 0 auto; }
  h1 { font-size: 1.7rem; margin: 0 0 .25rem; }
  header p { color: var(--faint); margin: 0 0 2rem; }
  main { display: grid; gap: 1.5rem; align-items: start;
         grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); }
  article { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
            padding: 1.25rem 1.4rem; min-width: 0; overflow-wrap: anywhere; }
  article > :last-child { margin-bottom: 0; }
  h2 { font-size: 1.1rem; line-height: 1.35; margin: 0 0 .6rem; }
  .claim { color: var(--faint); font-variant-numeric: tabular-nums; margin-right: .3rem; }
  .verdict { display: inline-block; padding: .05rem .6rem; border-radius: 1rem;
             border: 1px solid currentColor; font-size: .85rem; font-weight: 600;
             color: var(--bad); }
  .verdict.confirmed { color: var(--good); }
  .verdict.confirmed-with-a-limit { color: var(--part); }
  small { color: var(--faint); }
  img { display: block; width: 100%; height: auto; margin: 0 0 .8rem; padding: .4rem;
        border: 1px solid var(--line); border-radius: 6px; background: #ffffff; }
  .step { margin: 0 0 .8rem; font-weight: 600; }
  .japanese { margin-top: .9rem; font-size: .9rem; line-height: 1.7; }
  table { border-collapse: collapse; font-size: .9rem; width: 100%; }
  th { text-align: left; font-weight: 400; color: var(--faint); padding: .15rem 0; }
  td { text-align: right; padding-left: 1rem; font-variant-numeric: tabular-nums;
       overflow-wrap: normal; }
  tr + tr { border-top: 1px solid var(--line); }
  a { color: var(--link); } .files { font-size: .8rem; color: var(--faint); }
  pre { overflow: auto; font-size: .8rem; }
</style>
<header>
  <h1>Where the gradient goes, where it is cut, and why</h1>
  <p>One card a claim: what was said, what was found, and the pictures.
     {told}.</p>
</header>
<main>
{cards}
</main>
</html>
"""

if __name__ == "__main__":
    raise SystemExit(main())
