from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0009_advice_and_its_overrides")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="reminder",
            name="leaves_any_hour",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
