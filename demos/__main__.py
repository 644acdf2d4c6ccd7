"""Run the demos and show what they found: ``python -m demos [NAME…] [--list] [--quick]``."""

from __future__ import annotations

import argparse
import ast
import contextlib
import html
import importlib
import io
import pkgutil
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import demos
from demos import GALLERY, Finding
from tinygrad_relu.draw.render import write


@dataclass(frozen=True)
class Outcome:
    """One demo's run: a finding, or the trace of what went wrong."""

    name: str
    finding: Finding | None
    trace: str
    printed: str
    seconds: float


def names() -> list[str]:
    """Every demo there is: the modules of this package, helpers aside."""
    found = [module.name for module in pkgutil.iter_modules(demos.__path__)]
    return sorted(name for name in found if not name.startswith("_"))


def headline(name: str) -> str:
    """The first line of a demo's docstring, without running it."""
    source = (Path(demos.__path__[0]) / f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or name).splitlines()[0]


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
            print(f"{name}\n    {headline(name)}")
        return 0
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no demo {', '.join(unknown)}: there are {', '.join(known)}")

    from tqdm import tqdm

    options.gallery.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with tqdm(options.names or known, unit="demo", file=sys.stderr) as bar:
        for name in bar:
            bar.set_description(name)
            outcome = run_one(name, options.gallery, options.quick)
            outcomes.append(outcome)
            bar.write(_report(outcome), file=sys.stdout)
    index = write(options.gallery / "index.html", page(outcomes, options.gallery).encode())
    failed = [outcome.name for outcome in outcomes if outcome.finding is None]
    if failed:
        print(f"failed: {', '.join(failed)}")
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
    return "\n".join(line for line in lines if line) + "\n"


# --- the gallery ------------------------------------------------------------------------


def page(outcomes: Sequence[Outcome], gallery: Path) -> str:
    """The gallery as one HTML page: a card a demo."""
    cards = "\n".join(_card(outcome, gallery) for outcome in outcomes)
    return _PAGE.replace("{cards}", cards)


def _card(outcome: Outcome, gallery: Path) -> str:
    finding = outcome.finding
    if finding is None:
        return (
            f'<article class="failed"><h2>{_text(outcome.name)}</h2>'
            f'<p class="verdict">failed</p><pre>{_text(outcome.trace)}</pre></article>'
        )
    links = [(p.name, p.relative_to(gallery).as_posix()) for p in finding.pictures]
    shown = links[:1] + [link for link in links[1:] if link[0].endswith(".svg")]
    pictures = "".join(
        f'<a href="{_text(at)}"><img src="{_text(at)}" alt="{_text(name)}" loading="lazy"></a>'
        for name, at in shown[:2]
    )
    rows = "".join(
        f"<tr><th>{_text(name)}</th><td>{number:.5g}</td></tr>".replace("-", "−")
        for name, number in finding.figures.items()
    )
    files = " · ".join(f'<a href="{_text(at)}">{_text(name)}</a>' for name, at in links)
    kind = finding.verdict.replace(" ", "-")
    return (
        f'<article><h2><span class="claim">{_text(finding.claim)}</span> '
        f'{_text(finding.statement)}</h2><p class="verdict {_text(kind)}">'
        f"{_text(finding.verdict)}</p><p>{_text(finding.note)}</p>{pictures}"
        f'<table>{rows}</table><p class="files">{files}</p></article>'
    )


def _text(text: str) -> str:
    return html.escape(text, quote=True)


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Where the gradient goes: the gallery</title>
<style>
  :root { color-scheme: light dark; --ink: #1f2328; --faint: #57606a; --paper: #f6f8fa;
          --card: #ffffff; --line: #d0d7de; --good: #00664b; --bad: #a34700; --link: #00598c; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --faint: #9da7b3; --paper: #0d1117; --card: #161b22;
            --line: #30363d; --good: #4fd1a5; --bad: #ff9d5c; --link: #79c0ff; } }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
         font: 16px/1.55 system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; }
  header, main { max-width: 72rem; margin: 0 auto; }
  h1 { font-size: 1.7rem; margin: 0 0 .25rem; }
  header p { color: var(--faint); margin: 0 0 2rem; }
  main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
  article { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
            padding: 1.25rem 1.4rem; min-width: 0; }
  article > :last-child { margin-bottom: 0; }
  h2 { font-size: 1.1rem; line-height: 1.35; margin: 0 0 .6rem; }
  .claim { color: var(--faint); font-variant-numeric: tabular-nums; margin-right: .3rem; }
  .verdict { display: inline-block; margin: 0; padding: .05rem .6rem; border-radius: 1rem;
             border: 1px solid currentColor; font-size: .85rem; font-weight: 600;
             color: var(--bad); }
  .verdict.holds { color: var(--good); }
  img { display: block; width: 100%; height: auto; margin: 0 0 .8rem; padding: .4rem;
        border: 1px solid var(--line); border-radius: 6px; background: #ffffff; }
  table { border-collapse: collapse; font-size: .9rem; width: 100%; }
  th { text-align: left; font-weight: 400; color: var(--faint); padding: .15rem 0; }
  td { text-align: right; font-variant-numeric: tabular-nums; }
  tr + tr { border-top: 1px solid var(--line); }
  a { color: var(--link); } .files { font-size: .8rem; color: var(--faint); }
  pre { overflow: auto; font-size: .8rem; }
</style>
<header>
  <h1>Where the gradient goes, where it is cut, and why</h1>
  <p>One card a claim: what was said, what was found, and the pictures.</p>
</header>
<main>
{cards}
</main>
</html>
"""

if __name__ == "__main__":
    raise SystemExit(main())
