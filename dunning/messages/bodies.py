"""The two faces of a message: an HTML letter that any mail program shows, and the same facts as text.

Both are assembled from one list of pieces: the written paragraphs of the template and, where it names
them, our own blocks. What one face says the other says too (tests compare them fact by fact).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Template
from django.utils.safestring import mark_safe

from dunning.documents.view import LineView, MessageView, account_holder, clean
from dunning.messages.fields import BLOCK_CLOSE, BLOCK_OPEN, SWITCHES, promised_day
from dunning.messages.sanitise import plain_text
from dunning.rules.content import Register
from dunning.rules.invoice_copies import copies_may_travel

LINES_SHOWN = 15
"""A message stays under 30 KB; further lines are on the customer's page and on the statement."""

PENALTIES_FROM_LEVEL = 3
"""Interest and charges have their paragraph from here on (DOMAIN 5.2)."""

REQUIRED_BLOCKS = ("amount", "items", "notes")
"""Added at the end when the text names them nowhere: a claim always shows its lines."""

_BLOCK = re.compile(rf"(?:<p>\s*)?{BLOCK_OPEN}(\w+){BLOCK_CLOSE}(?:\s*</p>)?")
_PARAGRAPH = 'class="t" style="margin:0 0 16px;font-size:15px;line-height:1.55;color:#12201E"'
_LINK = 'class="a" style="color:#0A5C5F"'
_FOLDER = Path(__file__).parent / "layouts"


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of a message: written HTML, or the name of a block."""

    html: str = ""
    block: str = ""


def pieces(body: str, blocks: Collection[str] | None = None) -> list[Piece]:
    """Return the sanitised `body` cut at its block markers, required blocks added.

    Of the optional blocks those not in `blocks` are left out, and the others added; None leaves them to the text.
    """
    found: list[Piece] = []
    for place, part in enumerate(_BLOCK.split(body)):
        if place % 2:
            found.append(Piece(block=part))
        elif part.strip():
            found.append(Piece(html=part.strip()))
    if blocks is not None:
        off = set(SWITCHES) - set(blocks)
        found = [piece for piece in found if piece.block not in off]
    named = {piece.block for piece in found}
    wanted = [*REQUIRED_BLOCKS, *(name for name in SWITCHES if name in (blocks or ()))]
    missing = [Piece(block=name) for name in wanted if name not in named and name != "code"]
    # What the text does not place stands above the name that signs.
    end = next((n for n, piece in enumerate(found) if piece.block == "signature"), len(found))
    return [*found[:end], *missing, *found[end:]]


def html_body(
    view: MessageView, parts: list[Piece], *, subject: str, preview: str, has_code: bool = True
) -> str:
    """Return the HTML part; the code of the transfer is `cid:epc-qr`, nothing else is referred to."""
    facts = _layout_facts(view)
    facts["has_code"] = facts["has_code"] and has_code
    body = "\n".join(
        _render(part.block, facts) if part.block else _styled(part.html)
        for part in parts
        if not part.block or is_shown(part.block, view)
    )
    # The pieces are our own layouts or sanitised text.
    facts |= {"subject": subject, "preview": preview, "body": mark_safe(body)}  # noqa: S308
    return _render("reminder", facts)


def text_body(view: MessageView, parts: list[Piece], *, is_letter: bool = False) -> str:
    """Return the plain part, with every fact and every link of the HTML part; a letter has all lines and no footer."""
    shown = _TEXT_BLOCKS | {"items": _all_items_text} if is_letter else _TEXT_BLOCKS
    blocks = [
        "\n".join(shown[part.block](view)) if part.block else plain_text(part.html)
        for part in parts
        if not part.block or is_shown(part.block, view)
    ]
    if not is_letter:
        blocks.append("\n".join(["--", *_footer(view)]))
    return "\n\n".join(block for block in blocks if block) + "\n"


def shown_lines(view: MessageView) -> tuple[tuple[LineView, ...], tuple[LineView, ...]]:
    """Return the claimed lines that are listed and those that are summed up."""
    if len(view.claimed) <= LINES_SHOWN + 1:
        return view.claimed, ()
    return view.claimed[:LINES_SHOWN], view.claimed[LINES_SHOWN:]


def is_shown(block: str, view: MessageView) -> bool:
    """Say whether a block has anything to show in this message."""
    if block == "answers" and view.content.step.register is Register.PROMISE:
        return False  # the answer is given: it is what the recap is about
    if block in {"button", "answers"}:
        return bool(view.content.portal_url)
    if block == "transfer":
        return bool(view.iban)
    if block == "penalties":
        return view.penalties is not None and view.content.step.level >= PENALTIES_FROM_LEVEL
    if block == "notes":
        return bool(view.disputed or view.total_not_due or _copies_note(view))
    return True


def _styled(html: str) -> str:
    return html.replace("<p>", f"<p {_PARAGRAPH}>").replace("<a ", f"<a {_LINK} ")


def _layout_facts(view: MessageView) -> dict[str, Any]:
    content = view.content
    lines, rest = shown_lines(view)
    return {
        "labels": view.labels,
        "lines": lines,
        "more": view.labels.more_lines % len(rest) if rest else "",
        "more_amount": _sum_claimed(view, rest) if rest else "",
        "net": view.net,
        "heading": _heading(view),
        "portal_url": content.portal_url,
        "creditor_name": clean(content.creditor.entity_name),
        "initial": clean(content.creditor.entity_name)[:1].upper(),
        "disputed_notes": list(_disputed_notes(view)),
        "not_due_note": not_due_note(view),
        "copies_note": _copies_note(view),
        "penalties_sentence": penalties_sentence(view),
        "iban": view.iban,
        "account_holder": account_holder(content.creditor),
        "reference": view.reference,
        "has_code": bool(view.epc_payload),
        "code_alternative": view.labels.qr_alternative % view.net,
        "sender_name": clean(content.sender.name),
        "sender_phone": clean(content.sender.phone),
        "sent_by": _sent_by(view),
        "link_validity": _link_validity(view),
        "clarity_url": content.clarity_url,
        "identity": _identity(view),
    }


def _sum_claimed(view: MessageView, lines: tuple[LineView, ...]) -> str:
    return view.money(sum((line.claimed_amount for line in lines), start=Decimal(0)))


def _heading(view: MessageView) -> str:
    register = view.content.step.register
    if register is Register.PROMISE:
        return view.labels.promised_by % promised_day(view)
    is_notice = register is Register.FORMAL_NOTICE
    if is_notice and view.penalties and view.penalties.total:
        return view.labels.principal_due
    return view.labels.soon_due if view.is_before_due else view.labels.to_pay_now


def _disputed_notes(view: MessageView) -> Iterator[str]:
    lines = view.disputed[:LINES_SHOWN]
    for line in lines:
        yield view.labels.disputed_line % (line.number, line.open)
    if rest := len(view.disputed) - len(lines):
        yield view.labels.more_lines % rest


def not_due_note(view: MessageView) -> str:
    """Return what falls due besides, empty where nothing does."""
    if view.is_before_due or not view.total_not_due:
        return ""
    return view.labels.not_due_besides % view.total_not_due


def _copies_note(view: MessageView) -> str:
    """Return where the copies are that would not fit into the message; empty where they travel or nobody has a page."""
    content = view.content
    fits = copies_may_travel(content.copies, has_statement=content.step.has_statement)
    return "" if fits or not content.portal_url else view.labels.copies_on_page


def _sent_by(view: MessageView) -> str:
    content = view.content
    return view.labels.sent_by % (
        clean(content.creditor.entity_name),
        clean(content.recipient.email),
        clean(content.customer.name),
    )


def _link_validity(view: MessageView) -> str:
    if not view.content.portal_url:
        return ""
    if view.portal_valid_until:
        return view.labels.link_personal_until % view.portal_valid_until
    return view.labels.link_personal


def _identity(view: MessageView) -> str:
    creditor = view.content.creditor
    ids = (f"{clean(name)} {clean(number)}" for name, number in creditor.legal_ids)
    parts = [clean(creditor.entity_name), *(clean(line) for line in creditor.address.lines), *ids]
    return ", ".join(parts) if len(parts) > 1 else ""


def _amount_text(view: MessageView) -> Iterator[str]:
    yield f"{_heading(view).upper()}{view.labels.colon}{view.net}"


def _button_text(view: MessageView) -> Iterator[str]:
    yield f"{view.labels.view_and_pay}"
    yield view.content.portal_url


def _answers_text(view: MessageView) -> Iterator[str]:
    labels, url = view.labels, view.content.portal_url
    answers = (
        (labels.propose_date, "promise"),
        (labels.already_paid, "paid"),
        (labels.report_dispute, "problem"),
    )
    width = max(len(label) for label, _anchor in answers)
    for label, anchor in answers:
        yield f"{label:<{width}}  {url}#{anchor}"


def _items_text(view: MessageView) -> Iterator[str]:
    return _table_text(view, *shown_lines(view))


def _all_items_text(view: MessageView) -> Iterator[str]:
    return _table_text(view, view.claimed, ())


def _table_text(
    view: MessageView, lines: tuple[LineView, ...], rest: tuple[LineView, ...]
) -> Iterator[str]:
    labels = view.labels
    rows = [(line.number, line.due, line.late, line.claimed, line.note) for line in lines]
    heads = (labels.document, labels.due, labels.late, labels.open)
    total = view.net
    widths = [max([len(head), *(len(row[n]) for row in rows)]) for n, head in enumerate(heads)]
    widths[3] = max(widths[3], len(total))
    rule = "-" * (sum(widths) + 6)
    yield _columns(heads, widths)
    yield rule
    for *cells, note in rows:
        yield _columns(cells, widths)
        if note:
            yield f"  {note}"
    if rest:
        yield f"{labels.more_lines % len(rest)}{labels.colon}{_sum_claimed(view, rest)}"
    yield rule
    yield f"{labels.total:<{sum(widths[:3]) + 4}}  {total:>{widths[3]}}"


def _columns(cells: Any, widths: list[int]) -> str:  # noqa: ANN401  a tuple or a list of four texts
    number, due, late, amount = cells
    return f"{number:<{widths[0]}}  {due:<{widths[1]}}  {late:>{widths[2]}}  {amount:>{widths[3]}}"


def _notes_text(view: MessageView) -> Iterator[str]:
    yield from _disputed_notes(view)
    if note := not_due_note(view):
        yield note
    if note := _copies_note(view):
        yield f"{note} {view.content.portal_url}#invoices"


def _transfer_text(view: MessageView) -> Iterator[str]:
    labels = view.labels
    yield f"{labels.by_transfer}{labels.colon}IBAN {view.iban}"
    yield f"{labels.holder}{labels.colon}{account_holder(view.content.creditor)}"
    yield f"{labels.reference}{labels.colon}{view.reference}"


def penalties_sentence(view: MessageView) -> str:
    """Return what is owed on top, with its figures where they are computed."""
    penalties = view.penalties
    if penalties is None or not penalties.total:
        return view.labels.penalties_mention
    rates = view.labels.penalties_rates % penalties.rates if penalties.rates else ""
    return view.labels.penalties_due % (penalties.interest, rates, penalties.fixed_indemnity)


def _penalties_text(view: MessageView) -> Iterator[str]:
    yield penalties_sentence(view)


def _signature_text(view: MessageView) -> Iterator[str]:
    sender = view.content.sender
    phone = f", {clean(sender.phone)}" if sender.phone else ""
    yield f"{clean(sender.name)}, {view.labels.receivables_desk}{phone}"


def _footer(view: MessageView) -> Iterator[str]:
    yield _sent_by(view)
    if validity := _link_validity(view):
        yield validity
        yield f"{view.labels.change_recipient}{view.labels.colon}{view.content.portal_url}#recipient"
    if url := view.content.clarity_url:
        yield f"{view.labels.was_it_clear}{view.labels.colon}{url}"
    if view.iban:
        yield view.labels.bank_details_never_change
    if identity := _identity(view):
        yield identity


_TEXT_BLOCKS = {
    "amount": _amount_text,
    "button": _button_text,
    "answers": _answers_text,
    "items": _items_text,
    "notes": _notes_text,
    "penalties": _penalties_text,
    "transfer": _transfer_text,
    "signature": _signature_text,
}


@lru_cache
def _layout(name: str) -> Template:
    return _engine().get_template(f"{name}.html")


@lru_cache
def _engine() -> Engine:
    """Return an engine of our own: it knows these few files and no setting, request or user."""
    return Engine(dirs=[str(_FOLDER)])


def _render(name: str, facts: dict[str, Any]) -> str:
    return str(_layout(name).render(Context(facts)))
