"""What somebody who starts the demo wants to know."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from accounts import look_ups
from accounts.queries.people import demo_sign_ins
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.models import Customer, DueLine, Perimeter
from otc.demo.services import COMPANIES
from portal.services import issue_link


def demo_summary(*, now: datetime) -> dict[str, Any]:
    """Return the demo's address, one sign-in per role and tenant, a customer's page each, and the mailbox.

    The links to customers' pages are new ones: the secrets of earlier links are not known any more.
    """
    return {
        "address": settings.OTC_PUBLIC_URL,
        "sign_ins": [
            {
                "tenant": person.tenant,
                "role": person.role,
                "name": person.name,
                "email": person.email,
            }
            for person in demo_sign_ins()
        ],
        "portal_links": [link for link in (_portal_link(slug, now) for slug in _slugs()) if link],
        "mailbox": f"{settings.OTC_PUBLIC_URL}{reverse('mailbox')}",
    }


def _slugs() -> list[tuple[str, str]]:
    return [(company.slug, company.time_zone) for company in COMPANIES]


def _portal_link(tenant: tuple[str, str], now: datetime) -> dict[str, str] | None:
    slug, time_zone = tenant
    tenant_id = look_ups.tenant_of_slug(slug)
    if tenant_id is None:
        return None
    today = now.astimezone(ZoneInfo(time_zone)).date()
    with tenant_scope(tenant_id):
        customer = _debtor(today)
        if customer is None:
            return None
        link = issue_link(customer=customer, actor=system_actor(tenant_id), today=today)
    return {"tenant": slug, "customer": customer.name, "url": link.url}


def _debtor(today: date) -> Customer | None:
    """Return the customer with most overdue lines, whose page has most to show."""
    overdue = DueLine.objects.filter(
        is_open=True, amount__gt=0, due_date__lt=today, perimeter=Perimeter.OPERATIONAL
    )
    most = overdue.order_by().values("customer").annotate(lines=Count("pk"))
    first = most.order_by("-lines", "customer__code").first()
    return Customer.objects.get(pk=first["customer"]) if first else None
