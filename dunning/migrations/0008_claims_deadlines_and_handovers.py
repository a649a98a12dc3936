from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0007_letters_and_texts")]

    operations: ClassVar = []
