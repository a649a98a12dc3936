"""Questions about colleagues: the list, one person, who may sign in on a demo."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch, QuerySet

from accounts.models import Membership, MembershipState, RoleGrant
from accounts.ports import role_label, role_page


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """A person of a demo tenant as whom anybody may look around."""

    membership_id: UUID
    user_id: UUID
    tenant_id: UUID
    tenant: str
    name: str
    email: str
    role_code: str

    @property
    def role(self) -> str:
        """Return the name of the role in the reader's language."""
        return role_label(self.role_code)


def demo_sign_ins() -> list[DemoSignIn]:
    """Return one person per role of each demo tenant, in the order of the role page; none unless OTC_DEMO is set."""
    if not settings.OTC_DEMO:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT membership_id, user_id, tenant_id, tenant_name, name, email, role FROM sec.demo_people()"
        )
        people = [DemoSignIn(*row) for row in cursor.fetchall()]
    order = {role: number for number, role in enumerate(role_page().LABELS)}
    first: dict[tuple[UUID, str], DemoSignIn] = {}
    for person in people:
        first.setdefault((person.tenant_id, person.role_code), person)
    return sorted(
        first.values(), key=lambda person: (person.tenant, order.get(person.role_code, 99))
    )


def colleagues(*, state: str = "", words: str = "") -> QuerySet[Membership]:
    """Return the people of the current tenant with their roles, by name; those who left only when asked for."""
    people = Membership.objects.select_related("user", "manager").prefetch_related(
        Prefetch("grants", RoleGrant.objects.select_related("scope").order_by("granted_at"))
    )
    if state in MembershipState.values:
        people = people.filter(state=state)
    else:
        people = people.exclude(state=MembershipState.LEFT)
    if words:
        people = people.filter(name__icontains=words) | people.filter(email__icontains=words)
    return people.order_by("name")


def names_of(actors: Sequence[str]) -> dict[str, str]:
    """Return the names behind the ids by which the audit trail knows actors; ids of no colleague are left out."""
    ids = {actor for actor in actors if _is_uuid(actor)}
    return {
        str(pk): name
        for pk, name in Membership.objects.filter(pk__in=ids).values_list("pk", "name")
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def colleague_count() -> int:
    """Return how many people are here or invited, the one who asks included."""
    here = [MembershipState.INVITED, MembershipState.ACTIVE]
    return Membership.objects.filter(state__in=here).count()
