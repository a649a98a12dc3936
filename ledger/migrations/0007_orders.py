from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0006_files_of_documents")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Order",
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
                ("number", models.CharField(max_length=80)),
                ("order_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("ordered_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "delivered_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                (
                    "invoiced_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("quote", "Quote"),
                            ("order", "Ordered"),
                            ("delivered", "Delivered"),
                            ("invoiced", "Invoiced"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=9,
                    ),
                ),
                ("expected_delivery_date", models.DateField(blank=True, null=True)),
                ("expected_invoice_date", models.DateField(blank=True, null=True)),
                ("as_of_date", models.DateField()),
                ("changed_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
            ],
            options={
                "ordering": ("-order_date", "number"),
            },
        ),
        migrations.CreateModel(
            name="OrderState",
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
                ("from_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("ordered_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("delivered_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("invoiced_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("quote", "Quote"),
                            ("order", "Ordered"),
                            ("delivered", "Delivered"),
                            ("invoiced", "Invoiced"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
                (
                    "order",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="states",
                        to="ledger.order",
                    ),
                ),
            ],
            options={
                "ordering": ("order", "from_date"),
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["tenant_id", "customer"], name="order_by_customer"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["tenant_id", "changed_at"], name="order_by_change"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "entity", "number"), name="order_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivered_amount__gte", 0),
                    ("invoiced_amount__gte", 0),
                    ("ordered_amount__gte", 0),
                ),
                name="order_amounts_positive",
            ),
        ),
        migrations.AddIndex(
            model_name="orderstate",
            index=models.Index(
                fields=["tenant_id", "customer", "order", "-from_date"],
                name="order_state_by_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderstate",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "order", "from_date"), name="order_state_once_a_day"
            ),
        ),
        Wall("Order"),
        Wall("OrderState"),
    ]
