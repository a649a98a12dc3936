"""An account opened in the ledger by a granted request."""

from datetime import date

from django.db.models.functions import Length

from accounts.models import RoleGrant, Tenant
from credit.models import CreditRequest, RequestNumbers
from credit.queries.settings import credit_settings
from kernel.permissions import Actor
from ledger.models import Customer, ReaderLanguage, TimelineKind
from ledger.services import note, open_customer, set_owners

_SERIES = "code"
_SELLING = ("sales_rep", "sales_director")
DIGITS = 5


def open_account(request: CreditRequest, *, actor: Actor, today: date) -> Customer:
    """Open the customer's account under the code asked for, else the next of the series; once for a request.

    Raises what `ledger.services.open_customer` raises.
    """
    known: Customer | None = request.customer
    if known is not None:
        return known
    language = Tenant.objects.values_list("language", flat=True).get()
    customer = open_customer(
        code=request.customer_code or next_code(),
        name=request.name,
        portfolio=request.portfolio,
        actor=actor,
        today=today,
        siren=request.siren,
        vat_number=request.vat_number,
        country=request.country,
        language=language if language in ReaderLanguage.values else ReaderLanguage.FRENCH,
        address=request.address,
        group=request.group,
        terms=request.granted_terms,
    )
    asker = request.requested_by
    if asker is not None and RoleGrant.objects.filter(membership=asker, role__in=_SELLING).exists():
        set_owners(customer=customer, sales_rep=asker, actor=actor, today=today)
        customer.sales_rep = asker
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="credit.account_opened",
        actor=actor,
        words=request.words,
        object_id=request.pk,
        facts={"number": request.number, "requested_by": asker.name if asker else "—"},
    )
    request.customer = customer
    request.opened_customer = True
    return customer


def next_code() -> str:
    """Return the next free code of the tenant's series, such as `C-00042`; two at once get two."""
    prefix = credit_settings().code_prefix
    series, _is_new = RequestNumbers.objects.select_for_update().get_or_create(month=_SERIES)
    newest = (
        Customer.objects.filter(code__regex=rf"^{_escaped(prefix)}[0-9]{{1,9}}$")
        .order_by(Length("code").desc(), "-code")
        .values_list("code", flat=True)
        .first()
    )
    known = int(newest.removeprefix(prefix)) if newest else 0
    series.last = max(series.last, known) + 1
    series.save(update_fields=["last"])
    return f"{prefix}{series.last:0{DIGITS}d}"


def _escaped(prefix: str) -> str:
    return "".join(letter if letter.isalnum() else f"\\{letter}" for letter in prefix)
