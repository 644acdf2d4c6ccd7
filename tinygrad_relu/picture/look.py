"""How each state of an edge looks: a sign and a word first, then line, mark and colour.

One table for every reader. The colours are Okabe and Ito's, darkened where text needs it;
no two states share sign, word and line, so the picture survives grey print.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """One state in words and ink.

    Attributes
    ----------
    sign, word : str
        What is written on the edge: ``✂ cut``.
    meaning : str
        The line of the legend.
    color : str
        Of the line; `ink` is the same, dark enough for text on white.
    style : str
        ``solid``, ``dashed`` or ``dotted``.
    mark : str
        The arrowhead where the gradient stops, in Graphviz's words.
    glyph : str
        The mark as a character, for the legend.
    stops : bool
        Whether the state ends the gradient there, rather than passing on or reporting.
    """

    sign: str
    word: str
    meaning: str
    color: str
    ink: str
    style: str
    mark: str
    glyph: str
    stops: bool = False


FONT = "Helvetica,Arial,sans-serif"
INK = "#1f2328"  #: text
FAINT = "#6e7781"  #: text of second rank
PALE = "#8c959f"  #: lines of second rank
PAPER = "#ffffff"  #: every picture brings its own background

LOOKS = {
    "flows": Look("", "flows", "the gradient passes; wider is more",
                  "#0072b2", "#00598c", "solid", "none", ""),
    "shut": Look("✂", "cut", "the flat side of a gate: the local gradient is exactly 0",
                 "#d55e00", "#a34700", "dashed", "tee", "┫", True),
    "kink": Look("◇", "kink", "the input sits on a kink: a convention decides; dashed if it blocks",
                 "#cc79a7", "#97396e", "solid", "odiamond", "◇", True),
    "unselected": Look("∅", "not selected", "an index, max, where or mask chose another element",
                       "#8c959f", "#57606a", "dotted", "obox", "□", True),
    "by-zero": Look("×0", "zero factor", "multiplied by another zero",
                    "#e69f00", "#8a5f00", "dashed", "box", "■", True),
    "tiny": Look("≈0", "tiny", "a saturated curve: fades below 0.0001, but is no cut",
                 "#56b4e9", "#1f6f9f", "dotted", "odot", "○"),
    "underflow": Look("↓0", "underflow", "too small for a float, here or nearer the loss",
                      "#56b4e9", "#1f6f9f", "dashed", "invempty", "▽", True),
    "cancelled": Look("±", "cancelled", "opposite contributions made 0, here or nearer the loss",
                      "#009e73", "#00664b", "dashed", "crow", "⋲"),
    "starved": Look("·", "starved", "nothing arrives: stopped nearer the loss",
                    "#9aa4ae", "#57606a", "dotted", "none", ""),
    "nonfinite": Look("⚠", "NaN or ∞", "not a finite number",
                      "#000000", "#000000", "solid", "dot", "═"),
    "unknown": Look("?", "unknown", "a recorded closure that is not linear: no verdict",
                    "#6e7781", "#57606a", "dotted", "vee", "<"),
    "partly": Look("◐", "partly", "some elements pass, others do not",
                   "#d55e00", "#a34700", "dashed", "ltee", "┨"),
}  # fmt: skip

#: An op that could not be computed: no state of an edge, as no gradient was ever there.
REFUSED = Look("✗", "refused", "this op could not be computed",
               "#cf222e", "#a40e26", "solid", "none", "")  # fmt: skip
