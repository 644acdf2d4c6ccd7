"""One file a claim: each demo states what is claimed, predicts, tries, and says what it found.

``python -m demos`` runs them all into a gallery.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

#: Where the pictures go, unless told otherwise.
GALLERY = Path(__file__).parent / "gallery"


@dataclass(frozen=True)
class Finding:
    """What a demo found.

    Attributes
    ----------
    claim : str
        Its number: ``"A3"``.
    statement : str
        The claim in one sentence.
    verdict : str
        ``"holds"``, ``"holds in part"`` or ``"does not hold"``.
    note : str
        What was found, in a sentence or two.
    figures : dict of str to float
        The numbers behind the verdict.
    pictures : tuple of Path
        The first is the one to show.
    """

    claim: str
    statement: str
    verdict: str
    note: str
    figures: dict[str, float] = field(default_factory=dict)
    pictures: tuple[Path, ...] = ()
