"""How far the matter has gone for one receivable, and for one message: derived from facts, never stored for a line.

Entered by days and by what was sent; left by what answers: money, a date agreed, a dispute, a way back from court.
Sources: DOMAIN R22; 5.2, stages; docs/decisions/engine-parameters.md.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dunning.rules.grouping import Exclusion, Leader
from dunning.rules.steps import FORMAL_NOTICE_DAYS, ScenarioRules, Stage

STAGES = tuple(Stage)
"""In the order in which a matter goes through them."""

IN_LITIGATION = frozenset({Exclusion.INSOLVENCY, Exclusion.LEGAL, Exclusion.ENTRUSTED})
"""What a person enters: insolvency proceedings, a court, an agency or lawyer. Taken back, the line is as it was."""

ANSWERS = frozenset(
    {Exclusion.PROMISED, Exclusion.PAYMENT_PLAN, Exclusion.BILL_IN_HAND, Exclusion.INVOICE_NOT_RECEIVED}
)  # fmt: skip
"""What the customer answered, or why he could not: as long as it holds nothing is taken to court."""


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What the stage of one due line depends on, as of a day.

    `open_amount` is what it still owes, `disputed_amount` what of it is under open disputes, both tax included.
    `excluded` is why it is out of the chase as a whole, None when it is in. `has_notice`: a formal notice that names it
    was issued under its present due date.
    """

    days_late: int
    open_amount: Decimal
    disputed_amount: Decimal = Decimal(0)
    excluded: Exclusion | None = None
    has_notice: bool = False


def stage_of(line: StageFacts) -> Stage | None:
    """Return the stage of a due line, None when nothing is left to pay of it.

    Pre-litigation begins with a formal notice, on day 45 without one, unless the customer answered: a promise, a plan,
    a bill in hand, or a dispute about the whole line lead back to the amicable stage. Litigation is entered and left by
    hand only, whatever the days. Source: DOMAIN R22, 5.2.
    """
    if line.open_amount <= 0:
        return None
    if line.excluded in IN_LITIGATION:
        return Stage.LITIGATION
    if line.days_late <= 0:
        return Stage.PREVENTIVE
    is_answered = line.excluded in ANSWERS or line.disputed_amount >= line.open_amount
    is_unanswered = line.has_notice or line.days_late >= FORMAL_NOTICE_DAYS
    return Stage.PRE_LITIGATION if is_unanswered and not is_answered else Stage.AMICABLE


def stage_of_claim(leader: Leader | None, scenario: ScenarioRules, *, today: date) -> Stage:
    """Return the stage of a message about late lines: that of its oldest line which may raise the level.

    What is claimed is neither answered nor in court, so its days and its memory say it all: the step of a formal notice
    lies behind it, or day 45 does. Without such a line, or before the due date, it is amicable at most.
    """
    if leader is None:
        return Stage.AMICABLE
    notices = (step.offset_days for step in scenario.steps if step.channel.is_formal_notice)
    first_notice = min(notices, default=FORMAL_NOTICE_DAYS)
    told = leader.last_offset_days
    if (today - leader.due_date).days >= FORMAL_NOTICE_DAYS:
        return Stage.PRE_LITIGATION
    is_noticed = told is not None and told >= first_notice
    return Stage.PRE_LITIGATION if is_noticed else Stage.AMICABLE


def further(one: Stage, other: Stage) -> Stage:
    """Return the stage that goes further of two."""
    return max(one, other, key=STAGES.index)
