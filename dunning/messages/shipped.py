"""Message texts: what one is, the ones we ship, and the check a tenant's own text passes at save."""

from __future__ import annotations

from dataclasses import dataclass
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
from dunning.rules.content import Register

_FOLDER = Path(__file__).parent / "templates"
_SEPARATOR = "\n---\n"


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """What a step says in one language: three Liquid texts; `body` may hold simple HTML.

    `preview` is the line that mail programs show beside the subject.
    """

    subject: str
    preview: str
    body: str


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

    It is parsed, its fields and filters are compared with the published ones even in branches that no
    sample reaches, and it is rendered for a rich message and a bare one. Raises TemplateRefused.
    """
    for source in (template.subject, template.preview, template.body):
        _check_names(source)
    for content in sample_contents():
        view = message_view(content)
        fields = merge_fields(view, first_due=view.today, notice_number="MD-1")
        for source in (template.subject, template.preview, template.body):
            rendered(source, fields)


def _check_names(source: str) -> None:
    allowed = published_paths()
    roots = {path.split(".", 1)[0] for path in allowed}
    unknown = sorted(
        path for path in fields_used(source) if path not in allowed and not _is_whole(path, roots)
    )
    if unknown:
        raise TemplateRefused(
            _("There is no field named %(name)s. The editor lists the published fields.")
            % {"name": unknown[0]},
            fields=unknown,
        )
    foreign = sorted(filters_used(source) - known_filters())
    if foreign:
        raise TemplateRefused(
            _("There is no filter named %(name)s. These can be used: %(known)s.")
            % {"name": foreign[0], "known": ", ".join(sorted(known_filters()))},
            filters=foreign,
        )


def _is_whole(path: str, roots: set[str]) -> bool:
    """Return whether `path` is a group by itself, as in `{% for item in items %}`."""
    return path in roots or path == "items.size"
