"""Persons at the customer, known by their e-mail address."""

from datetime import date
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Contact, ContactRole, Customer, TimelineKind
from ledger.services.history import note
from ledger.services.locks import lock_customer


class ContactRefused(Refused):
    """The contact cannot be stored so."""

    code: ClassVar[str] = "contact_refused"


def upsert_contact(
    *,
    customer: Customer,
    actor: Actor,
    today: date,
    email: str = "",
    name: str = "",
    phone: str = "",
    role: ContactRole = ContactRole.ACCOUNTS_PAYABLE,
    language: str = "",
    is_primary: bool = False,
    contact: Contact | None = None,
) -> Contact:
    """Add a person, or change the one given or the one with this address; a customer's first is the primary one.

    A new address is reachable again until it bounces. Raises ContactRefused.
    """
    email = email.strip().lower()
    _refuse(customer, contact, email, name, phone)
    lock_customer(customer.pk)
    known = contact or (
        Contact.objects.filter(customer=customer, email=email).first() if email else None
    )
    person = known or Contact(customer=customer)
    if person.email != email:
        person.is_undeliverable = False
    others = Contact.objects.filter(customer=customer).exclude(pk=person.pk)
    is_first = not others.filter(is_primary=True).exists()
    if is_primary:
        others.filter(is_primary=True).update(is_primary=False)
    person.email, person.name, person.phone = email, name.strip(), phone.strip()
    person.role, person.language = role, language
    person.is_primary = is_primary or is_first or person.is_primary
    person.save()
    audit.record(
        actor=actor,
        action="ledger.upsert_contact",
        object_kind="contact",
        object_id=person.pk,
        customer=str(customer.pk),
        is_new=known is None,
        decided=today.isoformat(),
    )
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="ledger.contact_changed" if known else "ledger.contact_added",
        actor=actor,
        object_id=person.pk,
        facts={"name": person.name or person.email},
    )
    return person


def _refuse(customer: Customer, contact: Contact | None, email: str, name: str, phone: str) -> None:
    if not (email or name.strip() or phone.strip()):
        raise ContactRefused(
            _("A contact of %(customer)s needs a name, an e-mail address or a telephone number.")
            % {"customer": customer.name}
        )
    if not email:
        return
    try:
        validate_email(email)
    except ValidationError as fault:
        raise ContactRefused(
            _(
                "“%(email)s” is no e-mail address. Write it as name@company.example, or leave it empty."
            )
            % {"email": email},
            email=email,
        ) from fault
    taken = Contact.objects.filter(customer=customer, email=email)
    if contact is not None and taken.exclude(pk=contact.pk).exists():
        raise ContactRefused(
            _("%(email)s already belongs to another contact of %(customer)s.")
            % {"email": email, "customer": customer.name},
            email=email,
        )
