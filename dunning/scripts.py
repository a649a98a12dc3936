"""What a collector says on the telephone, and how a call, a letter or a decision can end (R31).

The opening speaks of a broken word, of an earlier reason or simply of what is owed; once the cause of non-payment is
named, the offer and the closing answer that cause.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from dunning.models import Cause as CauseChoice
from dunning.queries.promises import PromiseStanding
from dunning.rules.calls import three_payments
from dunning.rules.causes import Cause
from dunning.rules.steps import Channel
from dunning.services.people import OUTCOMES
from kernel import formats
from kernel.components import Link, Outcome, ScriptStep
from kernel.money import Money


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a call is about: who calls for whom, what is owed and how late, and a word that was broken if one was."""

    caller: str
    company: str
    amount: Money
    days_late: int
    items: int
    broken: PromiseStanding | None = None
    last_cause: str = ""


def call_script(facts: CallFacts, *, cause: str = "") -> list[ScriptStep]:
    """Return the four steps of a call in the language of the person who calls; `cause` is what the customer named."""
    offer, closing = _GUIDES.get(cause, _GUIDES[""])(facts)
    return [_opening(facts), _listening(facts, cause), offer, closing]


def _language() -> str:
    return (get_language() or "en")[:2]


def _written(amount: Money) -> str:
    return formats.money(amount, _language())


def _opening(facts: CallFacts) -> ScriptStep:
    words = {
        "caller": facts.caller,
        "company": facts.company,
        "amount": _written(facts.amount),
        "days": formats.days(facts.days_late, _language()),
    }
    if facts.broken is not None:
        promise = facts.broken.promise
        missing = Money(promise.amount - facts.broken.paid, promise.currency)
        return ScriptStep(
            _("Recall the promise"),
            _(
                "“Good morning, %(caller)s, %(company)s. We expected %(amount)s by %(day)s and it has not arrived. "
                "What happened?”"
            )
            % {
                **words,
                "amount": _written(missing),
                "day": formats.day_long(promise.promised_date, _language()),
            },
            tip=_("A broken word is named first, without blame: it shows that somebody notices."),
        )
    if facts.days_late <= 0:
        return ScriptStep(
            _("Announce"),
            _(
                "“Good morning, %(caller)s, %(company)s. %(amount)s fall due shortly. Is anything in the way of "
                "paying on the day?”"
            )
            % words,
        )
    return ScriptStep(
        _("Remind"),
        _(
            "“Good morning, %(caller)s, %(company)s. %(amount)s are overdue, the oldest %(days)s. What happened?”"
        )
        % words,
    )


def _listening(facts: CallFacts, cause: str) -> ScriptStep:
    before = dict(CauseChoice.choices).get(facts.last_cause)
    return ScriptStep(
        _("Listen and qualify"),
        _(
            "“Did you receive the invoices? Is anything wrong with them, or is it a matter of your payment run?”"
        ),
        tip=_("Last time: %(cause)s. Ask whether that was put right.") % {"cause": before}
        if before and facts.last_cause != Cause.UNKNOWN
        else _("Choose what they say: the next words answer it."),
        choices=[
            Link(f"?cause={value}#script", str(label), is_current=value == cause)
            for value, label in CauseChoice.choices
            if value != Cause.UNKNOWN
        ],
    )


Guide = Callable[[CallFacts], tuple[ScriptStep, ScriptStep]]


def _guide(title: str, say: str, close: str, *, tip: str = "") -> tuple[ScriptStep, ScriptStep]:
    return ScriptStep(title, say, tip=tip), ScriptStep(_("Conclude"), close)


def _plainly(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    del facts
    return _guide(
        _("Propose"),
        _(
            "“When does the next payment leave, and for which amount? I can send you the statement at once.”"
        ),
        _("“I note the date and the amount. Let me repeat them, so that we mean the same.”"),
    )


def _forgotten(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    return _guide(
        _("Ask for today"),
        _(
            "“It happens. Can the %(amount)s leave today? The link in my message pays it in a minute.”"
        )
        % {"amount": _written(facts.amount)},
        _("“Thank you. I look at the bank tomorrow and will not bother you again.”"),
        tip=_("Offer the customer's page: account number and reference are on it."),
    )


def _payment_run(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    del facts
    return _guide(
        _("Get the day of the run"),
        _(
            "“On which day is your next run, and are all of these invoices released for it? Which are not?”"
        ),
        _("“I note that day for the released ones. About the others I call you the day before.”"),
        tip=_("A run that was missed once is missed again: name each invoice by its number."),
    )


def _approval(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    del facts
    return _guide(
        _("Find who approves"),
        _(
            "“Who has to approve it, and what does he need from us? May I write to him with you in copy?”"
        ),
        _("“I send him what is missing today. Until when can he have approved it?”"),
        tip=_(
            "Take down name and address of who approves; he is the contact of the next reminder."
        ),
    )


def _not_received(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    return _guide(
        _("Send it while they wait"),
        _(
            "“To which address shall I send the %(items)s invoices? I do it now; please tell me when they "
            "have arrived.”"
        )
        % {"items": facts.items},
        _("“They count from their own date. May I note your next run as the day of payment?”"),
        tip=_("The lines rest for a week; a call is noted to ask whether they arrived."),
    )


def _short_of_cash(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    offer = three_payments(facts.amount.amount)
    currency = facts.amount.currency
    return _guide(
        _("Propose a payment plan"),
        _(
            "“I can propose three payments: %(first)s now, then %(second)s and %(third)s, two and four weeks later. "
            "Can you hold to that?”"
        )
        % {
            "first": _written(Money(offer.first, currency)),
            "second": _written(Money(offer.then[0], currency)),
            "third": _written(Money(offer.then[1], currency)),
        },
        _("“I send you the plan in writing. The first payment shows us that it stands.”"),
        tip=_(
            "A plan is proposed by one person and agreed by another; take only the first payment down as a promise."
        ),
    )


def _contested(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    del facts
    return _guide(
        _("Take the complaint down, claim the rest"),
        _(
            "“Which invoice, which part of it, and what is wrong? I open a file, and you know who answers it. The rest "
            "is not contested: when is it paid?”"
        ),
        _("“The contested part waits for our answer. For the rest I note your day.”"),
        tip=_(
            "Choose “Dispute”: the contested part leaves the chase at once, the rest is still claimed."
        ),
    )


def _says_paid(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    del facts
    return _guide(
        _("Ask for the proof"),
        _(
            "“On which day, for which amount, to which account? Please send me the advice of the transfer.”"
        ),
        _("“I look at the bank today and call you only if it is not there.”"),
        tip=_("An account number unlike ours is a fraud until shown otherwise: tell your manager."),
    )


def _wrong_person(facts: CallFacts) -> tuple[ScriptStep, ScriptStep]:
    del facts
    return _guide(
        _("Find the right person"),
        _("“Who pays the invoices in your house? May I have his name, number and address?”"),
        _("“Thank you; I turn to him and leave you in peace.”"),
        tip=_("Put the new contact on the customer's page before the next message leaves."),
    )


_GUIDES: Mapping[str, Guide] = MappingProxyType(
    {
        "": _plainly,
        Cause.UNKNOWN: _plainly,
        Cause.FORGOTTEN: _forgotten,
        Cause.PAYMENT_RUN: _payment_run,
        Cause.APPROVAL_PENDING: _approval,
        Cause.NOT_RECEIVED: _not_received,
        Cause.CASH_SHORTAGE: _short_of_cash,
        Cause.NO_BUDGET: _short_of_cash,
        Cause.PRICE: _contested,
        Cause.DELIVERY: _contested,
        Cause.QUALITY: _contested,
        Cause.ADMINISTRATIVE: _contested,
        Cause.ALREADY_PAID: _says_paid,
        Cause.WRONG_CONTACT: _wrong_person,
    }
)


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
        Outcome("unreachable", _("Nobody answers"), "phone", "i", _("try again later")),
        Outcome("done", pgettext("outcome", "Done"), "check", "e"),
    ]


def _of_letters() -> list[Outcome]:
    return [
        Outcome("done", _("Posted"), "letter", "e", _("registered, with receipt")),
        Outcome("already_paid", _("Already paid"), "bank", "d", _("look at the bank")),
        Outcome("dispute", pgettext("outcome", "Dispute"), "flag", "l", _("a part is contested")),
    ]


def _of_messages() -> list[Outcome]:
    return [
        Outcome("done", _("Reached another way"), "check", "e", _("say how below")),
        Outcome("already_paid", _("Already paid"), "bank", "d", _("look at the bank")),
        Outcome("dispute", pgettext("outcome", "Dispute"), "flag", "l", _("a part is contested")),
    ]


def _of_decisions() -> list[Outcome]:
    return [
        Outcome("hand_over", _("Hand over"), "gavel", "", _("to counsel or an agency")),
        Outcome("payment_plan", _("Payment plan"), "calendar", "", _("agreed in writing")),
        Outcome("keep_asking", _("Keep asking"), "phone", "", _("a person goes on")),
        Outcome("write_off", _("Give it up"), "minus", "", _("accounting writes it off")),
        Outcome("done", _("Something else"), "check", "e", _("say what below")),
    ]


_OUTCOMES_OF = MappingProxyType(
    {
        Channel.CALL: _of_calls,
        Channel.SMS: _of_messages,
        Channel.REGISTERED_ELETTER: _of_messages,
        Channel.REGISTERED_LETTER: _of_letters,
        Channel.DECISION: _of_decisions,
    }
)
