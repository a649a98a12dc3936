"""Payment terms as data: stored as agreed, flagged where they exceed the legal cap (R32, DOMAIN 4.1)."""

from datetime import date, timedelta

from accounts.services import audit
from kernel.permissions import Actor
from ledger.models import Customer, PaymentTerms, TermsMethod
from ledger.rules.reference import payment_term_caps
from ledger.rules.terms import Buyer, TermKind, TermReview, Terms, review_terms

_DAYS_LOOKED_AT = 366  # a term may exceed the cap in some months only


def terms_as_rule(terms: PaymentTerms) -> Terms:
    """Return stored terms as the value from which due dates are counted."""
    return Terms(TermKind(terms.method), terms.days, terms.day_of_month)


def worst_review(
    terms: Terms,
    *,
    today: date,
    country: str = "FR",
    buyer: Buyer = Buyer.PRIVATE,
    sector: str = "",
) -> TermReview:
    """Return what the law makes of `terms` for the invoice date of the coming year on which they exceed it most."""
    reviews = (
        review_terms(
            today + timedelta(days=n),
            terms,
            payment_term_caps(),
            country=country,
            buyer=buyer,
            sector=sector,
        )
        for n in range(_DAYS_LOOKED_AT)
    )
    return max(reviews, key=lambda review: review.days_over)


def review_for(customer: Customer, terms: PaymentTerms, *, today: date) -> TermReview:
    """Return what the law makes of `terms` for this customer: his country, and whether he is a public buyer."""
    buyer = Buyer.PUBLIC if customer.is_public_buyer else Buyer.PRIVATE
    return worst_review(terms_as_rule(terms), today=today, country=customer.country, buyer=buyer)


def define_terms(
    *,
    code: str,
    label: str,
    method: TermsMethod,
    days: int,
    actor: Actor,
    today: date,
    day_of_month: int | None = None,
    country: str = "FR",
) -> PaymentTerms:
    """Store payment terms under `code`, as agreed; beyond the country's cap they are flagged, never refused."""
    terms = PaymentTerms(
        code=code, label=label, method=method, days=days, day_of_month=day_of_month
    )
    review = worst_review(terms_as_rule(terms), today=today, country=country)
    stored, _is_new = PaymentTerms.objects.update_or_create(
        code=code,
        defaults={
            "label": label,
            "method": method,
            "days": days,
            "day_of_month": day_of_month,
            "is_illegal": not review.is_legal,
            "legal_reason": "" if review.is_legal else review.source[:200],
        },
    )
    audit.record(
        actor=actor,
        action="ledger.define_terms",
        object_kind="payment_terms",
        object_id=stored.pk,
        terms=code,
        days=days,
        is_illegal=stored.is_illegal,
    )
    return stored
