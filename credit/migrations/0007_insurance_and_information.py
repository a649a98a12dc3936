from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("credit", "0006_scores")]

    operations: ClassVar = []
