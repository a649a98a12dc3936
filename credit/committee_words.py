"""The words of committees: conditions as a sentence, results, and the frozen facts of minutes as people read them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from credit.models import AgendaFile, CommitteeTask, CommitteeVote, FileSource, Measure, TaskKind
from credit.rules.committee import Conditions, Position, Result, Tally
from kernel import formats
from kernel.money import Money

RESULTS = MappingProxyType(
    {
        Result.YES: gettext_lazy("Consensus: granted as asked"),
        Result.CONDITIONS: gettext_lazy("Consensus: granted with conditions"),
        Result.NO: gettext_lazy("Consensus: refused"),
        Result.NO_CONSENSUS: gettext_lazy("No consensus, to arbitration"),
    }
)
MEASURE_RESULTS = MappingProxyType(
    {
        Result.YES: gettext_lazy("Consensus: agreed"),
        Result.CONDITIONS: gettext_lazy("Consensus: agreed with conditions"),
        Result.NO: gettext_lazy("Consensus: not agreed"),
        Result.NO_CONSENSUS: gettext_lazy("No consensus, to arbitration"),
    }
)
RESULT_BADGES = MappingProxyType(
    {
        Result.YES: "is-ok",
        Result.CONDITIONS: "is-warn",
        Result.NO: "is-late",
        Result.NO_CONSENSUS: "is-disp",
    }
)
POSITIONS = MappingProxyType(
    {
        Position.YES: pgettext_lazy("vote", "For"),
        Position.CONDITIONS: pgettext_lazy("vote", "For, with conditions"),
        Position.NO: pgettext_lazy("vote", "Against"),
        Position.ABSTAIN: pgettext_lazy("vote", "Abstains"),
    }
)
POSITION_BADGES = MappingProxyType(
    {
        Position.YES: ("is-ok", "check"),
        Position.CONDITIONS: ("is-warn", "check"),
        Position.NO: ("is-late", "x"),
        Position.ABSTAIN: ("", "minus"),
    }
)

WAITING = pgettext_lazy("vote", "Awaited")
BARRED = pgettext_lazy("vote", "Asked or sells: no vote")


def language() -> str:
    """Return the reader's language, two letters."""
    return (get_language() or "en")[:2]


def conditions(asked: Conditions) -> str:
    """Return conditions in words, one line each; empty without any."""
    return "\n".join(_conditions(asked))


def _conditions(asked: Conditions) -> list[str]:
    said = []
    if asked.deposit is not None:
        share = formats.percent(asked.deposit, language(), decimals=0)
        said.append(_("Deposit of %(share)s") % {"share": share})
    if asked.needs_guarantee:
        said.append(_("Guarantee before delivery"))
    if asked.review_months is not None:
        said.append(
            ngettext(
                "Review in %(months)s month", "Review in %(months)s months", asked.review_months
            )
            % {"months": asked.review_months}
        )
    return [*said, *asked.words]


def reasons(file: AgendaFile) -> str:
    """Return the reasons the members gave, without their names: what is shared with who asked."""
    return " ".join(dict.fromkeys(vote.reason for vote in file.votes.all() if vote.reason))


def result_of(file: AgendaFile) -> str:
    """Return what the votes on a file came to; empty before."""
    return _result(file.result, file.measure)


def _result(code: str, measure: str) -> str:
    if not code:
        return ""
    words = RESULTS if measure == Measure.REQUEST else MEASURE_RESULTS
    return str(words[Result(code)])


def task_words(task: CommitteeTask) -> str:
    """Return what a task asks for."""
    return _task(task.kind, task.share, task.words)


def _task(kind: str, share: Decimal | None, words: str) -> str:
    label = str(TaskKind(kind).label)
    if share is not None:
        label = _("Collect a deposit of %(share)s") % {
            "share": formats.percent(share, language(), decimals=0)
        }
    return _("%(label)s: %(words)s") % {"label": label, "words": words} if words else label


def measure_words(measure: str, amount: Money | None) -> str:
    """Return what the committee is asked about a file."""
    if measure == Measure.LOWER and amount is not None:
        return _("Lower the limit to %(amount)s") % {
            "amount": formats.money_whole(amount, language())
        }
    return str(Measure(measure).label)


@dataclass(frozen=True, slots=True)
class VoteShown:
    """One seat of a file as pages and minutes show it; `badge` and `icon` are those of its position."""

    name: str
    role: str
    position: str
    badge: str
    icon: str
    said: str
    conditions: str = ""
    at: datetime | None = None
    is_by_link: bool = False


def vote_shown(vote: CommitteeVote) -> VoteShown:
    """Return a stored vote as a page shows it."""
    own = (vote.conditions,) if vote.conditions else ()
    asked = Conditions(vote.deposit, vote.needs_guarantee, vote.review_months, own)
    file = vote.file
    amount = None if vote.amount is None else Money(vote.amount, file.currency)
    position = Position(vote.position)
    badge, icon = POSITION_BADGES[position]
    behalf = vote.on_behalf_of or (
        vote.seat.member if vote.voter_id != vote.seat.member_id else None
    )
    return VoteShown(
        name=vote.voter.name,
        role=_("for %(name)s") % {"name": behalf.name} if behalf else "",
        position=str(POSITIONS[position]),
        badge=badge,
        icon=icon,
        said=vote.reason,
        conditions=_vote_conditions(amount, asked),
        at=vote.at,
        is_by_link=vote.is_by_link,
    )


def _vote_conditions(amount: Money | None, asked: Conditions) -> str:
    said = [] if amount is None else [formats.money_whole(amount, language())]
    return ", ".join([*said, *_conditions(asked)])


def tally_words(counted: Tally) -> str:
    """Return how the votes stand: « Pour 1 · sous condition 2 · contre 0 »."""
    said = _("For %(yes)s · with conditions %(conditions)s · against %(no)s") % {
        "yes": counted.yes,
        "conditions": counted.with_conditions,
        "no": counted.no,
    }
    if counted.abstained:
        said += " · " + _("abstain %(count)s") % {"count": counted.abstained}
    return said


def quorum_words(counted: Tally) -> str:
    """Return whether enough seats took a position."""
    facts = {"count": counted.counted, "quorum": counted.quorum}
    if counted.has_quorum:
        return _("Quorum reached, %(count)s of %(quorum)s") % facts
    return _("No quorum yet, %(count)s of %(quorum)s") % facts


def read_minutes(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the frozen facts of minutes in the active language: labels, amounts and days written out."""
    read = dict(facts)
    for name in ("meets_at", "closes_at", "called_at", "closed_at", "frozen_at"):
        read[name] = _moment(facts[name])
    read["files"] = [_read_file(one) for one in facts["files"]]
    return read


def _moment(text: str) -> str:
    if not text:
        return ""
    local = timezone.localtime(datetime.fromisoformat(text))
    return f"{formats.day(local.date(), language())} {formats.clock(local, language())}"


def _money(amount: Any, currency: str) -> str:  # noqa: ANN401  a frozen figure or nothing
    if amount in {None, ""} or not currency:
        return ""
    return formats.money_whole(Money(Decimal(str(amount)), currency), language())


def _read_file(frozen: dict[str, Any]) -> dict[str, Any]:
    currency = frozen["currency"]
    amount = (
        Money(Decimal(str(frozen["amount"])), currency)
        if frozen["amount"] is not None and currency
        else None
    )
    return {
        **frozen,
        "measure": measure_words(frozen["measure"], amount),
        "source": str(FileSource(frozen["source"]).label),
        "asked": _money(frozen["amount"], currency),
        "granted": _money(frozen["granted_amount"], currency),
        "arbitrated": _money(frozen["arbitrated_amount"], currency),
        "result": _result(frozen["result"], frozen["measure"]),
        "closed_at": _moment(frozen["closed_at"]),
        "arbitrated_at": _moment(frozen["arbitrated_at"]),
        "votes": [_read_vote(one, currency) for one in frozen["votes"]],
        "tasks": [_read_task(one) for one in frozen["tasks"]],
    }


def _read_vote(frozen: dict[str, Any], currency: str) -> dict[str, Any]:
    own = (frozen["conditions"],) if frozen["conditions"] else ()
    deposit = None if frozen["deposit"] is None else Decimal(str(frozen["deposit"]))
    asked = Conditions(deposit, frozen["needs_guarantee"], frozen["review_months"], own)
    amount = None if frozen["amount"] is None else Money(Decimal(str(frozen["amount"])), currency)
    return {
        **frozen,
        "position": str(POSITIONS[Position(frozen["position"])]),
        "conditions": _vote_conditions(amount, asked),
        "at": _moment(frozen["at"]),
    }


def _read_task(frozen: dict[str, Any]) -> dict[str, Any]:
    share = None if frozen["share"] is None else Decimal(str(frozen["share"]))
    return {
        **frozen,
        "words": _task(frozen["kind"], share, frozen["words"]),
        "due": formats.day(date.fromisoformat(frozen["due_date"]), language()),
    }
