"""Small pieces of the pages: `{% load ui %}`."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, Select, Textarea
from django.forms.widgets import RadioSelect
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

register = template.Library()

_THEMES = ("light", "dark")
_TINTS = 5


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon of the sprite, hidden from assistive technology: say the meaning in text beside it."""
    classes = f"icon {extra}".rstrip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"></use></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def page_theme(context: template.Context) -> str:
    """Return "light" or "dark" as the user chose, or nothing to follow the system."""
    chosen = getattr(context.get("shell"), "theme", "")
    request = context.get("request")
    if chosen not in _THEMES and request is not None:
        chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in _THEMES else ""


@register.simple_tag
def grade(letter: str) -> SafeString:
    """Draw a risk grade from A (very low risk) to E (very high): letter, rising steps, and the words for a reader."""
    words = {
        "A": _("Grade A, very low risk"),
        "B": _("Grade B, low risk"),
        "C": _("Grade C, moderate risk"),
        "D": _("Grade D, high risk"),
        "E": _("Grade E, very high risk"),
    }
    rank = "ABCDE".find(letter) + 1 if letter else 0
    if not rank:
        return SafeString("")
    steps = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="4" height="{}" rx="1"/>',
        (
            ("on" if step < rank else "off", round(step * 5.4, 1), 6 - step * 1.2, 2 + step * 1.2)
            for step in range(5)
        ),
    )
    return format_html(
        '<span class="grade is-{}"><b aria-hidden="true">{}</b>'
        '<svg viewBox="0 0 26 8" aria-hidden="true">{}</svg><span class="vh">{}</span></span>',
        letter.lower(),
        letter,
        steps,
        words[letter],
    )


@register.simple_tag
def avatar(name: str, extra: str = "") -> SafeString:
    """Draw the initials of a person, in a tint that stays the same for the same name."""
    tint = sum(map(ord, name)) % _TINTS + 1
    classes = " ".join(part for part in ("avatar", f"is-{tint}" if tint > 1 else "", extra) if part)
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, initials(name))


@register.filter
def initials(name: str) -> str:
    """Return up to two initials: "Camille Exemple" gives CE."""
    words = [word for word in re.split(r"[\s\-.@]+", name) if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def control(field: BoundField, extra: str = "") -> SafeString:
    """Draw the widget of a form field with the classes of its kind; labels, hint and error are the caller's."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return field.as_widget()
    kind = (
        "textarea"
        if isinstance(widget, Textarea)
        else "select"
        if isinstance(widget, Select)
        else "input"
    )
    given = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": " ".join(filter(None, (kind, given, extra)))})


@register.filter
def widget_kind(field: BoundField) -> str:
    """Return how a field is laid out: "switch", "choices" or "" for a label above its control."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "switch"
    return "choices" if isinstance(widget, RadioSelect | CheckboxSelectMultiple) else ""


@register.filter
def undo_url(message: Message) -> str:
    """Return where to undo what a message tells, given as `extra_tags="undo:/imports/7/undo"`; or nothing."""
    for tag in (message.extra_tags or "").split():
        if tag.startswith("undo:/"):
            return tag.removeprefix("undo:")
    return ""


@register.simple_tag(takes_context=True)
def sort_header(context: template.Context, column: str, label: str, css: str = "") -> SafeString:
    """Draw a `<th>` that sorts the list by `column` through `?sort=`; `-column` is largest first.

    A first click on a column of figures (css "num") sorts largest first, on words A to Z.
    """
    request: Any = context["request"]
    current = request.GET.get("sort") or context.get("default_sort", "")
    is_down, is_up = current == f"-{column}", current == column
    first = f"-{column}" if "num" in css.split() else column
    other = column if first.startswith("-") else f"-{column}"
    query = request.GET.copy()
    query["sort"] = other if current == first else first
    query.pop("page", None)
    state = "descending" if is_down else "ascending" if is_up else ""
    return format_html(
        '<th scope="col"{}{}><a href="?{}">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-sort="{}"', state) if state else "",
        query.urlencode(),
        label,
        icon({"descending": "down", "ascending": "up"}.get(state, "updown")),
    )


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """Draw the badge of a document's state; the vocabulary is DESIGN 5, always icon and word."""
    tint, shape, word = _states().get(state, ("", "", state))
    drawn = icon(shape) if shape else ""
    css = f"badge is-{tint}" if tint else "badge"
    return format_html('<span class="{}">{}{}</span>', css, drawn, word)


def _states() -> dict[str, tuple[str, str, str]]:
    return {
        "not_due": ("ok", "clock", pgettext("state", "Not yet due")),
        "overdue": ("late", "alert", pgettext("state", "Overdue")),
        "partial": ("warn", "split", pgettext("state", "Part paid")),
        "promise": ("info", "handshake", pgettext("state", "Promise")),
        "broken_promise": ("warn", "handshake", pgettext("state", "Broken promise")),
        "dispute": ("disp", "flag", pgettext("state", "Dispute")),
        "credit_note": ("", "doc", pgettext("state", "Credit note")),
        "payment": ("", "bank", pgettext("state", "Payment")),
        "settled": ("", "check", pgettext("state", "Settled")),
        "litigation": ("late", "gavel", pgettext("state", "Litigation")),
        "draft": ("line", "", pgettext("state", "Draft")),
    }
