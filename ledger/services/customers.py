"""Opening a customer's account, its terms, its owners and what kind of customer it is."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Membership, Scope
from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer, CustomerGroup, PaymentTerms, TimelineKind
from ledger.rules.identifiers import IdentifierKind, judge
from ledger.rules.names import sort_key
from ledger.rules.terms import TermReview
from ledger.services.history import note
from ledger.services.locks import lock_customer
from ledger.services.terms import review_for


class CustomerRefused(Refused):
    """The customer cannot be opened so."""

    code: ClassVar[str] = "customer_refused"


class _Unchanged:
    """Says that an owner stays, since None says that there is none."""


UNCHANGED: Final = _Unchanged()
Owner = Membership | _Unchanged | None


def open_customer(
    *,
    code: str,
    name: str,
    portfolio: Scope,
    actor: Actor,
    today: date,
    siren: str = "",
    vat_number: str = "",
    country: str = "FR",
    language: str = "fr",
    address: str = "",
    group: CustomerGroup | None = None,
    terms: PaymentTerms | None = None,
) -> Customer:
    """Open a customer's account under a code of its own; raises CustomerRefused."""
    code, name = code.strip(), " ".join(name.split())
    if not code or not name:
        raise CustomerRefused(_("A customer has a code and a name; one of them is empty."))
    if Customer.objects.filter(code=code).exists():
        raise CustomerRefused(
            _("The code %(code)s belongs to another customer. Choose another one.")
            % {"code": code},
            customer_code=code,
        )
    customer = Customer.objects.create(
        code=code,
        name=name,
        sort_name=sort_key(name),
        siren=_identifier(IdentifierKind.SIREN, siren, country),
        vat_number=_identifier(IdentifierKind.VAT, vat_number, country),
        country=country,
        language=language,
        address=address,
        portfolio=portfolio,
        group=group,
        terms=terms,
    )
    audit.record(
        actor=actor,
        action="ledger.open_customer",
        object_kind="customer",
        object_id=customer.pk,
        opened=today.isoformat(),
    )
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="ledger.customer_opened",
        actor=actor,
        facts={"code": code},
    )
    return customer


def _identifier(kind: IdentifierKind, typed: str, country: str) -> str:
    if not typed.strip():
        return ""
    judgement = judge(kind, typed, country=country)
    if judgement.normal is None:
        label = "SIREN" if kind is IdentifierKind.SIREN else _("VAT number")
        raise CustomerRefused(
            _(
                "%(typed)s cannot be a %(label)s: its digits do not check. Correct it or leave it empty."
            )
            % {"typed": typed, "label": label}
        )
    return judgement.normal


def change_terms(
    *, customer: Customer, terms: PaymentTerms, actor: Actor, today: date
) -> TermReview:
    """Agree other payment terms with a customer; return what the law makes of them for him.

    Terms beyond the cap are stored as agreed and flagged in his history. Documents already issued keep their dates.
    """
    locked = lock_customer(customer.pk)
    before = locked.terms
    review = review_for(locked, terms, today=today)
    locked.terms = terms
    locked.save(update_fields=["terms"])
    customer.terms = terms
    audit.record(
        actor=actor,
        action="ledger.change_terms",
        object_kind="customer",
        object_id=locked.pk,
        before=before.code if before else "",
        after=terms.code,
        is_illegal=not review.is_legal,
        days_over=review.days_over,
    )
    note(
        customer=locked,
        kind=TimelineKind.CHANGE,
        text_code="ledger.terms_changed" if review.is_legal else "ledger.illegal_terms_agreed",
        actor=actor,
        facts={
            "before": before.label if before else "—",
            "after": terms.label,
            "days_over": review.days_over,
        },
    )
    return review


def set_owners(
    *,
    customer: Customer,
    actor: Actor,
    today: date,
    sales_rep: Owner = UNCHANGED,
    collector: Owner = UNCHANGED,
    risk_owner: Owner = UNCHANGED,
) -> Customer:
    """Name who sells to, chases and judges a customer; None leaves the seat empty, UNCHANGED as it is."""
    locked = lock_customer(customer.pk)
    asked = {"sales_rep": sales_rep, "collector": collector, "risk_owner": risk_owner}
    changes = {
        seat: person
        for seat, person in asked.items()
        if not isinstance(person, _Unchanged)
        and getattr(locked, f"{seat}_id") != (person.pk if person else None)
    }
    if not changes:
        return locked
    for seat, person in changes.items():
        setattr(locked, seat, person)
    locked.save(update_fields=list(changes))
    audit.record(
        actor=actor,
        action="ledger.set_owners",
        object_kind="customer",
        object_id=locked.pk,
        decided=today.isoformat(),
        **{seat: str(person.pk) if person else None for seat, person in changes.items()},
    )
    note(
        customer=locked,
        kind=TimelineKind.CHANGE,
        text_code="ledger.owners_changed",
        actor=actor,
        facts={seat: person.name if person else "—" for seat, person in changes.items()},
    )
    return locked


def classify(
    *,
    customer: Customer,
    actor: Actor,
    today: date,
    risk_class: str,
    is_vip: bool,
    is_public_buyer: bool,
) -> Customer:
    """Say what kind of customer it is and how far it can be trusted; an empty class says that nobody judged."""
    locked = lock_customer(customer.pk)
    asked = {"risk_class": risk_class, "is_vip": is_vip, "is_public_buyer": is_public_buyer}
    changes = {name: value for name, value in asked.items() if getattr(locked, name) != value}
    if not changes:
        return locked
    before = {name: getattr(locked, name) for name in changes}
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes))
    audit.record(
        actor=actor,
        action="ledger.classify",
        object_kind="customer",
        object_id=locked.pk,
        decided=today.isoformat(),
        before=before,
        after=changes,
    )
    note(
        customer=locked,
        kind=TimelineKind.CHANGE,
        text_code="ledger.classified",
        actor=actor,
        facts={"risk_class": locked.risk_class or "—"},
    )
    return locked


def set_risk_classes(classes: Mapping[UUID, str]) -> int:
    """Give many customers the risk classes their scores stand for, in one statement; return how many changed.

    A person's own choice goes through `classify`; whoever calls this looked after it and tells the histories.
    """
    if not classes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE ledger_customer SET risk_class = given.class
            FROM unnest(%s::uuid[], %s::text[]) AS given(id, class)
            WHERE ledger_customer.id = given.id AND ledger_customer.risk_class <> given.class""",
            [[str(each) for each in classes], list(classes.values())],
        )
        return int(cursor.rowcount)
