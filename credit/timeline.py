"""The sentences of a customer's history that credit writes."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "credit.limit_granted": _("Credit limit of %(amount)s granted from %(valid_from)s"),
}
