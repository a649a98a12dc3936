"""What a reminder would say if it left now, as a message or as a letter to print."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Tenant
from dunning.documents.notice import notice_filename, notice_number, notice_pdf
from dunning.documents.view import MessageView, message_view
from dunning.messages.composing import message_words
from dunning.models import Reminder
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.queries.lines import euro_rates, open_lines_of
from dunning.rules.content import ReminderContent
from dunning.rules.decision import announcement_of
from dunning.rules.policy import DEFAULT_POLICY, Policy
from kernel.tenancy import current_tenant_id


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


def preview(*, reminder: Reminder, now: datetime) -> Preview:
    """Return what `reminder` would say if it left now; what was sent is kept elsewhere, as it was sent."""
    subject, text = message_words(_content(reminder, now))
    return Preview(subject, text)


def letter(*, reminder: Reminder, now: datetime) -> Letter:
    """Return what the letter of `reminder` would claim if it were printed now."""
    view = _letter_view(reminder, now)
    claimed = view.penalties if view.penalties and view.penalties.total else None
    debtor = view.content.customer
    return Letter(
        number=notice_number(view),
        recipient=debtor.name,
        address=(*debtor.address.lines, debtor.address.country),
        principal=view.net,
        penalties=claimed.total if claimed else "",
        total=claimed.grand_total if claimed else view.net,
        disputed=tuple(line.number for line in view.disputed),
    )


def letter_pdf(*, reminder: Reminder, now: datetime) -> tuple[str, bytes]:
    """Return the letter of `reminder` as (file name, PDF), as of now. Raises PdfUnavailable, SandboxRefused."""
    view = _letter_view(reminder, now)
    return notice_filename(view), notice_pdf(view)


def _letter_view(reminder: Reminder, now: datetime) -> MessageView:
    return message_view(_content(reminder, now))


def _content(reminder: Reminder, now: datetime, policy: Policy = DEFAULT_POLICY) -> ReminderContent:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
    scenario = reminder.scenario_version.as_rules()
    policy = reminder.scenario_version.as_policy(policy)
    return reminder_content(
        reminder,
        reminder.contact,
        ContentBasis(
            lines=open_lines_of(
                customer_id=reminder.customer_id,
                entity_id=reminder.entity_id,
                currency=reminder.currency,
                today=today,
                policy=policy,
                except_reminder=reminder.pk,
            ),
            today=today,
            euro_rate=euro_rates(today=today).get(reminder.currency, Decimal(1)),
            policy=policy,
            scenario=scenario,
            announcement=announcement_of(scenario),
        ),
    )
