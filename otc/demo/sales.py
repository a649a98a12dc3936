"""What sales and finance of the demo agree about their customers: a notice that waits, an objection, a question."""

from datetime import date, datetime, timedelta
from uuid import UUID

from accounts.models import Membership
from accounts.queries.tenants import actor_with_address
from dunning.channels import sent_channels
from dunning.models import Care, DepartureNotice, Reminder
from dunning.rules.outbox import State
from dunning.rules.steps import Mode
from dunning.services.contact_rules import ask_for_care
from dunning.services.follow_ups import ask_sales
from dunning.services.objections import object_to_departure
from dunning.services.sales_notices import tell_sales
from kernel.tenancy import tenant_scope
from ledger.models import Customer
from otc.demo.shape import Company

REASONS = {
    "fr": (
        "Grand compte : son acheteur veut parler à son commercial d’abord",
        "Négociation du contrat annuel en cours",
        "Relation tendue depuis le retard de livraison du printemps",
        "Nous signons le renouvellement vendredi : appelez-moi avant d’écrire",
        "Le directeur du site a changé : à qui faut-il parler ?",
    ),
    "en": (
        "Key account: the buyer wants to hear from sales first",
        "The yearly contract is being negotiated",
        "Strained since the late delivery of the spring",
        "We sign the renewal on Friday: call me before you write",
        "The site manager has changed: whom should we talk to?",
    ),
}


def let_sales_speak(tenant_id: UUID, company: Company, *, now: datetime, today: date) -> None:
    """Protect two customers whose messages wait, one of them contested by sales; no scope may be open.

    The customers are handed to the sales representative who signs in, so that his pages have something to show.
    """
    people = {person.role: person.email for person in company.people if person.role}
    key, contract, strained, objection, question = REASONS[company.language]
    with tenant_scope(tenant_id):
        manager, rep = (
            actor_with_address(people[role]) for role in ("credit_manager", "sales_rep")
        )
        seat = Membership.objects.get(email=people["sales_rep"])
        waiting = _customers_with_messages()
        Customer.objects.filter(pk__in=[each.pk for each in waiting]).update(sales_rep=seat)
        care = ((Care.PROTECTED, key), (Care.PROTECTED, contract), (Care.DELICATE, strained))
        for customer, (kind, reason) in zip(waiting, care, strict=False):
            ask_for_care(
                customer=customer, kind=kind, reason=reason, actor=manager, today=today, now=now
            )
        tell_sales(now=now)
        notices = DepartureNotice.objects.filter(told=seat).order_by("customer__code")
        if len(notices) > 1:
            object_to_departure(notice=notices[1], words=objection, actor=rep, now=now)
        if len(waiting) > 2:  # noqa: PLR2004  the third, of whom nothing waits for sales
            third = Customer.objects.get(pk=waiting[2].pk)
            asked_at = now - timedelta(hours=20)
            ask_sales(customer=third, words=question, actor=manager, now=asked_at)


def _customers_with_messages() -> list[Customer]:
    waiting = Reminder.objects.filter(
        state=State.PLANNED, channel__in=sorted(sent_channels())
    ).exclude(mode=Mode.MANUAL)
    found = Customer.objects.filter(pk__in=waiting.values("customer"))
    return list(found.order_by("-is_vip", "code")[:3])
