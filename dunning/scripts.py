"""What a collector says on the telephone, and how a call, a letter or a decision can end."""

from types import MappingProxyType

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from dunning.models import Reminder
from dunning.rules.steps import Channel
from dunning.services.people import OUTCOMES
from kernel import formats
from kernel.components import Outcome, ScriptStep
from kernel.money import Money


def call_script(reminder: Reminder, *, caller: str) -> list[ScriptStep]:
    """Return the four steps of a call about `reminder`, in the language of the person who calls."""
    language = (get_language() or "en")[:2]
    amount = formats.money(Money(reminder.amount, reminder.currency), language)
    return [
        ScriptStep(
            _("Remind"),
            _(
                "“Good morning, %(caller)s, %(company)s. %(amount)s are overdue, the oldest %(days)s. What happened?”"
            )
            % {
                "caller": caller,
                "company": reminder.entity.name,
                "amount": amount,
                "days": formats.days(reminder.days_late, language),
            },
        ),
        ScriptStep(
            _("Listen and qualify"),
            _(
                "“Did you receive the invoices? Is anything wrong with them, or is it a matter of your payment run?”"
            ),
            tip=_("The reason goes into the outcome: without it nobody can remove the cause."),
        ),
        ScriptStep(
            _("Propose"),
            _(
                "“When does the next payment leave, and for which amount? I can send you the statement at once.”"
            ),
        ),
        ScriptStep(
            _("Conclude"),
            _("“I note the date and the amount. You get a short message that confirms it.”"),
        ),
    ]


def outcomes(channel: Channel) -> list[Outcome]:
    """Return how a call, a letter or a decision can end, each with its key."""
    offered = {outcome.value: outcome for outcome in _OUTCOMES_OF[channel]()}
    return [offered[value] for value in OUTCOMES[channel]]


def _of_calls() -> list[Outcome]:
    return [
        Outcome("promise", pgettext("outcome", "Promise"), "handshake", "p", _("date and amount")),
        Outcome("dispute", pgettext("outcome", "Dispute"), "flag", "l", _("a part is contested")),
        Outcome("not_received", _("Invoice not received"), "mail", "n", _("send it again")),
        Outcome("call_back", _("Call back"), "clock", "r", _("at a time they named")),
        Outcome("already_paid", _("Already paid"), "bank", "d", _("look at the bank")),
        Outcome("unreachable", _("Nobody answers"), "phone", "i"),
        Outcome("done", pgettext("outcome", "Done"), "check"),
    ]


def _of_letters() -> list[Outcome]:
    return [
        Outcome("done", _("Posted"), "letter", "", _("registered, with receipt")),
        Outcome("already_paid", _("Already paid"), "bank", "d", _("look at the bank")),
        Outcome("dispute", pgettext("outcome", "Dispute"), "flag", "l", _("a part is contested")),
    ]


def _of_decisions() -> list[Outcome]:
    return [
        Outcome("hand_over", _("Hand over"), "gavel", "", _("to counsel or an agency")),
        Outcome("payment_plan", _("Payment plan"), "calendar", "", _("agreed in writing")),
        Outcome("keep_asking", _("Keep asking"), "phone", "", _("a person goes on")),
        Outcome("write_off", _("Give it up"), "minus", "", _("accounting writes it off")),
        Outcome("done", _("Something else"), "check", "", _("say what below")),
    ]


_OUTCOMES_OF = MappingProxyType(
    {
        Channel.CALL: _of_calls,
        Channel.REGISTERED_LETTER: _of_letters,
        Channel.DECISION: _of_decisions,
    }
)
