"""Disputes may end because the import that declared them is undone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disputes", "0001_disputes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dispute",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("credit_note", "Justified, credit note"),
                    ("unjustified", "Not justified, to be paid"),
                    ("withdrawn", "Withdrawn by the customer"),
                    ("undone", "Taken back with its import"),
                ],
                max_length=12,
            ),
        ),
    ]
