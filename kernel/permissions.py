"""Who acts, and what the permission matrix lets him do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

ANY_MEMBER = (
    "accounts.any_member"  # a signed-in colleague of the tenant, whatever his role: his own profile
)


class Verb(StrEnum):
    """What a cell of the matrix grants; DO and APPROVE take effect, PROPOSE waits for another person."""

    READ = "R"
    DO = "W"
    PROPOSE = "P"
    APPROVE = "A"


class Reach(StrEnum):
    """Over which customers a cell holds, inside the scope of the grant."""

    ALL = ""
    OWN = "o"
    TEAM = "t"
    ASSIGNED = "a"
    COMPANY = "c"
    SCOPED = "s"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix, such as `Wo`: the verb and its reach."""

    verb: Verb
    reach: Reach

    @classmethod
    def parse(cls, text: str) -> "Cell | None":
        """Return the cell written as in the matrix; None for `–`."""
        if text in {"–", "-", ""}:
            return None
        return cls(Verb(text[0]), Reach(text[1:].rstrip("*")))


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a node of the scope tree; rights are inherited by everything below `scope_path`."""

    role: str
    scope_path: str = "/"
    reach: Reach | None = (
        None  # widens or narrows the matrix for this person; None keeps the matrix
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A permission as one actor holds it through one grant."""

    cell: Cell
    scope_path: str

    @property
    def reach(self) -> Reach:
        """Return over which customers inside the scope the permission holds."""
        return self.cell.reach


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something in a tenant: a signed-in colleague, an API client or the system itself."""

    tenant_id: UUID
    membership_id: UUID | None
    name: str
    email: str = ""
    user_id: UUID | None = None
    language: str = "en"
    grants: tuple[Grant, ...] = ()
    permissions: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    token_id: UUID | None = None
    kind: str = "person"  # person, api or system: a machine never approves (S12)
    is_single_control: bool = False  # the legal representative's word in solo mode (S14)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the codes of the roles held, each once, in the order of the grants."""
        return tuple(dict.fromkeys(grant.role for grant in self.grants))

    def held(self, permission: str) -> tuple[Held, ...]:
        """Return the ways in which the actor holds `permission`; empty when he does not."""
        return self.permissions.get(permission, ())

    def can(self, permission: str, *verbs: Verb) -> bool:
        """Return whether the actor holds `permission` with one of `verbs`; any verb when none is named."""
        if permission == ANY_MEMBER:
            return True
        return any(not verbs or held.cell.verb in verbs for held in self.held(permission))


def system_actor(tenant_id: UUID) -> Actor:
    """Return the actor of scheduled work: it holds no permission, since nothing asks it for one."""
    return Actor(tenant_id=tenant_id, membership_id=None, name="Échéo", kind="system")
