"""Every template compiles, carries nothing inline, and every component says what it takes."""

import re
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))

# Letters and messages leave the house: no stylesheet travels with them (DESIGN 9).
LEAVING = ("email/", "emails/", "mail/", "pdf/", "documents/", "messages/")
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "an inline script": re.compile(
        r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", re.IGNORECASE
    ),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on": re.compile(r"\shx-on[:=-]", re.IGNORECASE),
}


def leaves_the_house(name: str) -> bool:
    return any(f"/{folder}" in f"/{name}" for folder in LEAVING)


def faults(source: str) -> list[str]:
    """Return what the source carries inline; template comments do not count."""
    plain = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", source, flags=re.DOTALL)
    return [what for what, pattern in INLINE.items() if pattern.search(plain)]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str) -> None:
    engines["django"].get_template(name)


@pytest.mark.parametrize("name", [name for name in NAMES if not leaves_the_house(name)])
def test_a_template_carries_nothing_inline(name: str) -> None:
    assert faults((TEMPLATES / name).read_text()) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('<p style="color:red">', "a style attribute"),
        ("<style>p{}</style>", "a style element"),
        ('<button onclick="go()">', "an event attribute"),
        ("<script>go()</script>", "an inline script"),
        ('<a href="javascript:go()">', "a javascript: address"),
        ('<p hx-on:click="go()">', "hx-on"),
    ],
)
def test_what_is_inline_is_found(source: str, fault: str) -> None:
    assert fault in faults(source)


@pytest.mark.parametrize(
    "source",
    [
        '<script type="module" src="/static/js/app.js"></script>',
        '<script type="application/json" id="x">{}</script>',
        "{% comment %}no style= here{% endcomment %}<p>",
        '<input type="checkbox" name="on" data-once="x">',
    ],
)
def test_what_is_not_inline_passes(source: str) -> None:
    assert faults(source) == []


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.startswith(("components/", "shell/", "base"))]
)
def test_a_component_opens_by_saying_what_it_takes(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    found = re.match(r"\{% comment %\}\n(?P<words>.+?)\{% endcomment %\}", source, re.DOTALL)
    assert found, f"{name} has no comment at its top"
    assert len(found["words"].strip()) > 20


@pytest.mark.parametrize("name", NAMES)
def test_an_included_template_exists(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    for included in re.findall(r'\{% (?:include|extends) "([^"#]+)', source):
        engines["django"].get_template(included)


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(
        re.findall(r'<symbol id="i-([\w-]+)"', (ROOT / "static" / "icons.svg").read_text())
    )
    named = {
        icon
        for name in NAMES
        for icon in re.findall(
            r'\{% icon "([\w-]+)"|icon_name="([\w-]+)"', (TEMPLATES / name).read_text()
        )
    }
    assert {one or other for one, other in named} <= sprite
