"""What is the same for every message of a tenant: read once for a turn of the queue, not once for each message.

Nothing here decides whether a message still stands: what the customer owes, pauses and disputes, and what is pressed,
is read anew for each one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.models import Tenant
from dunning.models import Reminder, ScenarioVersion, Step
from dunning.queries.closures import closed_days
from dunning.queries.lines import euro_rates
from dunning.queries.templates import TextInForce, text_in_force, translations
from dunning.rules.content import Register
from dunning.rules.decision import Circumstances
from dunning.rules.policy import Policy
from dunning.rules.translations import Translations
from dunning.services.circumstances import circumstances_of
from dunning.services.sending_domains import SendingIdentity, sending_identity
from kernel.tenancy import current_tenant_id
from ledger.models import Entity

Fact = TypeVar("Fact")
Row = TypeVar("Row", bound=Model)

LASTS = timedelta(seconds=5)
"""A text published, a rate entered or a domain proved meanwhile counts from the next turn on."""


@dataclass
class TurnFacts:
    """One tenant's turn, begun at `begin`; each fact is read inside the tenant's scope when it is first asked for."""

    begin: datetime
    _read: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def is_over(self, now: datetime) -> bool:
        """Say whether what was read may have changed long enough ago to be read again."""
        return now - self.begin > LASTS

    @cached_property
    def tenant(self) -> Tenant:
        """The tenant itself."""
        return Tenant.objects.get(pk=current_tenant_id())

    @cached_property
    def translations(self) -> Translations:
        """The languages each register can be read in."""
        return translations()

    @cached_property
    def identity(self) -> SendingIdentity:
        """The address the messages are from, with the key that signs them."""
        return sending_identity()

    @cached_property
    def closures(self) -> frozenset[date]:
        """The company's own days off, from the day before on."""
        return closed_days(since=self.begin.date() - timedelta(days=1))

    def euro_rates(self, today: date) -> Mapping[str, Decimal]:
        """Return what currencies are worth, as `dunning.queries.lines.euro_rates` does."""
        return self._once(("rates", today), lambda: euro_rates(today=today))

    def circumstances(self, today: date, policy: Policy) -> Circumstances:
        """Return what holds for every group on `today`."""
        return self._once(
            ("circumstances", today, policy),
            lambda: circumstances_of(self.tenant, today=today, policy=policy),
        )

    def text_in_force(self, register: Register, *, wanted: str, fallback: str) -> TextInForce:
        """Return the words of a register, as `dunning.queries.templates.text_in_force` does."""
        return self._once(
            ("text", register, wanted, fallback),
            lambda: text_in_force(register, wanted=wanted, fallback=fallback),
        )

    def lend_relations(self, reminder: Reminder) -> None:
        """Give a reminder its step, version and legal entity, which most messages of a turn have in common."""
        versions = ScenarioVersion.objects.select_related("scenario")
        reminder.step = self._row(Step.objects.all(), reminder.step_id)
        reminder.scenario_version = self._row(versions, reminder.scenario_version_id)
        reminder.entity = self._row(Entity.objects.all(), reminder.entity_id)

    def _row(self, rows: "QuerySet[Row]", pk: UUID) -> Row:
        return self._once(("row", pk), lambda: rows.get(pk=pk))

    def _once(self, key: tuple[Any, ...], read: Callable[[], Fact]) -> Fact:
        if key not in self._read:
            self._read[key] = read()
        found: Fact = self._read[key]
        return found
