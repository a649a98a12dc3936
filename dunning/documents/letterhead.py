"""The layouts of the documents and the facts all of them share."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from dunning.documents.view import MessageView, clean

_FOLDER = Path(__file__).parent / "layouts"


@lru_cache
def _engine() -> Engine:
    """Return an engine of our own: it knows these few files and no setting, request or user."""
    return Engine(dirs=[str(_FOLDER)])


def render_layout(name: str, facts: dict[str, Any]) -> str:
    return str(_engine().get_template(name).render(Context(facts)))


def letterhead(view: MessageView) -> dict[str, Any]:
    """Return what every document prints: who writes to whom, and the legal foot."""
    content, labels = view.content, view.labels
    creditor, sender = content.creditor, content.sender
    name = clean(creditor.entity_name)
    ids = [f"{clean(label)} {clean(number)}" for label, number in creditor.legal_ids]
    reach = ", ".join(clean(part) for part in (sender.phone, sender.email) if part)
    address = [clean(line) for line in creditor.address.lines]
    return {
        "labels": labels,
        "creditor_name": name,
        "initial": name[:1].upper(),
        "sender_lines": [line for line in (", ".join(address), reach) if line],
        "sender_name": clean(sender.name),
        "sender_phone": clean(sender.phone),
        "legal_foot": f"{', '.join([name, *ids])}. {labels.late_terms}",
        "customer_name": clean(content.customer.name),
        "address": [clean(line) for line in content.customer.address.lines],
        "net": view.net,
        "iban": view.iban,
        "portal_url": content.portal_url,
    }
