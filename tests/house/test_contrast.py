"""The colour tokens keep the contrast DESIGN 4 promises, in light and in dark."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css"
THEMES = ("light", "dark")
Palette = dict[str, str]

TEXT = ("ink", "ink-2", "ink-3", "brand-ink", "ok", "info", "warn", "late", "disp")
SURFACES = ("surface", "surface-2", "bg")
SOFT = ("ok", "info", "warn", "late", "disp")
GRAPHIC = ("control", "focus", "b0-line", "b1", "b2", "b3", "b4", "solid-late", "brand")
# DESIGN 4, ratio on the card surface: light, dark.
PROMISED = {
    "ink": (16.8, 14.8),
    "ink-2": (8.0, 9.0),
    "ink-3": (5.8, 6.4),
    "control": (3.6, 4.0),
    "brand": (7.8, 7.5),
    "ok": (7.8, 9.2),
    "info": (6.8, 8.2),
    "warn": (6.8, 10.3),
    "late": (7.0, 8.4),
    "disp": (7.6, 8.3),
    "b0-line": (4.0, 6.1),
    "b1": (3.4, 11.8),
    "b2": (5.7, 7.2),
    "b3": (9.4, 4.5),
    "b4": (15.4, 3.8),
}


def palette(theme: str) -> Palette:
    """Return the value of every colour token in one theme; names that point to others are followed."""
    found: Palette = {}
    for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", TOKENS.read_text()):
        if pair := re.fullmatch(r"light-dark\((#\w{6}),\s*(#\w{6})\)", value.strip()):
            found.setdefault(name, pair[1 + THEMES.index(theme)])
        elif other := re.fullmatch(r"var\(--([\w-]+)\)", value.strip()):
            found.setdefault(name, found.get(other[1], ""))
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert ratio("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("text", TEXT)
def test_text_reads_on_every_surface(text: str, surface: str, theme: str) -> None:
    colours = palette(theme)
    assert ratio(colours[text], colours[surface]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SOFT)
def test_a_state_reads_on_its_own_tint(name: str, theme: str) -> None:
    colours = palette(theme)
    assert ratio(colours[name], colours[f"{name}-soft"]) >= 4.5
    assert ratio(colours["ink-2"], colours[f"{name}-soft"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_primary_button_reads(theme: str) -> None:
    colours = palette(theme)
    assert ratio(colours["on-brand"], colours["brand"]) >= 4.5
    assert ratio(colours["on-brand"], colours["brand-hover"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", GRAPHIC)
def test_a_mark_stands_out_from_the_card(name: str, theme: str) -> None:
    colours = palette(theme)
    assert ratio(colours[name], colours["surface"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PROMISED)
def test_the_ratio_is_the_one_the_design_promises(name: str, theme: str) -> None:
    colours = palette(theme)
    promised = PROMISED[name][THEMES.index(theme)]
    assert ratio(colours[name], colours["surface"]) == pytest.approx(promised, abs=0.06)


def test_the_light_ramp_darkens_as_debt_ages() -> None:
    colours = palette("light")
    levels = [luminance(colours[f"b{place}"]) for place in range(5)]
    assert levels == sorted(levels, reverse=True)
