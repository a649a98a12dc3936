from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("credit", "0004_guarantees_exposure_and_holds")]

    operations: ClassVar = []
