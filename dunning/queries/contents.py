"""Gather what one reminder says: every fact as a plain value, read in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from accounts.models import MembershipState, Tenant
from dunning.models import Reminder
from dunning.queries.interest import ChargedDocument, charges_of_documents
from dunning.queries.invoice_copies import copies_of_lines
from dunning.queries.templates import TextInForce, text_in_force
from dunning.rules.content import (
    Address,
    ContentLine,
    Creditor,
    Debtor,
    InvoiceCopy,
    LineKind,
    Penalties,
    Recipient,
    Register,
    ReminderContent,
    Section,
    Sender,
    StepInfo,
    Totals,
)
from dunning.rules.grouping import (
    Announcement,
    Exclusion,
    LineStanding,
    OpenLine,
    is_worth_announcing,
    line_standing,
)
from dunning.rules.interest_claims import Parts
from dunning.rules.outbox import State
from dunning.rules.policy import Policy
from dunning.rules.steps import Anchor, Channel, ScenarioRules, step_reached
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, DueLine
from ledger.rules.payment_codes import selection_reference
from ledger.rules.penalties import rates_used

MENTION_LEVEL = 2  # "interest may apply"
ESCALATED_LEVEL = 3  # who signs is no longer the collector
COMPUTE_LEVEL = 3  # the amounts are shown

SHOWN_EXCLUSIONS = frozenset({None, Exclusion.DISPUTED})
"""Lines left out for another reason are not the customer's business in this message."""


@dataclass(frozen=True, slots=True)
class ContentBasis:
    """What the engine has already established when it asks for the content; `tenant` is read where it is not given."""

    lines: Sequence[OpenLine]
    today: date
    euro_rate: Decimal
    policy: Policy
    scenario: ScenarioRules
    announcement: Announcement | None
    portal_url: str = ""
    portal_valid_until: date | None = None
    tenant: Tenant | None = None
    text_in_force: Callable[..., TextInForce] = text_in_force


def reminder_content(
    reminder: Reminder, contact: Contact | None, basis: ContentBasis
) -> ReminderContent:
    """Return everything `reminder` says to `contact`, as of `basis.today`; without a contact, to nobody by name."""
    if reminder.step.anchor == Anchor.YEARLY:
        basis = replace(basis, policy=basis.policy.of_statements)
    standings = [
        line_standing(line, euro_rate=basis.euro_rate, policy=basis.policy) for line in basis.lines
    ]
    penalties, shares = _penalties(reminder, standings, basis.today)
    lines = _content_lines(
        standings, basis, shares=shares, is_preventive=reminder.step.offset_days < 0
    )
    customer = reminder.customer
    tenant = basis.tenant or Tenant.objects.get(pk=current_tenant_id())
    step = _step(reminder)
    text = basis.text_in_force(
        step.register,
        wanted=(contact.language if contact else "") or customer.language,
        fallback=tenant.language,
    )
    return ReminderContent(
        reminder_id=str(reminder.pk),
        language=text.language,
        creditor=_creditor(reminder, tenant),
        sender=_sender(reminder),
        recipient=Recipient(contact.name if contact else "", contact.email if contact else ""),
        customer=Debtor(customer.code, customer.name, _address(customer.address, customer.country)),
        currency=reminder.currency,
        as_of_date=basis.today,
        lines=lines,
        totals=totals_of(lines, is_preventive=reminder.step.offset_days < 0),
        step=step,
        penalties=penalties,
        portal_url=basis.portal_url,
        portal_valid_until=basis.portal_valid_until,
        payment_reference=customer.payment_reference
        or selection_reference(customer.code, _claimed_numbers(lines), basis.today),
        words=text.words,
        copies=_copies(reminder, lines, standings),
        in_copy=sales_in_copy(reminder, contact, basis.policy),
    )


def _copies(
    reminder: Reminder, lines: Sequence[ContentLine], standings: Sequence[LineStanding]
) -> tuple[InvoiceCopy, ...]:
    """Return the copies of the overdue invoices, for an e-mail whose step encloses them."""
    if not reminder.step.has_invoices or reminder.channel != Channel.EMAIL:
        return ()
    late = {line.document_number for line in lines if line.section is Section.LATE}
    named = [each.line for each in standings if each.line.kind is LineKind.INVOICE]
    return copies_of_lines([line.id for line in named if line.document_number in late])


def sales_in_copy(reminder: Reminder, contact: Contact | None, policy: Policy) -> Recipient | None:
    """Return the sales representative who gets an e-mail in copy, from the scenario's level on (DOMAIN 5.2).

    None without one, without his address, or where he is written to himself.
    """
    is_high = reminder.step.level >= policy.copy_sales_from_level
    if reminder.channel != Channel.EMAIL or not is_high:
        return None
    rep = reminder.customer.sales_rep
    if rep is None or rep.state == MembershipState.LEFT or not rep.email:
        return None
    if contact is not None and contact.email.casefold() == rep.email.casefold():
        return None
    return Recipient(rep.name, rep.email)


def _claimed_numbers(lines: Sequence[ContentLine]) -> list[str]:
    return [line.document_number for line in lines if line.section is Section.LATE]


def _content_lines(
    standings: Sequence[LineStanding],
    basis: ContentBasis,
    *,
    is_preventive: bool,
    shares: Mapping[UUID, Parts] | None = None,
) -> tuple[ContentLine, ...]:
    originals = _originals([standing.line.id for standing in standings])
    shown = []
    for standing in standings:
        section = _section(standing, basis, is_preventive=is_preventive)
        if section is not None:
            line = _content_line(standing, section, originals[standing.line.id], basis)
            share = (shares or {}).get(standing.line.id) if section is Section.LATE else None
            if share is not None:
                line = replace(line, interest=share.interest, fixed_charge=share.fixed_charge)
            shown.append(line)
    return tuple(shown)


@dataclass(frozen=True, slots=True)
class _Original:
    amount: Decimal
    issue_date: date
    order_number: str


def _originals(ids: Sequence[UUID]) -> Mapping[UUID, _Original]:
    rows = DueLine.objects.filter(pk__in=ids).values_list(
        "pk", "amount", "issue_date", "document__order_number"
    )
    return {row[0]: _Original(*row[1:]) for row in rows}


def _section(standing: LineStanding, basis: ContentBasis, *, is_preventive: bool) -> Section | None:
    """Return under which heading a line is shown, None when the message is silent about it."""
    line = standing.line
    if line.kind is not LineKind.INVOICE or line.open_amount < 0:
        return Section.CREDIT
    if standing.reason not in SHOWN_EXCLUSIONS:
        return None
    if not standing.is_claimed:
        return Section.DISPUTED
    if line.due_date < basis.today:
        return Section.LATE
    if not is_preventive or basis.announcement is None:
        return Section.NOT_DUE
    is_announced = is_worth_announcing(
        standing, today=basis.today, euro_rate=basis.euro_rate, announcement=basis.announcement
    )
    return Section.NOT_DUE if is_announced else None


def _content_line(
    standing: LineStanding, section: Section, original: _Original, basis: ContentBasis
) -> ContentLine:
    line = standing.line
    days_late = (basis.today - line.due_date).days
    is_small = standing.claimed * basis.euro_rate < basis.policy.raising_minimum
    step = step_reached(
        basis.scenario, days_late=days_late, is_small=is_small, anchors=line.anchors
    )
    return ContentLine(
        document_number=line.document_number,
        order_number=original.order_number,
        issue_date=original.issue_date,
        due_date=line.due_date,
        days_late=days_late,
        original_amount=original.amount,
        open_amount=line.open_amount,
        disputed_amount=standing.left_out if standing.reason is Exclusion.DISPUTED else Decimal(0),
        kind=line.kind,
        section=section,
        level=step.level if step and section is Section.LATE else 0,
        is_due_date_estimated=line.is_estimated,
    )


def totals_of(lines: Sequence[ContentLine], *, is_preventive: bool) -> Totals:
    """Add up the lines shown; before the due date `net` is what is about to fall due, less credits."""

    def claimed(section: Section) -> Decimal:
        parts = (
            line.open_amount - line.disputed_amount for line in lines if line.section is section
        )
        return sum(parts, Decimal(0))

    due, not_due = claimed(Section.LATE), claimed(Section.NOT_DUE)
    credits_ = sum(
        (line.open_amount for line in lines if line.section is Section.CREDIT), Decimal(0)
    )
    return Totals(
        due=due,
        not_due=not_due,
        disputed=sum((line.disputed_amount for line in lines), Decimal(0)),
        credits=credits_,
        net=(not_due if is_preventive else due) + credits_,
    )


def _address(text: str, country: str) -> Address:
    return Address(tuple(line.strip() for line in text.splitlines() if line.strip()), country)


def _creditor(reminder: Reminder, tenant: Tenant) -> Creditor:
    entity = reminder.entity
    legal_ids = (("SIREN", entity.siren), ("TVA", entity.vat_number))
    return Creditor(
        tenant_name=tenant.name,
        entity_code=entity.code,
        entity_name=entity.account_holder or entity.name,
        address=_address(entity.address, entity.country),
        legal_ids=tuple((label, value) for label, value in legal_ids if value),
        iban=entity.iban,
        bic=entity.bic,
    )


def _sender(reminder: Reminder) -> Sender:
    """Return who signs: the customer's collector, from level 3 on who answers for his risk, a notice the company.

    Where nobody is named the legal entity signs; answers reach a person where it has no address of its own. Source:
    DOMAIN 5.2, sender identity.
    """
    entity, customer = reminder.entity, reminder.customer
    person = customer.collector
    if reminder.step.level >= ESCALATED_LEVEL and customer.risk_owner_id:
        person = customer.risk_owner
    if person is None:
        return Sender(entity.name, entity.email, entity.phone)
    if reminder.step.register == Register.FORMAL_NOTICE:
        return Sender(entity.name, entity.email or person.email, entity.phone or person.phone)
    return Sender(person.name, person.email, person.phone or entity.phone)


def _step(reminder: Reminder) -> StepInfo:
    step, version = reminder.step, reminder.scenario_version
    former = (
        Reminder.objects.filter(
            customer_id=reminder.customer_id,
            channel__in=[Channel.EMAIL, Channel.LETTER],
            state__in=[State.SENT, State.DELIVERED],
            contact_date__lt=reminder.contact_date,
            entity_id=reminder.entity_id,
        )
        .order_by("-contact_date")
        .values_list("contact_date", flat=True)
        .first()
    )
    return StepInfo(
        scenario_name=version.scenario.name,
        scenario_version=version.number,
        step_number=step.number,
        offset_days=step.offset_days,
        level=step.level,
        register=Register(step.register or Register.COURTEOUS),
        has_statement=step.has_statement,
        previous_message_date=former,
    )


def _penalties(
    reminder: Reminder, standings: Sequence[LineStanding], today: date
) -> tuple[Penalties | None, Mapping[UUID, Parts]]:
    """Return the penalties paragraph's facts and each line's share of them.

    Nothing below level 2, "may apply" at level 2, amounts from level 3 where rates are known (DOMAIN 5.2).
    """
    level = reminder.step.level
    if level < MENTION_LEVEL:
        return None, {}
    if level < COMPUTE_LEVEL or reminder.currency != reminder.entity.currency:
        return Penalties(is_claimed=False), {}
    charged = penalties_of_lines(standings, today=today)
    if any(each.charge is None for each in charged):
        return Penalties(is_claimed=False), {}
    charges = [each.charge for each in charged if each.charge is not None]
    late = [each.line.id for each in standings if each.is_claimed and each.line.due_date < today]
    shares = _shares(charged, late)
    return Penalties(
        is_claimed=reminder.step.register == Register.FORMAL_NOTICE,
        interest=sum((charge.interest.amount for charge in charges), Decimal(0)),
        fixed_indemnity=sum((charge.fixed_charge.amount for charge in charges), Decimal(0)),
        rates=rates_used(period for charge in charges for period in charge.periods),
    ), shares


def penalties_of_lines(
    standings: Sequence[LineStanding], *, today: date
) -> tuple[ChargedDocument, ...]:
    """Return what the invoices of late claimed lines owe on top; what is kept out bears nothing here."""
    late = {each.line.id for each in standings if each.is_claimed and each.line.due_date < today}
    documents = set(DueLine.objects.filter(pk__in=late).values_list("document_id", flat=True))
    claimed = {each.line.id: each.claimed for each in standings}
    found = charges_of_documents(documents, until=today, claimed=claimed)
    return tuple(sorted(found.values(), key=lambda each: each.number))


def _shares(charged: Sequence[ChargedDocument], shown: Sequence[UUID]) -> Mapping[UUID, Parts]:
    """Return each shown line's part; what an instalment paid late owes is put on the first one still shown."""
    shares: dict[UUID, Parts] = {}
    for each in charged:
        if each.charge is None:
            continue
        by_line = dict(zip(each.lines, each.charge.by_line, strict=True))
        lines = [line for line in shown if line in by_line]
        hidden = sum((part for line, part in by_line.items() if line not in lines), Decimal(0))
        for place, line in enumerate(lines):
            first = place == 0
            shares[line] = Parts(
                by_line[line] + (hidden if first else 0),
                each.charge.fixed_charge.amount if first else Decimal(0),
            )
    return shares
