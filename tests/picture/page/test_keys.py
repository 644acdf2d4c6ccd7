"""Keys work wherever the focus is."""

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import network
from tinygrad_relu import Value


def two_frames():
    def flow(activation):
        return tg.gradient_flow(activation(Value(2.0, label="w") * Value(-3.0, label="x") + 1.0))

    return tg.frames({"relu": flow(tg.relu), "leaky": flow(tg.leaky_relu), "elu": flow(tg.elu)})


@pytest.mark.parametrize(
    "place",
    [
        "#position",
        "#frame",
        "#speed",
        "#theme",
        "#reference",
        "#language",
        "#fit",
        "#graph",
        "#play",
    ],
)
def test_a_step_from_wherever_the_focus_is(show, place):
    page = show(two_frames(), "#step=2")
    page.focus(place)
    before = page.eval_on_selector(place, "e => e.value")
    for key, where in [("ArrowRight", 3), ("PageDown", 4), ("ArrowLeft", 3), ("PageUp", 2)]:
        page.keyboard.press(key)
        assert page.inner_text("#where").split(" / ")[0] == str(where), key
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert page.inner_text("#where").startswith("0 ")
    page.keyboard.press("]")
    assert page.inner_text("#frame-name") == "leaky"
    page.keyboard.press("[")
    if place != "#position":
        assert page.eval_on_selector(place, "e => e.value") == before


def test_the_arrows_up_and_down_are_the_controls_own(show):
    page = show(two_frames(), "#step=2")
    page.focus("#frame")
    page.keyboard.press("ArrowUp")
    assert page.inner_text("#frame-name") == "leaky"
    assert page.get_attribute("#frame", "aria-valuetext") == "leaky"
    page.focus("#theme")
    page.keyboard.press("ArrowDown")
    assert page.input_value("#theme") == "light"
    assert page.inner_text("#where").startswith("2 ")


def test_a_button_that_is_used_up_swallows_no_key(show):
    page = show(tg.gradient_flow(network(1.0).y))
    page.focus("#last")
    page.keyboard.press("Enter")
    assert page.is_disabled("#last")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#where") == "64 / 65"


def test_the_space_bar_plays_after_a_click(show):
    page = show(tg.gradient_flow(network(1.0).y))
    page.click("#forward")
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.keyboard.press(" ")
    page.focus("#forward")  # but a button that was come to by Tab is pressed
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    before = int(page.inner_text("#where").split(" / ")[0])
    page.keyboard.press(" ")
    assert page.inner_text("#where") == f"{before + 1} / 65"


def test_a_clicker_steps_while_a_name_is_typed(show):
    page = show(tg.gradient_flow(network(1.0).y))
    page.keyboard.press("/")
    page.keyboard.type("h3 c")
    page.keyboard.press("ArrowLeft")
    assert page.input_value("#search") == "h3 c"
    assert page.inner_text("#where").startswith("0 ")
    page.keyboard.press("PageDown")
    assert page.inner_text("#where").startswith("1 ")


@pytest.mark.parametrize(("locale", "word"), [("en-US", "value"), ("ja-JP", "値")])
def test_what_is_chosen_is_announced(show, locale, word):
    page = show(tg.gradient_flow(network(1.0).y), "#step=99", locale=locale)
    page.keyboard.press("Shift+ArrowLeft")
    told = page.inner_text("#said")
    assert told.startswith("y, ")
    assert word in told
    page.keyboard.press("Shift+ArrowLeft")
    assert page.inner_text("#said") != told
    assert page.get_attribute("#said", "role") == "status"


def test_the_title_and_the_headings_are_in_the_chosen_language(show):
    page = show(two_frames(), "#step=99")
    headings = "all => all.map(e => e.textContent)"
    english = page.eval_on_selector_all("h1, h2", headings)
    assert page.title().endswith(": relu | leaky | elu")
    page.select_option("#language", "ja")
    japanese = page.eval_on_selector_all("h1, h2", headings)
    assert len(english) == len(japanese) > 5
    assert all(any(ord(c) > 0x3000 for c in text) for text in japanese)
    assert page.title() == japanese[0]
    assert "勾配の流れ: relu | leaky | elu" in page.title()
