"""The sentences of a customer's history that disputes write."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "disputes.opened": _("Dispute %(number)s opened on %(amount)s of %(document)s"),
    "disputes.closed_credit_note": _(
        "Dispute %(number)s closed: justified, credit note of %(amount)s"
    ),
    "disputes.closed_unjustified": _(
        "Dispute %(number)s closed: not justified, %(amount)s to be paid"
    ),
    "disputes.closed_withdrawn": _("Dispute %(number)s on %(amount)s withdrawn by the customer"),
    "disputes.closed_undone": _("Dispute %(number)s on %(amount)s taken back with its import"),
}
