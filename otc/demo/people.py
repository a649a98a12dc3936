"""The colleagues of a demo company: one sign-in per role, and those who are only named on accounts."""

from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Membership, MembershipState, RoleGrant, Scope, User
from otc.demo.shape import Company, Person


@dataclass
class Staff:
    """Who works there, by role and by the seat they hold on the accounts of a portfolio."""

    by_role: dict[str, Membership] = field(default_factory=dict)
    seats: dict[tuple[str, str], list[Membership]] = field(default_factory=dict)

    def of(self, seat: str, path: str) -> list[Membership]:
        """Return who may hold `seat` on an account of the portfolio at `path`."""
        return self.seats.get((seat, path), [])


def hire(company: Company, *, admin: Membership, now: datetime, has_sign_ins: bool = True) -> Staff:
    """Make the colleagues of `company`; `admin`, its first person, gives the others their roles (S6).

    Without sign-ins they are names on accounts only, for the sample data of somebody's own company.
    """
    staff = Staff(by_role={"tenant_admin": admin})
    root = Scope.objects.get(path="/")
    for person in company.people:
        if person.role == "tenant_admin":
            continue
        member = _member(company, person, now, has_sign_in=has_sign_ins and bool(person.role))
        if person.role:
            staff.by_role[person.role] = member
        if member.user is not None:
            RoleGrant.objects.create(
                membership=member, role=person.role, scope=root, granted_by=admin
            )
        for path in person.paths:
            staff.seats.setdefault((person.seat, path), []).append(member)
    director = staff.by_role["sales_director"]
    sellers = {
        member.pk
        for (seat, _), held in staff.seats.items()
        if seat == "sales_rep"
        for member in held
    }
    Membership.objects.filter(pk__in=sellers).update(manager=director)
    return staff


def _member(company: Company, person: Person, now: datetime, *, has_sign_in: bool) -> Membership:
    if not has_sign_in:
        return Membership.objects.create(
            email=person.email, name=person.name, state=MembershipState.LISTED
        )
    # Without a password: on a demo machine the sign-in page lets anybody in as these people.
    user = User.objects.create_user(person.email, name=person.name, language=company.language)
    return Membership.objects.create(
        user=user,
        email=person.email,
        name=person.name,
        state=MembershipState.ACTIVE,
        joined_at=now,
    )
