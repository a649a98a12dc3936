"""Who counts as the same person, and who must prove himself twice."""

from datetime import datetime, timedelta

# Staff whose password alone is never enough (RELIABILITY D14); anybody who may export is added to them.
SECOND_FACTOR_ROLES = frozenset(
    {"tenant_admin", "credit_manager", "cash_accountant", "executive"},
)


def mailbox(address: str) -> str:
    """Return the mailbox behind an address: lower case, without a `+label`.

    Two accounts of one mailbox are one person, whatever he calls himself (RELIABILITY S1).
    """
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.split('+')[0]}@{domain}"


def is_same_person(one: str, other: str) -> bool:
    """Return whether two e-mail addresses lead to the same mailbox; an empty address is nobody."""
    return bool(one) and bool(other) and mailbox(one) == mailbox(other)


def must_use_second_factor(roles: frozenset[str], *, may_export: bool) -> bool:
    """Return whether a person with these roles needs a second factor. Source: RELIABILITY D14."""
    return may_export or bool(roles & SECOND_FACTOR_ROLES)


def second_factor_deadline(
    *, joined_at: datetime | None, granted_at: datetime, grace_days: int
) -> datetime:
    """Return the instant from which a person without a second factor may do nothing but set one up.

    The grace runs from the later of joining and being given the first role, so that nobody is locked out the
    moment a role is added.
    """
    start = max(joined_at, granted_at) if joined_at else granted_at
    return start + timedelta(days=grace_days)
