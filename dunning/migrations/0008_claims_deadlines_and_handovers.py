from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0007_letters_texts_and_sending_domains")]

    operations: ClassVar = []
