from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import TenantReference, Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0002_demo_and_second_factor"),
        ("ledger", "0005_languages_customers_read"),
        ("dunning", "0012_sales_and_their_customers"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="FormerName",
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
                ("name", models.CharField(max_length=120)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "scenario",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_names",
                        to="dunning.scenario",
                    ),
                ),
            ],
            options={
                "ordering": ("-changed_at",),
                "indexes": [
                    models.Index(fields=["tenant_id", "scenario"], name="former_name_by_scenario")
                ],
            },
        ),
        migrations.CreateModel(
            name="LineOverride",
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
                ("reason", models.CharField(max_length=250)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField()),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "due_line",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scenario_overrides",
                        to="ledger.dueline",
                    ),
                ),
                (
                    "opened_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "scenario",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dunning.scenario",
                    ),
                ),
            ],
            options={
                "ordering": ("-from_date", "-created_at"),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "customer"], name="line_override_by_customer"
                    ),
                    models.Index(
                        fields=["tenant_id", "scenario"], name="line_override_by_scenario"
                    ),
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=["due_line"],
                        name="line_override_one_open",
                        condition=models.Q(ended_date=None),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(until_date__gte=models.F("from_date")),
                        name="line_override_until_after_from",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(reason=""), name="line_override_with_reason"
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="heldback", name="held_back_once_per_group"),
        migrations.AddField(
            model_name="heldback",
            name="line_scenario",
            field=kernel.tenancy.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dunning.scenario",
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="line_scenario",
            field=kernel.tenancy.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dunning.scenario",
            ),
        ),
        migrations.AddConstraint(
            model_name="heldback",
            constraint=kernel.tenancy.TenantUnique(
                fields=["customer", "entity", "currency", "line_scenario"],
                name="held_back_once_per_course",
                nulls_distinct=False,
            ),
        ),
        Wall("FormerName"),
        Wall("LineOverride"),
        TenantReference("HeldBack", "line_scenario"),
        TenantReference("Reminder", "line_scenario"),
    ]
