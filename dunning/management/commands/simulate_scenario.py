"""Tell what a scenario would have done, or will do, from one day to another; nothing of it is written.

A company that has no scenarios yet gets the ready ones first.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from dunning.queries.simulation import (
    Span,
    scenario_version,
    simulate_version,
    simulation_document,
)
from dunning.services.locks import lock_plan
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.commands import JsonCommand
from kernel.tenancy import tenant_scope


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "scenario", metavar="ID", help="the code of a scenario, or the id of a version"
        )
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        for name, word in (("--from", "first"), ("--to", "last")):
            parser.add_argument(
                name,
                dest=word,
                required=True,
                type=date.fromisoformat,
                metavar="DATE",
                help=f"the {word} day, included",
            )
        parser.add_argument(
            "--from-scratch",
            action="store_true",
            help="begin as if nothing had ever been said to anybody",
        )

    def answer(
        self, *, scenario: str, tenant: str, first: date, last: date, from_scratch: bool, **_: Any
    ) -> Mapping[str, Any]:
        tenant_id = tenant_named(tenant)
        now = timezone.now()
        with tenant_scope(tenant_id):
            lock_plan()
            ensure_ready_scenarios()
        with tenant_scope(tenant_id):
            version = scenario_version(scenario)
            today = now.astimezone(ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone)).date()
            span = Span(first, last, today, begins_empty=from_scratch)
            found = simulation_document(simulate_version(version, span))
        return {
            "tenant": tenant,
            "scenario": version.scenario.code,
            "version": version.number,
            "is_draft": version.is_draft,
            **found,
        }

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        """Return the same document, laid out to be read: there is no shorter word for it."""
        yield json.dumps(answer, ensure_ascii=False, indent=2)
