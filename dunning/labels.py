"""Words for the codes of the chase, for pages and messages of the API."""

from types import MappingProxyType

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dunning.rules.coverage import NEXT_ACTION, REMINDER
from dunning.rules.decision import ConfirmReason, HoldReason
from dunning.rules.grouping import Exclusion
from dunning.rules.outbox import CancelReason
from dunning.rules.promises import PlanState, PromiseState
from dunning.rules.steps import Channel

CHANNEL_ICONS = MappingProxyType(
    {
        Channel.EMAIL.value: "mail",
        Channel.CALL.value: "phone",
        Channel.SMS.value: "comment",
        Channel.REGISTERED_ELETTER.value: "shield",
        Channel.LETTER.value: "letter",
        Channel.REGISTERED_LETTER.value: "letter",
        Channel.DECISION.value: "gavel",
    }
)

HOLD_REASONS = MappingProxyType(
    {
        HoldReason.CREDITS_COVER.value: _("Credit notes cover what is late: allocate them"),
        HoldReason.BELOW_MINIMUM.value: _("Too little to write about"),
        HoldReason.UNAPPLIED_CASH.value: _("Money received and not yet allocated: apply it first"),
        HoldReason.NO_SCENARIO.value: _("No scenario"),
        HoldReason.NO_CONTACT.value: _("No contact with a usable address"),
        HoldReason.CONTACT_GAP.value: _("Contacted a few days ago"),
        HoldReason.FREQUENCY_CAP.value: _("Contacted often enough this month"),
        HoldReason.SCENARIO_ENDED.value: _("Every step was taken: a person decides"),
        HoldReason.VOLUME.value: _("The run is far larger than usual"),
        "by_person": _("Held by a person"),
        "sales_objection": _("Sales object: a person of finance decides"),
    }
)

CONFIRM_REASONS = MappingProxyType(
    {
        ConfirmReason.STEP.value: _("This step is always confirmed"),
        ConfirmReason.FORMAL_NOTICE.value: _("Formal notice"),
        ConfirmReason.NEW_TENANT.value: _("First thirty days: everything is confirmed"),
        ConfirmReason.FIRST_CONTACT.value: _("First message to this customer"),
        ConfirmReason.LEVEL.value: _("Level 3 or higher"),
        ConfirmReason.LARGE_AMOUNT.value: _("Large amount"),
        ConfirmReason.PROTECTED_CUSTOMER.value: _("Protected customer"),
        ConfirmReason.DELICATE.value: _("Delicate relationship: be careful"),
        ConfirmReason.PRE_LITIGATION.value: _("Pre-litigation: only a credit manager lets it go"),
        ConfirmReason.NOBODY_TOLD.value: _("Sales want to be told, and none of them can be"),
        ConfirmReason.NO_TRANSLATION.value: _("No text in the customer's language"),
        ConfirmReason.ESTIMATED_DUE_DATE.value: _("An estimated due date"),
        ConfirmReason.STALE_LEDGER.value: _("The ledger was not fed lately"),
        ConfirmReason.CREDIT_MANAGER.value: _("High risk: only a credit manager lets it go"),
        ConfirmReason.BROKEN_WORD.value: _("A promise or a payment plan was not kept"),
    }
)

CANCEL_REASONS = MappingProxyType(
    {
        CancelReason.PAID.value: _("Paid meanwhile"),
        CancelReason.NOT_DUE.value: _("Nothing due any more"),
        CancelReason.EXCLUDED.value: _("Disputed or paused meanwhile"),
        CancelReason.SUPERSEDED.value: _("Another step took its place"),
        CancelReason.BY_PERSON.value: _("Cancelled by a person"),
        CancelReason.HELD_BACK.value: _("Held back meanwhile"),
    }
)

COVERAGE_STATES = MappingProxyType(
    {
        REMINDER: _("In a reminder or a task"),
        NEXT_ACTION: _("Waits for its next step"),
        Exclusion.DISPUTED.value: pgettext_lazy("overdue line", "Disputed"),
        Exclusion.PROMISED.value: _("Promised"),
        Exclusion.PAYMENT_PLAN.value: _("In a payment plan"),
        Exclusion.DIRECT_DEBIT.value: _("Paid by direct debit"),
        Exclusion.BILL_IN_HAND.value: _("Bill or cheque in hand"),
        Exclusion.ASSIGNED_TO_FACTOR.value: _("Assigned to a factor"),
        Exclusion.INVOICE_NOT_RECEIVED.value: _("Invoice not received"),
        Exclusion.WRITE_OFF.value: _("Written off, accounting is told"),
        Exclusion.INSOLVENCY.value: _("Insolvency"),
        Exclusion.ENTRUSTED.value: _("Entrusted to an agency"),
        Exclusion.LEGAL.value: _("At court"),
        Exclusion.PAUSED.value: _("Paused"),
        Exclusion.LINE_BELOW_MINIMUM.value: _("Too small to chase"),
        **HOLD_REASONS,
    }
)

OUTCOMES = MappingProxyType(
    {
        "promise": _("Promise to pay"),
        "dispute": _("Dispute"),
        "not_received": _("Invoice not received"),
        "call_back": _("Call back"),
        "already_paid": _("Already paid"),
        "unreachable": _("Unreachable"),
        "hand_over": _("Hand over"),
        "payment_plan": _("Payment plan"),
        "keep_asking": _("Keep asking"),
        "write_off": _("Give it up"),
        "done": pgettext_lazy("outcome of a task", "Done"),
    }
)

PROMISE_STATES = MappingProxyType(
    {
        PromiseState.PENDING: pgettext_lazy("promise", "Expected"),
        PromiseState.TO_APPROVE: pgettext_lazy("promise", "To approve"),
        PromiseState.KEPT: pgettext_lazy("promise", "Kept"),
        PromiseState.BROKEN: pgettext_lazy("promise", "Broken"),
        PromiseState.REFUSED: pgettext_lazy("promise", "Not accepted"),
        PromiseState.WITHDRAWN: pgettext_lazy("promise", "Taken back"),
        PromiseState.REPLACED: pgettext_lazy("promise", "Replaced"),
    }
)

PLAN_STATES = MappingProxyType(
    {
        PlanState.RUNNING: pgettext_lazy("payment plan", "Running"),
        PlanState.LATE: pgettext_lazy("payment plan", "Instalment missed"),
        PlanState.KEPT: pgettext_lazy("payment plan", "Paid"),
        PlanState.VOID: pgettext_lazy("payment plan", "Void"),
        PlanState.TO_APPROVE: pgettext_lazy("payment plan", "To be agreed"),
        PlanState.REFUSED: pgettext_lazy("payment plan", "Refused"),
    }
)

WORD_TONES = MappingProxyType(
    {
        PromiseState.PENDING.value: "is-info",
        PromiseState.TO_APPROVE.value: "is-warn",
        PromiseState.KEPT.value: "is-ok",
        PromiseState.BROKEN.value: "is-late",
        PlanState.RUNNING.value: "is-info",
        PlanState.LATE.value: "is-warn",
        PlanState.VOID.value: "is-late",
    }
)
"""The tone of what became of somebody's word, a promise or a plan; what came to nothing has none."""
