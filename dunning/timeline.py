"""The sentences of a customer's history that the chase writes."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "dunning.reminder_sent": _("Reminder of level %(level)s sent for %(amount)s"),
    "dunning.announcement_sent": _("Announcement of %(amount)s about to fall due sent"),
    "dunning.reminder_failed": _(
        "Reminder of %(amount)s not accepted by the customer's mail server"
    ),
    "dunning.reminder_cancelled": _("Reminder of %(amount)s cancelled"),
    "dunning.call_done": _("Call about %(amount)s"),
    "dunning.letter_done": _("Registered letter about %(amount)s"),
    "dunning.decision_done": _("Decision about %(amount)s"),
    "dunning.paused": _("Reminders paused from %(from)s to %(until)s"),
    "dunning.scenario_changed": _("Reminders follow the scenario %(after)s, no longer %(before)s"),
    "dunning.scenario_chosen": _("Scenario %(scenario)s chosen by hand until %(until)s"),
    "dunning.scenario_choice_ended": _("Scenario left to the rules again"),
    "dunning.promised": _("Promise to pay %(amount)s by %(day)s"),
    "dunning.promise_to_approve": _("Promise to pay %(amount)s by %(day)s, to be approved"),
    "dunning.promise_approved": _("Promise to pay %(amount)s by %(day)s approved"),
    "dunning.promise_refused": _("Promise to pay %(amount)s by %(day)s not accepted"),
    "dunning.promise_withdrawn": _("Promise to pay %(amount)s by %(day)s taken back"),
    "dunning.plan_proposed": _("Payment plan %(number)s over %(amount)s proposed"),
    "dunning.plan_agreed": _("Payment plan %(number)s over %(amount)s agreed"),
    "dunning.plan_refused": _("Payment plan %(number)s over %(amount)s refused"),
    "dunning.plan_void": _("Payment plan %(number)s over %(amount)s void: an instalment was missed"),
    "dunning.plan_kept": _("Payment plan %(number)s over %(amount)s kept"),
    "dunning.plan_called_off": _("Payment plan %(number)s over %(amount)s called off"),
    "dunning.pause_ended": _("Reminders taken up again"),
}
