"""Telling an insurer: overdue declared, an extension or an intervention asked for; the file is kept with its number."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import DeclarationKind, DeclaredInvoice, InsuranceDeclaration, InsurerPolicy
from credit.queries.declarations import Ticking, ticking
from credit.queries.insurance import policies_on
from kernel.errors import Refused
from kernel.permissions import Actor
from kernel.tables_export import Row, csv_lines
from ledger.models import TimelineKind
from ledger.services.history import note_each

MOST = 500


class DeclarationRefused(Refused):
    """The insurer cannot be told so."""

    code: ClassVar[str] = "insurance_declaration_refused"


def declare(
    *, documents: Iterable[UUID], kind: str, actor: Actor, now: datetime, today: date
) -> list[InsuranceDeclaration]:
    """Make the file of chosen invoices, one for each policy, and mark them told. Raises DeclarationRefused.

    An invoice is told once in each way. An overdue under the policy's threshold, or paid meanwhile, is refused.
    """
    chosen = list(dict.fromkeys(documents))
    person = actor.membership_id
    if actor.kind != "person" or person is None:
        raise DeclarationRefused(_("An insurer is told by a person, never by a machine (S12)."))
    if not chosen or len(chosen) > MOST:
        raise DeclarationRefused(
            _("Choose from one to %(most)s invoices to tell the insurer about.") % {"most": MOST}
        )
    # Whoever tells the same insurer at the same instant waits here, and then finds what was told.
    in_force = [one.pk for one in policies_on(today)]
    list(InsurerPolicy.objects.select_for_update().filter(pk__in=in_force).order_by("pk"))
    found = {one.document_id: one for one in ticking(today=today, actor=actor, documents=chosen)}
    if lost := len(chosen) - len(found):
        raise DeclarationRefused(
            _(
                "%(count)s of the chosen invoices are not to be declared: paid, under the threshold, not overdue or "
                "without cover. Load the list again."
            )
            % {"count": lost}
        )
    told = [one for one in found.values() if kind in one.told]
    if told:
        raise DeclarationRefused(
            _("Invoice %(number)s was told to %(insurer)s already: take it out of the choice.")
            % {"number": told[0].number, "insurer": told[0].policy.insurer}
        )
    _refuse_days(found.values(), kind, today)
    by_policy: dict[UUID, list[Ticking]] = {}
    for one in found.values():
        by_policy.setdefault(one.policy.pk, []).append(one)
    return [
        _make(rows, DeclarationKind(kind), person, actor=actor, now=now, today=today)
        for rows in by_policy.values()
    ]


def _refuse_days(rows: Iterable[Ticking], kind: str, today: date) -> None:
    """Refuse an extension after the credit period: the insurer would too."""
    for one in rows:
        if kind == DeclarationKind.EXTENSION and today > one.times.maximum_date:
            raise DeclarationRefused(
                _("The credit period of invoice %(number)s ended on %(day)s: declare it instead.")
                % {"number": one.number, "day": one.times.maximum_date}
            )
        if kind == DeclarationKind.INTERVENTION and not one.is_declared:
            raise DeclarationRefused(
                _("Declare invoice %(number)s first; the insurer steps in afterwards.")
                % {"number": one.number}
            )


def _make(
    rows: list[Ticking],
    kind: DeclarationKind,
    person: UUID,
    *,
    actor: Actor,
    now: datetime,
    today: date,
) -> InsuranceDeclaration:
    policy = rows[0].policy
    language = (get_language() or "en")[:2]
    number = _next_number(today)
    text = "".join(csv_lines(_headings(), [_row(number, one) for one in rows], language=language))
    made = InsuranceDeclaration.objects.create(
        number=number,
        kind=kind,
        policy_number=policy.number,
        insurer=policy.insurer,
        language=language,
        csv=text,
        csv_digest=hashlib.sha256(text.encode()).hexdigest(),
        made_by_id=person,
        made_at=now,
    )
    DeclaredInvoice.objects.bulk_create(
        DeclaredInvoice(
            declaration=made,
            document_id=one.document_id,
            customer=one.customer,
            kind=kind,
            open_amount=one.open.amount,
            currency=one.open.currency,
            maximum_date=one.times.maximum_date,
            declare_by=one.times.declare_by,
        )
        for one in rows
    )
    note_each(
        {one.customer.pk: {"number": number, "insurer": policy.insurer} for one in rows},
        kind=TimelineKind.CHANGE,
        text_code=f"credit.declared_{kind.value}",
        actor=actor,
    )
    audit.record(
        actor=actor,
        action="credit.tell_insurer",
        object_kind="insurance_declaration",
        object_id=made.pk,
        kind=kind.value,
        invoices=len(rows),
        digest=made.csv_digest,
    )
    return made


def _next_number(today: date) -> str:
    month = f"DI-{today:%y%m}-"
    last = InsuranceDeclaration.objects.filter(number__startswith=month).aggregate(
        last=Max("number")
    )["last"]
    return f"{month}{(int(last.rpartition('-')[2]) if last else 0) + 1:03d}"


def _headings() -> list[str]:
    return [
        _("Declaration"), _("Policy"), _("Insurer's reference"), _("Customer"), _("SIREN"), _("VAT number"),
        _("Invoice"), _("Invoiced on"), _("Due on"), _("Open amount, tax included"), _("Currency"),
        _("End of the credit period"), _("Declare by"),
    ]  # fmt: skip


def _row(number: str, one: Ticking) -> Row:
    customer = one.customer
    return [
        number, one.policy.number, one.reference, customer.name, customer.siren, customer.vat_number,
        one.number, one.invoice_date, one.due_date, one.open.amount, one.open.currency,
        one.times.maximum_date, one.times.declare_by,
    ]  # fmt: skip
