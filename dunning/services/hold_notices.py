"""Before a customer's hold falls he reads of it himself, where the house's policy says so (R55).

The sales rep and the collector are told by credit when the hold is announced; this is the customer's own mail. It is no
reminder: it leaves once, and not at all when the hold was lifted meanwhile.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import translation
from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from accounts.models import Tenant
from credit.models import Hold, HoldState
from credit.queries.order_policy import effective_policy
from dunning.channels import portal_link
from dunning.models import SideMailKind
from dunning.services.sending_domains import sending_identity
from dunning.services.side_mails import tell_contact
from kernel import formats
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, TimelineKind
from ledger.services.history import note


def warn_customers(*, today: date, now: datetime) -> int:
    """Queue the mail to each customer whose announced hold is at most the policy's notice away; return how many.

    Safe to run again and again: a hold is told once. Who opted out, or has no address that works, gets none.
    """
    announced = Hold.objects.filter(
        state=HoldState.ANNOUNCED, order_number="", falls_on__gt=today
    ).select_related("customer__sales_rep")
    if not announced:
        return 0
    policy = effective_policy(None)
    if not policy.tells_customer:
        return 0
    last_day = today + timedelta(days=policy.notice_days)
    return sum(_warn(hold, today, now) for hold in announced if hold.falls_on <= last_day)


def is_pointless(hold_id: UUID) -> bool:
    """Say whether the customer need not be warned any more: his hold was lifted, released, or stands by now."""
    return not Hold.objects.filter(pk=hold_id, state=HoldState.ANNOUNCED).exists()


def _warn(hold: Hold, today: date, now: datetime) -> bool:
    known = Contact.objects.filter(
        customer=hold.customer_id, is_opted_out=False, is_undeliverable=False
    ).exclude(email="")
    reader = known.order_by("-is_primary", "name", "pk").first()
    if reader is None:
        return False
    with translation.override(reader.language or hold.customer.language):
        subject, text = _words(hold, reader, today)
        html = f"<!doctype html><html><body>{linebreaks(text, autoescape=True)}</body></html>"
    is_new = tell_contact(
        contact=reader,
        kind=SideMailKind.HOLD,
        key=f"hold:{hold.pk}",
        object_id=hold.pk,
        subject=subject,
        text=text,
        html=html,
        reply_to=hold.customer.sales_rep.email
        if hold.customer.sales_rep
        else sending_identity().address,
        leaves_at=now,
    )
    if is_new:
        note(
            customer=hold.customer_id,
            kind=TimelineKind.NOTE,
            text_code="dunning.hold_notice_sent",
            at=now,
            object_id=hold.pk,
            facts={"contact": reader.name or reader.email, "day": hold.falls_on.isoformat()},
        )
    return is_new


def _words(hold: Hold, reader: Contact, today: date) -> tuple[str, str]:
    """Return the subject and the text; why the house decided so is not told, it may be an opinion."""
    house = Tenant.objects.only("name").get(pk=current_tenant_id()).name
    language = (translation.get_language() or "en")[:2]
    facts = {
        "house": house,
        "name": reader.name,
        "customer": hold.customer.name,
        "day": formats.day(hold.falls_on, language),
        "url": portal_link(customer_id=hold.customer_id, today=today),
    }
    subject = _("Your account with %(house)s: deliveries stop on %(day)s") % facts
    paragraphs = [
        _("Hello %(name)s,") % facts if reader.name else _("Hello,"),
        _(
            "As things stand, we will stop new deliveries to %(customer)s on %(day)s. We would rather not: a payment, "
            "a date, or a word about what stands in the way is enough to look at it again before then."
        )
        % facts,
    ]
    if facts["url"]:
        paragraphs.append(_("Your invoices, and four ways to answer: %(url)s") % facts)
    paragraphs += [
        _(
            "If this has been settled meanwhile, you need not do anything. Reply to this mail to reach us."
        ),
        house,
    ]
    return subject, "\n\n".join(paragraphs)
