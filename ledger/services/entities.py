"""The legal entity of a node of the scope tree; fills the port `settings.OTC_ENTITY_OPENER` of accounts."""

from accounts.models import Scope, Tenant
from accounts.services import audit
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Entity

_COUNTRY_LETTERS = 2


def open_entity(*, scope: Scope, currency: str, actor: Actor) -> Entity:
    """Make the legal entity of `scope`, under the scope's code and name, in the country it stands in.

    Its address, bank account and identifiers are entered afterwards.
    """
    entity = Entity.objects.create(
        scope=scope, code=scope.code, name=scope.name, country=_country(scope), currency=currency
    )
    audit.record(
        actor=actor,
        action="ledger.open_entity",
        object_kind="entity",
        object_id=entity.pk,
        code=entity.code,
        currency=currency,
    )
    return entity


def _country(scope: Scope) -> str:
    """Return the country in the scope's path, `/FR/ALO/`, else the tenant's."""
    first = scope.path.strip("/").split("/")[0]
    if len(first) == _COUNTRY_LETTERS and first != scope.code:
        return first
    return Tenant.objects.get(pk=current_tenant_id()).country
