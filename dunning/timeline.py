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
    "dunning.letter_posted": _("Letter %(number)s of level %(level)s for %(amount)s posted on %(day)s"),
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
    "dunning.plan_void": _(
        "Payment plan %(number)s over %(amount)s void: an instalment was missed"
    ),
    "dunning.plan_kept": _("Payment plan %(number)s over %(amount)s kept"),
    "dunning.plan_called_off": _("Payment plan %(number)s over %(amount)s called off"),
    "dunning.pause_ended": _("Reminders taken up again"),
    "dunning.call_logged": _("Call"),
    "dunning.sales_asked": _("Question to sales"),
    "dunning.sales_answered": _("Answer of sales"),
    "dunning.otherwise_customer_asked": _("Done otherwise than advised: the customer asked for it"),
    "dunning.otherwise_known_person": _(
        "Done otherwise than advised: whom to reach, and how, is known"
    ),
    "dunning.otherwise_tried_before": _("Done otherwise than advised: it was tried before"),
    "dunning.otherwise_relationship": _(
        "Done otherwise than advised: the relationship asks for another tone"
    ),
    "dunning.otherwise_wrong_facts": _("Done otherwise than advised: its reasons are wrong"),
    "dunning.otherwise_other": _("Done otherwise than advised"),
    "dunning.reply_received": _("Reply of %(contact)s"),
    "dunning.absence_received": _("Out-of-office message of %(contact)s"),
    "dunning.strange_iban": _(
        "Bank details %(last)s in a message are not ours: check by telephone"
    ),
    "dunning.reply_dismissed": _("Reply set aside"),
    "dunning.reply_decided_paid": _("Reply read: says it is paid"),
    "dunning.reply_decided_promise": _("Reply read: promises to pay"),
    "dunning.reply_decided_dispute": _("Reply read: contests"),
    "dunning.reply_decided_copy": _("Reply read: asks for a copy"),
    "dunning.reply_decided_wrong_contact": _("Reply read: is not the right person"),
    "dunning.reply_decided_out_of_office": _("Reply read: is out of office"),
    "dunning.reply_decided_other": _("Reply read: noted"),
    "dunning.bounced": _("Reminder came back: the address of %(contact)s does not exist"),
    "dunning.bounced_softly": _("Reminder to %(contact)s not delivered for now"),
    "dunning.complained": _(
        "%(contact)s reported a reminder as unwanted: no more messages to them"
    ),
    "dunning.unsubscribed": _("%(contact)s wants no more reminders by e-mail"),
    "dunning.undelivered": _("Message to %(contact)s did not arrive"),
    "dunning.letter_refused": _("%(contact)s refused the registered e-letter"),
    "dunning.letter_not_claimed": _("%(contact)s did not claim the registered e-letter"),
    "dunning.text_done": _("Text message dealt with by a person"),
    "dunning.mail_task_undeliv": _("Another way to write chosen"),
    "dunning.mail_task_not_taken": _("Decided after a letter not taken"),
    "dunning.mail_task_bounce": _("Working address looked for"),
    "dunning.mail_task_complaint": _("Another way to write chosen"),
    "dunning.mail_task_opted_out": _("Another way to write chosen"),
    "dunning.mail_task_fraud": _("Strange bank details checked"),
    "dunning.mail_task_copy": _("Copy of the invoice sent"),
    "dunning.mail_task_contact": _("Right person looked for"),
    "dunning.mail_task_payment": _("Payment looked for"),
    "dunning.notice_issued": _("Formal notice %(number)s issued for %(amount)s"),
    "dunning.penalty_waived": _("Penalty %(claim)s: %(amount)s given up"),
    "dunning.penalty_paid": _("Penalty %(claim)s: %(amount)s received"),
    "dunning.deadline_started": _("Legal clock started for %(label)s, last day %(deadline)s"),
    "dunning.deadline_near": _("Legal deadline of %(label)s is near: %(deadline)s"),
    "dunning.deadline_done": _("Legal deadline of %(label)s met, last day %(deadline)s"),
    "dunning.deadline_unknown": _(
        "Insolvency abroad, judgment of %(judgment)s: enter its deadlines by hand"
    ),
    "dunning.insolvency_recorded": _("Insolvency, judgment of %(judgment)s: chase frozen"),
    "dunning.insolvency_ended": _("Insolvency of %(judgment)s ended: chase taken up again"),
    "dunning.hand_over_proposed": _("File %(file)s for %(recipient)s proposed, %(amount)s"),
    "dunning.hand_over_approved": _("File %(file)s handed to %(recipient)s, %(amount)s"),
    "dunning.hand_over_refused": _("File %(file)s for %(recipient)s refused, %(amount)s"),
    "dunning.hand_over_ended": _("File %(file)s taken back from %(recipient)s, %(amount)s"),
    "dunning.agency_contact": _("Agency, file %(file)s: contact with the debtor"),
    "dunning.agency_promise": _("Agency, file %(file)s: promise to pay"),
    "dunning.agency_payment": _("Agency, file %(file)s: %(amount)s received"),
    "dunning.agency_dispute": _("Agency, file %(file)s: the debtor contests"),
    "dunning.agency_closed": _("Agency, file %(file)s: no chance of recovery"),
}
