"""What the reasons say: the same in both languages."""

from string import Formatter

from tinygrad_relu.flow.phrases import PHRASES, speaker

STOPPED = {"shut", "by-zero", "kink", "tiny", "unselected", "mixed"}


def gaps(phrase):
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def test_every_phrase_says_the_same_in_both_languages():
    for english, japanese in PHRASES.values():
        assert gaps(english) == gaps(japanese)
    verdicts = STOPPED | {"cancelled", "underflow", "unknown"}
    assert {f"verdict {verdict}" for verdict in verdicts} <= set(PHRASES)
    kinds = {"shut", "by-zero", "products", "kink", "tiny", "unselected", "mixed", "underflow"}
    assert {f"stop {kind}" for kind in kinds} == {k for k in PHRASES if k.startswith("stop ")}


def test_a_speaker_fills_the_gaps_in_its_language():
    english, japanese = speaker("en"), speaker("ja")
    assert english("root", subject="w.grad").startswith("w.grad is 0 because")
    assert japanese("root", subject="w.grad").startswith("w.grad が 0 なのは")


def test_after_a_closing_bracket_japanese_has_no_space():
    assert "」 " not in speaker("ja")("root", subject="relu「h」")
