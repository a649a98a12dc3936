"""Tell sales, credit managers and directors of customers who get very late, one mail a person (DOMAIN 5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, MembershipState, RoleGrant
from dunning.models import Run, SideMailKind
from dunning.queries.late_claims import late_claims
from dunning.rules.escalation import (
    DIRECTOR_DAYS,
    MANAGER_DAYS,
    SALES_DAYS,
    LateClaim,
    is_digest_due,
    is_for_director,
    is_for_manager,
    is_for_sales,
)
from dunning.services.side_mails import language_of, tell_member
from kernel import formats
from kernel.money import Money
from ledger.models import Customer

MOST_LISTED = 30


def tell_house(*, today: date, now: datetime) -> int:
    """Write what today's plan has to tell people in the house, and return how many mails that makes.

    Sales read of their own customers, credit managers and directors of those they see. Safe to run twice: each person
    gets one mail of a kind a day.
    """
    runs = Run.objects.filter(run_date__lt=today).order_by("-run_date")
    last_run = runs.values_list("run_date", flat=True).first() or today - timedelta(days=1)
    claims = late_claims(today=today, due_until=today - timedelta(days=SALES_DAYS))
    rows = Customer.objects.filter(pk__in=claims).select_related("sales_rep__user", "portfolio")
    late = [Late(customer, claims[customer.pk]) for customer in rows]
    late.sort(key=lambda each: (-each.claim.amount, each.customer.code))
    letter = _Letter(today, now)
    for_sales = [each for each in late if is_for_sales(each.claim, today=today, last_run=last_run)]
    for_managers = [
        each for each in late if is_for_manager(each.claim, today=today, last_run=last_run)
    ]
    written = letter.to_sales(for_sales) + letter.to_role(
        "credit_manager", MANAGER_DAYS, for_managers
    )
    if is_digest_due(today=today, last_run=last_run):
        for_director = [each for each in late if is_for_director(each.claim, today=today)]
        written += letter.to_role("executive", DIRECTOR_DAYS, for_director)
    return written


@dataclass(frozen=True, slots=True)
class Late:
    """A customer and what is claimed of him."""

    customer: Customer
    claim: LateClaim


class _Letter:
    """Writes one mail to each person concerned, in his language, about the customers he sees."""

    def __init__(self, today: date, now: datetime) -> None:
        self.today = today
        self.now = now

    def to_sales(self, late: Sequence[Late]) -> int:
        """Ask each sales rep for help with his own."""
        theirs: dict[UUID, tuple[Membership, list[Late]]] = {}
        for each in late:
            if rep := each.customer.sales_rep:
                theirs.setdefault(rep.pk, (rep, []))[1].append(each)
        return sum(self._write(rep, SALES_DAYS, found) for rep, found in theirs.values())

    def to_role(self, role: str, days: int, late: Sequence[Late]) -> int:
        """Tell everybody who holds `role` at work here of the customers below his nodes of the tree."""
        grants = RoleGrant.objects.filter(role=role, membership__state=MembershipState.ACTIVE)
        nodes: dict[UUID, tuple[Membership, list[str]]] = {}
        for grant in grants.select_related("membership__user", "scope").order_by(
            "membership", "pk"
        ):
            nodes.setdefault(grant.membership_id, (grant.membership, []))[1].append(
                grant.scope.path
            )
        return sum(
            self._write(
                person,
                days,
                [each for each in late if each.customer.portfolio.path.startswith(tuple(paths))],
            )
            for person, paths in nodes.values()
        )

    def _write(self, person: Membership, days: int, late: Sequence[Late]) -> bool:
        if not late:
            return False
        with language_of(person) as language:
            subject, ask = self._words(days, len(late))
            listed = "\n".join(self._line(each, language) for each in late[:MOST_LISTED])
            if len(late) > MOST_LISTED:
                listed += "\n" + _("… and %(count)s more.") % {"count": len(late) - MOST_LISTED}
            text = _("Hello %(name)s,\n\n%(ask)s\n\n%(list)s") % {
                "name": person.name,
                "ask": ask,
                "list": listed,
            }
        return tell_member(
            member=person,
            kind=SideMailKind.ESCALATION,
            key=f"escalation:{days}:{person.pk}:{self.today}",
            customer=late[0].customer,
            object_id=late[0].customer.pk,
            subject=subject,
            text=text,
            now=self.now,
        )

    def _words(self, days: int, count: int) -> tuple[str, str]:
        facts = {"count": count, "days": days}
        if days == SALES_DAYS:
            subject = ngettext(
                "%(count)s large customer of yours is %(days)s days late",
                "%(count)s large customers of yours are %(days)s days late",
                count,
            )
            return subject % facts, _("What do you know? Speak to them, and tell the collector.")
        subject = ngettext(
            "%(count)s customer is more than %(days)s days late",
            "%(count)s customers are more than %(days)s days late",
            count,
        )
        if days == MANAGER_DAYS:
            return subject % facts, _("Decide what follows before the formal notice.")
        return subject % facts, _(
            "The customers who have owed longest this week, the largest first."
        )

    def _line(self, late: Late, language: str) -> str:
        return _("%(customer)s: %(amount)s, late by %(days)s days. %(url)s") % {
            "customer": late.customer.name,
            "amount": formats.money(Money(late.claim.amount, "EUR"), language),
            "days": (self.today - late.claim.due_date).days,
            "url": f"{settings.OTC_PUBLIC_URL}{reverse('customer', args=[late.customer.code])}",
        }
