"""What a reminder would say if it left now, as a message or as a letter to print."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Tenant
from dunning.documents.notice import notice_filename, notice_number, notice_pdf
from dunning.documents.view import MessageView, message_view
from dunning.messages.composing import message_words
from dunning.messages.letters import letter_words
from dunning.messages.short_text import compose_short_text
from dunning.models import FormalNotice, Reminder
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.queries.lines import euro_rates, lines_of, open_lines_of
from dunning.rules.content import IssuedLetter, Register, ReminderContent
from dunning.rules.decision import announcement_of
from dunning.rules.grouping import line_standing
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.steps import Channel
from kernel.tenancy import current_tenant_id
from ledger.models import DueLine, ReaderLanguage


@dataclass(frozen=True, slots=True)
class Preview:
    """Subject and plain text of a message, from the ledger as it stands now."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter to post claims, from the ledger as it stands now; amounts as they are printed.

    `penalties` are interest and charges together, empty where none are claimed; `total` is with them.
    """

    number: str
    recipient: str
    address: tuple[str, ...]
    principal: str
    penalties: str
    total: str
    disputed: tuple[str, ...]
    is_issued: bool = False  # numbered and kept; before that it is a draft
    may_be_issued: bool = False  # a formal notice that was not
    read: str = ""  # the language its reader prefers, where a notice is not written in it
    written: str = ""  # the language it is in then


def preview(*, reminder: Reminder, now: datetime) -> Preview:
    """Return what `reminder` would say if it left now; what was sent is kept elsewhere, as it was sent."""
    content = _content(reminder, now)
    if reminder.channel == Channel.SMS:
        return Preview("", compose_short_text(content).text)
    words = letter_words if reminder.channel == Channel.LETTER else message_words
    subject, text = words(content)
    return Preview(subject, text)


def letter(*, reminder: Reminder, now: datetime) -> Letter:
    """Return what the letter of `reminder` would claim if it were printed now, or what it claims once it is issued."""
    view = _letter_view(reminder, now)
    claimed = view.penalties if view.penalties and view.penalties.total else None
    debtor = view.content.customer
    read, written = _languages(reminder, view.content)
    shown = Letter(
        number=notice_number(view),
        recipient=debtor.name,
        address=(*debtor.address.lines, debtor.address.country),
        principal=view.net,
        penalties=claimed.total if claimed else "",
        total=claimed.grand_total if claimed else view.net,
        disputed=tuple(line.number for line in view.disputed),
        may_be_issued=view.content.step.register is Register.FORMAL_NOTICE,
        read=read,
        written=written,
    )
    issued = FormalNotice.objects.defer("pdf").filter(reminder=reminder).first()
    if issued is None:
        return shown
    penalties = issued.interest + issued.fixed_charge
    return replace(
        shown,
        number=issued.number,
        principal=view.money(issued.principal),
        penalties=view.money(penalties) if penalties else "",
        total=view.money(issued.principal + penalties),
        is_issued=True,
        may_be_issued=False,
    )


def _languages(reminder: Reminder, content: ReminderContent) -> tuple[str, str]:
    """Return what is read and what is written where a formal notice, French or English only, is in another language."""
    contact = reminder.contact
    wanted = (contact.language if contact else "") or reminder.customer.language
    is_other = content.step.register is Register.FORMAL_NOTICE and wanted != content.language
    if not is_other or wanted not in ReaderLanguage.values:
        return "", ""
    return str(ReaderLanguage(wanted).label), str(ReaderLanguage(content.language).label)


def letter_pdf(*, reminder: Reminder, now: datetime) -> tuple[str, bytes]:
    """Return the letter of `reminder` as (file name, PDF): as it was issued, else a draft as of now.

    Raises PdfUnavailable, SandboxRefused.
    """
    issued = FormalNotice.objects.filter(reminder=reminder).first()
    if issued is not None and issued.pdf:
        return issued.file_name, bytes(issued.pdf)
    view = _letter_view(reminder, now)
    return notice_filename(view), notice_pdf(view)


def letter_content(*, reminder: Reminder, now: datetime) -> ReminderContent:
    """Return everything the letter of `reminder` says as of now."""
    return _content(reminder, now)


def claimed_documents(
    *, reminder: Reminder, now: datetime
) -> tuple[frozenset[UUID], dict[UUID, Decimal]]:
    """Return the late invoices that `reminder` claims now, and what it claims of each of their open lines."""
    basis = _basis(reminder, now, DEFAULT_POLICY)
    standings = [
        line_standing(line, euro_rate=basis.euro_rate, policy=basis.policy) for line in basis.lines
    ]
    late = [
        each.line.id for each in standings if each.is_claimed and each.line.due_date < basis.today
    ]
    documents = DueLine.objects.filter(pk__in=late).values_list("document_id", flat=True)
    return frozenset(documents), {each.line.id: each.claimed for each in standings}


def _letter_view(reminder: Reminder, now: datetime) -> MessageView:
    issued = FormalNotice.objects.filter(reminder=reminder).first()
    content = _content(reminder, now)
    if issued is not None and issued.pdf:
        letter = IssuedLetter(issued.number, issued.file_name, bytes(issued.pdf))
        content = replace(content, notice=letter)
    return message_view(content)


def _content(reminder: Reminder, now: datetime, policy: Policy = DEFAULT_POLICY) -> ReminderContent:
    return reminder_content(reminder, reminder.contact, _basis(reminder, now, policy))


def _basis(reminder: Reminder, now: datetime, policy: Policy) -> ContentBasis:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
    scenario = reminder.scenario_version.as_rules()
    policy = reminder.scenario_version.as_policy(policy)
    return ContentBasis(
        lines=lines_of(
            reminder,
            open_lines_of(
                customer_id=reminder.customer_id,
                entity_id=reminder.entity_id,
                currency=reminder.currency,
                today=today,
                policy=policy,
                except_reminder=reminder.pk,
                scenario=scenario,
            ),
        ),
        today=today,
        euro_rate=euro_rates(today=today).get(reminder.currency, Decimal(1)),
        policy=policy,
        scenario=scenario,
        announcement=announcement_of(scenario),
    )
