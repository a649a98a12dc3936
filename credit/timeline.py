"""The sentences of a customer's history that credit writes."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "credit.limit_granted": _("Credit limit of %(amount)s granted from %(valid_from)s"),
    "credit.request_submitted": _("Request %(number)s: %(amount)s asked for"),
    "credit.request_refused": _("Request %(number)s refused"),
    "credit.account_opened": _("Account opened by request %(number)s of %(requested_by)s"),
    "credit.decision_undone": _("Decision about request %(number)s taken back"),
    "credit.limit_expired": _("Credit limit of %(amount)s ended on %(day)s"),
    "credit.propose_hold": _("Hold proposed"),
    "credit.propose_hold_order": _("Hold proposed on order no. %(number)s"),
    "credit.place_hold": _("Hold announced for %(day)s"),
    "credit.place_hold_order": _("Order no. %(number)s on hold"),
    "credit.decline_hold": _("Proposed hold dropped"),
    "credit.decline_hold_order": _("Proposed hold on order no. %(number)s dropped"),
    "credit.let_hold_fall": _("On hold"),
    "credit.let_hold_fall_order": _("Order no. %(number)s on hold"),
    "credit.ask_release": _("Release asked for"),
    "credit.ask_release_order": _("Release of order no. %(number)s asked for"),
    "credit.grant_release": _("Released for a time"),
    "credit.grant_release_order": _("Order no. %(number)s released"),
    "credit.refuse_release": _("Release refused"),
    "credit.refuse_release_order": _("Release of order no. %(number)s refused"),
    "credit.withdraw_release": _("Request for release taken back"),
    "credit.withdraw_release_order": _("Request to release order no. %(number)s taken back"),
    "credit.hold_again": _("The release ended: on hold again"),
    "credit.hold_again_order": _("Order no. %(number)s on hold again"),
    "credit.add_guarantee": _("Guarantee %(number)s of %(amount)s entered"),
    "credit.accept_guarantee": _("Guarantee %(number)s of %(amount)s accepted"),
    "credit.release_guarantee": _("Guarantee %(number)s of %(amount)s given back"),
}
