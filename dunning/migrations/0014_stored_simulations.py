from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0002_demo_and_second_factor"),
        ("dunning", "0013_scenarios_of_lines"),
        ("ledger", "0003_indexes_that_answer_alone"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="StoredSimulation",
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
                ("question", models.CharField(max_length=64)),
                ("versions", models.JSONField()),
                ("portfolio", models.CharField(default="/", max_length=200)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("asked_date", models.DateField()),
                ("begins_empty", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for its turn"),
                            ("running", "Being computed"),
                            ("done", "Computed"),
                            ("failed", "Broken off"),
                            ("stopped", "Stopped"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("ledger_sequence", models.BigIntegerField(blank=True, null=True)),
                ("ledger_moment", models.DateTimeField(blank=True, null=True)),
                ("customers", models.PositiveIntegerField()),
                ("walked", models.PositiveIntegerField(default=0)),
                ("cursor", models.UUIDField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("seconds", models.DecimalField(decimal_places=2, default=0, max_digits=9)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("sides", models.JSONField(default=list)),
                (
                    "asked_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "over",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="dunning.scenario",
                    ),
                ),
                (
                    "scenario",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="simulations",
                        to="dunning.scenario",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at",),
            },
        ),
        migrations.CreateModel(
            name="SimulatedCustomer",
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
                ("sides", models.JSONField()),
                ("changes", models.JSONField(default=list)),
                ("changed_from", models.DateField(blank=True, null=True)),
                ("collisions", models.JSONField(default=list)),
                ("collides_from", models.DateField(blank=True, null=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "simulation",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="touched",
                        to="dunning.storedsimulation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TeamCapacity",
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
                ("calls_a_day", models.PositiveSmallIntegerField()),
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
            ],
        ),
        migrations.AddIndex(
            model_name="storedsimulation",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=["tenant_id", "asked_at"],
                name="simulation_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="storedsimulation",
            index=models.Index(
                fields=["tenant_id", "scenario", "-asked_at"], name="simulation_by_scenario"
            ),
        ),
        migrations.AddConstraint(
            model_name="storedsimulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("walked__lte", models.F("customers"))),
                name="simulation_walked_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="storedsimulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))),
                name="simulation_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="storedsimulation",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=("tenant_id", "question"),
                name="simulation_asked_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulatedcustomer",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "simulation", "customer"), name="simulated_customer_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="teamcapacity",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id",), name="team_capacity_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="teamcapacity",
            constraint=models.CheckConstraint(
                condition=models.Q(("calls_a_day__lte", 200)), name="team_capacity_within_reason"
            ),
        ),
        Wall("StoredSimulation"),
        Wall("SimulatedCustomer"),
        Wall("TeamCapacity"),
    ]
