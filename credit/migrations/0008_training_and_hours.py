from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("credit", "0007_insurance_and_information")]

    operations: ClassVar = []
