from typing import ClassVar

from django.db import migrations, models

LANGUAGES = [
    ("fr", "French"),
    ("en", "English"),
    ("de", "German"),
    ("es", "Spanish"),
    ("it", "Italian"),
    ("nl", "Dutch"),
]


class Migration(migrations.Migration):
    """Name more languages; the columns stay as they are."""

    dependencies: ClassVar = [("ledger", "0004_risk_class")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="contact",
            name="language",
            field=models.CharField(blank=True, choices=LANGUAGES, max_length=2),
        ),
        migrations.AlterField(
            model_name="customer",
            name="language",
            field=models.CharField(choices=LANGUAGES, default="fr", max_length=2),
        ),
    ]
