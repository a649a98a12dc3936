"""Message texts: what one is, the ones we ship, and the check a tenant's own text passes at save."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from django.utils.translation import gettext as _

from dunning.documents.labels import labels_for
from dunning.documents.view import message_view
from dunning.messages.engine import (
    TemplateRefused,
    fields_used,
    filters_used,
    known_filters,
    rendered,
)
from dunning.messages.fields import merge_fields, published_paths
from dunning.messages.samples import sample_contents
from dunning.rules.content import MessageTemplate, Register

_FOLDER = Path(__file__).parent / "templates"
_SEPARATOR = "\n---\n"


@lru_cache
def shipped_template(register: Register, language: str) -> MessageTemplate:
    """Return our own text for a register, in French or English."""
    written = labels_for(language).language
    text = (_FOLDER / f"{register}.{written}.liquid").read_text(encoding="utf-8")
    head, _separator, body = text.partition(_SEPARATOR)
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return MessageTemplate(facts["subject"], facts["preview"], body.strip())


def check_template(template: MessageTemplate) -> None:
    """Refuse a text that could fail or say something odd on the day it is sent.

    It is parsed, its fields and filters are compared with the published ones even in branches that no sample reaches,
    and it is rendered for a rich message and a bare one. Raises TemplateRefused; `details["parameter"]` names the part.
    """
    parts = {"subject": template.subject, "preview": template.preview, "body": template.body}
    for name, source in parts.items():
        try:
            _check_part(source)
        except TemplateRefused as refused:
            refused.details["parameter"] = name
            raise


def _check_part(source: str) -> None:
    _check_names(source)
    for content in sample_contents():
        view = message_view(content)
        rendered(source, merge_fields(view, first_due=view.today, notice_number="MD-1"))


def _check_names(source: str) -> None:
    allowed = published_paths()
    roots = {path.split(".", 1)[0] for path in allowed}
    for path, line in fields_used(source).items():
        if path not in allowed and not _is_whole(path, roots):
            raise _unknown_field(path, line, allowed)
    for name, line in filters_used(source).items():
        if name not in known_filters():
            raise TemplateRefused(
                _("Line %(line)s: there is no filter named %(name)s. These can be used: %(known)s.")
                % {"line": line, "name": name, "known": ", ".join(sorted(known_filters()))},
                line=line,
                filters=[name],
            )


def _unknown_field(path: str, line: int, allowed: frozenset[str]) -> TemplateRefused:
    """Return the refusal of a name nobody publishes, with the published one that looks most like it."""
    nearest = get_close_matches(path, sorted(allowed), n=1, cutoff=0.5)
    facts = {"line": line, "name": path, "nearest": nearest[0] if nearest else ""}
    sentence = (
        _("Line %(line)s: there is no field named %(name)s. The nearest one is %(nearest)s.")
        if nearest
        else _("Line %(line)s: there is no field named %(name)s. The list shows all there are.")
    )
    return TemplateRefused(sentence % facts, line=line, fields=[path], nearest=facts["nearest"])


def _is_whole(path: str, roots: set[str]) -> bool:
    """Return whether `path` is a group by itself, as in `{% for item in items %}`."""
    return path in roots or path == "items.size"
