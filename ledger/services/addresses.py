"""Where a customer is written to by post."""

from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer
from ledger.services.locks import lock_customer

LONGEST = 400


class AddressRefused(Refused):
    """What was given is no postal address."""

    code: ClassVar[str] = "address_refused"


def enter_address(*, customer: Customer, address: str, actor: Actor) -> Customer:
    """Change a customer's postal address, without his name and country, and return him. Raises AddressRefused."""
    lines = [" ".join(line.split()) for line in address.splitlines() if line.strip()]
    written = "\n".join(lines)
    if not written or len(written) > LONGEST:
        raise AddressRefused(
            _("Give the street, then the postcode and the town, in %(limit)s characters at most.")
            % {"limit": LONGEST}
        )
    lock_customer(customer.pk)
    changed = Customer.objects.get(pk=customer.pk)
    changed.address = written
    changed.save(update_fields=["address"])
    audit.record(
        actor=actor,
        action="ledger.enter_address",
        object_kind="customer",
        object_id=customer.pk,
        lines=len(lines),
    )
    return changed
