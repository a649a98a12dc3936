"""Whom at a customer a text message goes to."""

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Tenant
from dunning.models import Reminder
from dunning.rules.short_texts import text_number
from ledger.models import Contact, Customer


def number_of(contact: Contact, customer: Customer) -> str:
    """Return the number of a contact to which a text message can go, empty when there is none."""
    return text_number(contact.phone, country=customer.country)


def to_text(contact: Contact | None, customer: Customer) -> Contact | None:
    """Return who gets the text message: the contact meant, else another of the customer's with a mobile number."""
    others = Contact.objects.filter(customer=customer, is_opted_out=False).exclude(phone="")
    asked = [contact] if contact and not contact.is_opted_out else []
    for each in (*asked, *others):
        if number_of(each, customer):
            return each
    return None


def no_number(reminder: Reminder, tenant: Tenant) -> str:
    """Return in the tenant's language why a text message could not leave."""
    with translation.override(tenant.language):
        return _(
            "No contact of %(customer)s has a mobile number a text message could go to. Add one, or reach them"
            " another way."
        ) % {"customer": reminder.customer.name}
