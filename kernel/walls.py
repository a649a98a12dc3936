"""The migration operation that raises the wall around a tenant's table."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from kernel.tenancy import TenantForeignKey

APPLICATION_ROLES = "otc_web, otc_worker"
OWNER_ROLE = "otc_owner"

_SHORT = 63  # PostgreSQL cuts longer names, which would make two of them one


def composite_foreign_key(table: str, field: "models.ForeignKey[Any, Any]") -> str:
    """Return the statement that ties (tenant_id, x_id) to the same tenant's row of the other table."""
    target = field.related_model._meta.db_table
    name = f"{table}_{field.column}_wall"[:_SHORT]
    return (
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (tenant_id, "{field.column}") '
        f'REFERENCES "{target}" (tenant_id, id)'
    )


def wall_statements(table: str, *, key: str = "tenant_id") -> list[Any]:
    """Return the statements that force row-level security on `table`; `key` is the column that names the tenant.

    The application roles see the rows of the signed tenant. A restrictive floor keeps a later permissive policy
    from widening that. The owner sees rows only while the migrate command has set its flag.
    """
    condition = f"{key} = (SELECT sec.tenant())"
    maintenance = "current_setting('app.maintenance', true) = 'on'"
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY tenant_rows ON "{table}" TO {APPLICATION_ROLES} USING ({condition}) WITH CHECK ({condition})',
        (
            f'CREATE POLICY tenant_floor ON "{table}" AS RESTRICTIVE TO {APPLICATION_ROLES} '
            f"USING ({condition}) WITH CHECK ({condition})"
        ),
        f'CREATE POLICY maintenance ON "{table}" TO {OWNER_ROLE} USING ({maintenance}) WITH CHECK ({maintenance})',
    ]


class Wall(Operation):
    """Make a created table a tenant's table: primary key, composite foreign keys, forced policies."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the state alone: the wall exists in the database only."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,
    ) -> None:
        """Key the table by tenant, tie its references to the same tenant and force the policies."""
        model = to_state.apps.get_model(app_label, self.model_name)
        options = model._meta
        table = options.db_table
        schema_editor.execute(
            f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey", '
            f'ADD CONSTRAINT "{table}_pkey" PRIMARY KEY (tenant_id, id)',
        )
        references = [
            field for field in options.local_fields if isinstance(field, TenantForeignKey)
        ]
        if all(field.related_model is model for field in references):
            schema_editor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_tenant_wall" '
                f"FOREIGN KEY (tenant_id) REFERENCES accounts_tenant (id)",
            )
        for field in references:
            schema_editor.execute(composite_foreign_key(table, field))
        for statement in wall_statements(table):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Do nothing: the table is dropped right after by the reverse of its creation."""

    def describe(self) -> str:
        """Return the line that the migrate command prints."""
        return f"Raise the tenant wall around {self.model_name}"


class TenantReference(Operation):
    """Add the composite constraint of a TenantForeignKey that a later migration adds to an existing table."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the state alone: the constraint exists in the database only."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,
    ) -> None:
        """Tie the field to the same tenant's rows."""
        options = to_state.apps.get_model(app_label, self.model_name)._meta
        field = options.get_field(self.field_name)
        schema_editor.execute(composite_foreign_key(options.db_table, field))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Do nothing: dropping the column drops the constraint."""

    def describe(self) -> str:
        """Return the line that the migrate command prints."""
        return f"Tie {self.model_name}.{self.field_name} to rows of the same tenant"
