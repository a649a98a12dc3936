"""The sentences of a customer's history that credit writes."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "credit.limit_granted": _("Credit limit of %(amount)s granted from %(valid_from)s"),
    "credit.request_submitted": _("Request %(number)s: %(amount)s asked for"),
    "credit.request_refused": _("Request %(number)s refused"),
    "credit.account_opened": _("Account opened by request %(number)s of %(requested_by)s"),
    "credit.decision_undone": _("Decision about request %(number)s taken back"),
    "credit.limit_expired": _("Credit limit of %(amount)s ended on %(day)s"),
}
