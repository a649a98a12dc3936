"""What a reminder would say if it left now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Tenant
from dunning.messages.composing import message_words
from dunning.models import Reminder
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.queries.lines import euro_rates, open_lines_of
from dunning.rules.decision import announcement_of
from dunning.rules.policy import DEFAULT_POLICY, Policy
from kernel.tenancy import current_tenant_id


@dataclass(frozen=True, slots=True)
class Preview:
    """Subject and plain text of a message, from the ledger as it stands now."""

    subject: str
    text: str


def preview(*, reminder: Reminder, now: datetime, policy: Policy = DEFAULT_POLICY) -> Preview:
    """Return what `reminder` would say if it left now; what was sent is kept elsewhere, as it was sent."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
    scenario = reminder.scenario_version.as_rules()
    content = reminder_content(
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
    subject, text = message_words(content)
    return Preview(subject, text)
