"""The morning's sync with an insurer's system: asked with no transaction open, taken in as a file is, kept anyway."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from accounts.models import Tenant
from accounts.services import audit
from credit.models import CoverImport, CoverOrigin, ImportState, InsurerPolicy
from credit.ports import InsurerCovers, ProviderError, insurer_key
from credit.queries.insurance import policies_on
from credit.rules.covers import Field
from credit.services.covers import CoverImportRefused, apply_import, preview
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id

_HEADERS = [one.value for one in Field]


@dataclass(frozen=True, slots=True)
class ToSync:
    """A policy whose covers can be read, and the key that opens it."""

    policy_id: UUID
    number: str
    key: str


def policies_to_sync(today: date) -> list[ToSync]:
    """Return the policies in force for which this installation holds a key."""
    slug = Tenant.objects.values_list("slug", flat=True).get()
    return [
        ToSync(policy.pk, policy.number, key)
        for policy in policies_on(today)
        if (key := insurer_key(slug, policy.number))
    ]


def read_covers(asked: ToSync, insurer: InsurerCovers) -> list[dict[str, str]] | ProviderError:
    """Ask the insurer; no transaction is open. Return the covers as texts, or what went wrong."""
    try:
        return insurer.covers(asked.number, asked.key)
    except ProviderError as fault:
        return fault
    except Exception as fault:  # noqa: BLE001  whatever a strange answer breaks is the answer's fault, and is kept
        return ProviderError("nonsense", type(fault).__name__, is_lasting=True)


def take_in(
    asked: ToSync, answer: list[dict[str, str]] | ProviderError, *, now: datetime, today: date
) -> CoverImport:
    """Keep a sync and take its covers in; one that failed changes nothing and says why."""
    policy = InsurerPolicy.objects.get(pk=asked.policy_id)
    rows = [] if isinstance(answer, ProviderError) else answer
    row = CoverImport.objects.create(
        insurer=policy.insurer,
        policy_number=policy.number,
        origin=CoverOrigin.SYNC,
        state=ImportState.PREVIEWED,
        headers=_HEADERS,
        columns={name: name for name in _HEADERS},
        rows=[
            [at, [one.get(name, "") for name in _HEADERS]] for at, one in enumerate(rows, start=1)
        ],
        received_at=now,
    )
    if isinstance(answer, ProviderError):
        return _fail(row, answer.code)
    try:
        return apply_import(
            batch=row, actor=system_actor(current_tenant_id()), now=now, today=today
        )
    except CoverImportRefused:
        row.counts = preview(row, today=today).counts
        return _fail(row, "nothing_usable")


def _fail(row: CoverImport, code: str) -> CoverImport:
    row.state, row.problem = ImportState.FAILED, code
    row.save(update_fields=["state", "problem", "counts"])
    audit.record(
        actor=system_actor(current_tenant_id()),
        action="credit.fail_cover_sync",
        object_kind="cover_import",
        object_id=row.pk,
        code=code,
    )
    return row
