from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0007_orders")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="customerassignment",
            name="is_whole",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.CreateModel(
            name="LineAssignment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                (
                    "due_line",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="ledger.dueline",
                    ),
                ),
                (
                    "membership",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "membership", "due_line"), name="line_assignment_once"
                    )
                ],
            },
        ),
        Wall("LineAssignment"),
    ]
