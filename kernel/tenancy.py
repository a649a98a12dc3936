"""The wall between tenants: a signed context per transaction, and the base of every tenant's table.

The database isolates by itself (forced row-level security, see `kernel.walls`); code adds no tenant filter. What
this module does is say, once per transaction, which tenant is meant, with a signature that an injected statement
cannot forge. Without it every tenant table answers with an error.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction

from kernel.identifiers import uuid7

CONTEXT_SECONDS = 3600  # longer than any transaction of ours, short enough that a leaked context is soon worthless

_current: ContextVar[UUID | None] = ContextVar("tenant", default=None)


class NoTenantScopeError(RuntimeError):
    """A tenant's table was touched, or a row made, outside any `tenant_scope`: always our own mistake."""


def signed_context(tenant_id: UUID, *, expires: int, key: bytes) -> str:
    """Return `tenant:expiry:hmac`, the value that the database function `sec.tenant()` verifies."""
    message = f"{tenant_id}:{expires}"
    signature = hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
    return f"{message}:{signature}"


def current_tenant_id() -> UUID:
    """Return the tenant of the open scope; raises NoTenantScopeError outside one."""
    tenant_id = _current.get()
    if tenant_id is None:
        message = "No tenant scope is open: wrap this in tenant_scope(tenant_id)."
        raise NoTenantScopeError(message)
    return tenant_id


def has_tenant_scope() -> bool:
    """Return whether a tenant scope is open."""
    return _current.get() is not None


_SET = "SELECT set_config('app.ctx', %s, true)"
_SET_WITHOUT_WAIT = f"{_SET}, set_config('synchronous_commit', 'off', true)"


def _set_context(value: str, *, waits_for_disk: bool = True) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET if waits_for_disk else _SET_WITHOUT_WAIT, [value])


@contextmanager
def tenant_scope(tenant_id: UUID, *, waits_for_disk: bool = True) -> Iterator[None]:
    """Open a durable transaction in which the rows of `tenant_id`, and no others, exist.

    It does not nest: releasing a savepoint would not restore the setting. Its end clears the context, as it is set for
    the transaction alone; a test that runs inside a transaction of its own has it cleared on the way out.

    Without `waits_for_disk` it ends before its commit is on disk, for what a crash of the database's machine may take
    back: nothing outside has learnt of it. The next commit that waits brings it to disk too, as the log is in order.
    """
    if _current.get() is not None:
        message = "A tenant scope is already open; it does not nest."
        raise RuntimeError(message)
    with transaction.atomic(durable=True):
        expires = int(time.time()) + CONTEXT_SECONDS
        _set_context(
            signed_context(tenant_id, expires=expires, key=settings.OTC_CONTEXT_KEY),
            waits_for_disk=waits_for_disk,
        )
        token = _current.set(tenant_id)
        try:
            yield
        finally:
            _current.reset(token)
        if len(connection.atomic_blocks) > 1 and not connection.needs_rollback:
            _set_context("")


class TenantModel(models.Model):
    """A table whose rows belong to one tenant; its migration ends with `kernel.walls.Wall`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)

    class Meta:
        abstract = True


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key inside a tenant: the database constraint is composite (tenant_id, x_id) and made by `Wall`.

    No index of its own: an index on a foreign key alone is never used behind the wall, where every index starts
    with the tenant. Declare the useful ones in `Meta.indexes`.
    """

    def __init__(
        self,
        to: type[models.Model] | str,
        on_delete: Callable[..., None] = models.PROTECT,
        **options: Any,
    ) -> None:
        options["db_constraint"] = False
        options["db_index"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return the field for a migration, without the options that are always the same."""
        name, path, args, options = super().deconstruct()
        options.pop("db_constraint", None)
        options.pop("db_index", None)
        return name, path, args, options


class TenantUnique(models.UniqueConstraint):
    """A unique key inside a tenant: `tenant_id` comes first, so that it tells nothing about other tenants."""

    tenant_first: ClassVar[bool] = True

    def __init__(self, *, fields: Sequence[str], name: str, **options: Any) -> None:
        fields = [field for field in fields if field != "tenant_id"]
        super().__init__(fields=["tenant_id", *fields], name=name, **options)
