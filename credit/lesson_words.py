"""The lessons we ship: what an event means, in two minutes, and the one question that ends each of them."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from credit.models import LessonCode


@dataclass(frozen=True, slots=True)
class ShippedLesson:
    """A lesson as we ship it; `right` is the place of the right choice, from 0, and `why` is told after it."""

    body: Any
    question: Any
    choices: tuple[Any, ...]
    right: int
    why: Any


LESSONS: MappingProxyType[str, ShippedLesson] = MappingProxyType(
    {
        LessonCode.ORDER_HELD.value: ShippedLesson(
            _(
                "An order is held when the customer would owe more than his limit, when he is on hold himself, or when "
                "an article of the charter speaks against it. What counts is the exposure: open invoices, what was "
                "delivered and not yet invoiced, and orders, less deposits and guarantees.\n\n"
                "Nobody doubts your sale. A held order is a question: what makes us sure of being paid? A payment, a "
                "deposit, a guarantee, or a smaller first delivery answers it.\n\n"
                "Ask for a release with the reason, the amount and the day it ends. Somebody else grants it, always. "
                "Splitting the order or giving it another number does not help: the next part is held as well."
            ),
            _("Your order is held because the customer is over his limit. What helps fastest?"),
            (
                _("Split the order into two smaller ones"),
                _("Get a payment or a deposit, and ask for a release with that reason"),
                _("Cancel it and enter it again under another number"),
            ),
            1,
            _(
                "A fact that lowers the risk, and a release that names it: that is what can be granted."
            ),
        ),
        LessonCode.OVER_LIMIT.value: ShippedLesson(
            _(
                "The limit is what we accept to lose with one customer if he fails tomorrow. At a net margin of 5 %, "
                "10,000 euros lost are the profit of 200,000 euros of sales.\n\n"
                "Over the limit does not mean “no more”. It means that somebody has to decide: raise the limit for "
                "good, raise it for a time, secure a part of it, or wait for the next payment.\n\n"
                "Two clicks on the customer's page ask for more until a day. Say what you will deliver and when it is "
                "paid: a raise with an end is granted far more easily than one without."
            ),
            _("At 5 % of net margin, which sales pay for 10,000 euros lost?"),
            (_("10,000 euros"), _("50,000 euros"), _("200,000 euros")),
            2,
            _("10,000 / 5 % = 200,000 euros of sales that earn nothing."),
        ),
        LessonCode.DISPUTE.value: ShippedLesson(
            _(
                "A dispute stops the reminders of what is contested, and nothing else: the rest of the invoice stays "
                "due, and so do all others.\n\n"
                "The faster it has a name and a reason, the faster it is paid. Look at the delivery note and the "
                "order, call the customer within two days, and write down what he says in his own words.\n\n"
                "A dispute is not a discount: a credit note is proposed by one person and approved by another. And a "
                "customer who disputes just before the due date, again and again, tells us something about his cash."
            ),
            _("A customer disputes 300 euros of an invoice of 3,000. What is still due?"),
            (
                _("Nothing until it is settled"),
                _("2,700 euros, on the due date"),
                _("3,000 euros, at once"),
            ),
            1,
            _("Only what is contested waits: the part without a dispute is claimed as usual."),
        ),
        LessonCode.PROMISE_BROKEN.value: ShippedLesson(
            _(
                "A promise is worth its amount and its day. When the day passes without the money, the customer knows "
                "it as well as we do: a call on the same day is fair, and it works.\n\n"
                "Ask what happened before you ask for another day. A second promise should be smaller and nearer, or "
                "become a plan with dates for each part.\n\n"
                "Two broken promises in two months are the first sign before an insolvency, well before the accounts "
                "say so. Tell the credit manager what you hear: the next order, the stock, the people who leave."
            ),
            _("A promise was broken yesterday. What do you do first?"),
            (
                _("Call, ask what happened, and note a smaller and nearer date"),
                _("Wait for the next reminder to leave by itself"),
                _("Note another promise of the same amount for next month"),
            ),
            0,
            _("The first day decides: after a week without a word the chance to be paid falls."),
        ),
        LessonCode.CHARTER_REFUSED.value: ShippedLesson(
            _(
                "The charter is the rules we all signed: the longest term, the deposit under a grade, when finance "
                "decides. The form refuses what the rules refuse and quotes the article, so that nobody has to say no "
                "to a customer in his own name.\n\n"
                "Some articles are the law: in France no term goes beyond 60 days, or 45 days end of month, and the "
                "fine is for us, up to two million euros.\n\n"
                "Change what the article names, or propose what makes up for it. If you think that the rule is wrong, "
                "say so to the credit manager: a rule is changed for all, never bent for one."
            ),
            _("Your form was refused for a term of 75 days. What is possible?"),
            (
                _("45 days end of month, with the reason for the customer"),
                _("75 days, if the customer insists in writing"),
                _("75 days for the first invoice only"),
            ),
            0,
            _("No agreement makes a term beyond the legal cap valid."),
        ),
        LessonCode.REQUEST_RETURNED.value: ShippedLesson(
            _(
                "A request comes back when the analyst cannot judge without something: a paper, a figure, or a word "
                "about why. The clock of your request stands still meanwhile, and starts again with your answer.\n\n"
                "Answer in the thread, on one page: what was asked, the paper, and nothing else. A request that is "
                "complete at first is decided twice as fast.\n\n"
                "Three things are asked for most often: the signed quote, the expected sales of a year, and when the "
                "first delivery leaves. With those three from the start, most requests never come back."
            ),
            _("What happens to the deadline of your request while you are asked?"),
            (
                _("It goes on"),
                _("It stands still until you answer"),
                _("The request lapses at once"),
            ),
            1,
            _("The clock waits for you; after a long silence the request lapses in the end."),
        ),
    }
)
