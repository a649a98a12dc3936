"""The sentences of a customer's history that his page writes."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {"kpis.note": _("Note")}
