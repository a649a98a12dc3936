import datetime as dt
from typing import ClassVar

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0002_demo_and_second_factor")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="SoloRepresentative",
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
                ("name", models.CharField(max_length=150)),
                ("email", models.EmailField(max_length=254)),
                ("chosen_at", models.DateTimeField()),
                ("in_force_at", models.DateTimeField()),
                (
                    "chosen_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "seat",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-in_force_at",),
            },
        ),
        migrations.CreateModel(
            name="SoloAct",
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
                ("code", models.CharField(max_length=60)),
                ("words", models.CharField(max_length=500)),
                ("path", models.CharField(max_length=300)),
                ("fields", models.JSONField(default=list)),
                ("question", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("lapses_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for the legal representative"),
                            ("confirmed", "Confirmed under single control"),
                            ("refused", "Refused by the legal representative"),
                            ("failed", "No longer possible"),
                            ("lapsed", "Never confirmed"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "asked_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "representative",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acts",
                        to="accounts.solorepresentative",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at",),
            },
        ),
        migrations.AddConstraint(
            model_name="solorepresentative",
            constraint=models.CheckConstraint(
                condition=models.Q(("seat", models.F("chosen_by")), _negated=True),
                name="solo_seat_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="soloact",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state", "waiting")),
                fields=("tenant_id", "question"),
                name="solo_act_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="soloact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "due_at__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("asked_at"), "+", models.Value(dt.timedelta(days=1))
                        ),
                    )
                ),
                name="solo_act_waits_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="soloact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "confirmed"), _negated=True),
                    ("ended_at__gte", models.F("due_at")),
                    _connector="OR",
                ),
                name="solo_act_confirmed_after_a_day",
            ),
        ),
        Wall("SoloRepresentative"),
        Wall("SoloAct"),
    ]
