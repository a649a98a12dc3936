"""Hold a proposal against the charter in force: refuse it with the article's own words, or say what it asks for (R1).

`judge` writes nothing and suits a form while it is filled. `refuse_breaches` is asked when the proposal is made: it
keeps what it found, so that the compliance page can count; a refusal keeps its trace after the rollback.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit import charter_words as words
from credit.models import LessonCode
from credit.models.charter import CharterBreach, CharterJudgement, CharterOutcome, CharterVersion
from credit.queries.charter import version_in_force
from credit.rules.charter import Breach, Effect, Fact, Proposal, breaches
from credit.services.lessons import tell_lesson
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer
from ledger.queries import home_and_rates

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the charter in force says of a proposal; `version` is None where no charter was published."""

    version: CharterVersion | None
    currency: str
    breaches: tuple[Breach, ...] = ()

    def _of(self, effect: Effect) -> tuple[Breach, ...]:
        return tuple(breach for breach in self.breaches if breach.effect is effect)

    @property
    def refusals(self) -> tuple[Breach, ...]:
        """Return what refuses the proposal."""
        return self._of(Effect.REFUSE)

    @property
    def escalations(self) -> tuple[Breach, ...]:
        """Return what asks for a higher decision, articles that cannot be judged included."""
        return self._of(Effect.ESCALATE)

    @property
    def warnings(self) -> tuple[Breach, ...]:
        """Return what is only said."""
        return self._of(Effect.WARN)

    @property
    def outcome(self) -> CharterOutcome:
        """Return what comes of the proposal."""
        if self.refusals:
            return CharterOutcome.REFUSED
        if self.escalations:
            return CharterOutcome.ESCALATED
        return CharterOutcome.WARNED if self.warnings else CharterOutcome.CLEAN

    def quotations(self, among: tuple[Breach, ...] | None = None) -> list[str]:
        """Return each breach as the charter answers it, in the reader's language."""
        if self.version is None:
            return []
        return [
            words.quotation(breach, version=self.version.number, currency=self.currency)
            for breach in (self.breaches if among is None else among)
        ]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a proposal is about, and the request or order it stands in; a prospect has a name and no customer."""

    customer: Customer | None = None
    subject: str = ""
    object_id: UUID | None = None


class CharterRefused(Refused):
    """An article of the charter refuses the proposal; the message quotes it."""

    code: ClassVar[str] = "charter_refused"

    def __init__(
        self, verdict: Verdict, proposal: Proposal, asked: Asked, *, actor: Actor, today: date
    ) -> None:
        """Quote every article that refuses, with the figures and the way out."""
        number = verdict.version.number if verdict.version else 0
        super().__init__(
            "\n".join(verdict.quotations(verdict.refusals)),
            version=number,
            articles=[_as_json(breach, verdict.currency) for breach in verdict.refusals],
        )
        self.verdict = verdict
        self._trace = (proposal, asked, actor, today)

    def keep_trace(self) -> None:
        """Keep the refused attempt, once the transaction it was refused in is gone."""
        proposal, asked, actor, today = self._trace
        _keep(self.verdict, proposal, asked, actor=actor, today=today)


class GrantRefused(Refused):
    """What is outside the charter cannot be granted so."""

    code: ClassVar[str] = "charter_grant_refused"


def judge(proposal: Proposal, *, today: date) -> Verdict:
    """Return what the charter in force on `today` says of `proposal`; nothing is written."""
    version = version_in_force(today)
    home, rates = home_and_rates(today)
    if version is None:
        return Verdict(None, home)
    converted = replace(proposal, rate=rates.get(proposal.currency))
    return Verdict(version, home, tuple(breaches(converted, version.as_articles())))


def refuse_breaches(
    proposal: Proposal, *, actor: Actor, today: date, asked: Asked | None = None
) -> Verdict:
    """Return what the charter says of a proposal being made, and keep it. Raises CharterRefused, quoting the articles.

    A caller that catches the refusal instead of letting it rise calls `note_refusal` after its rollback.
    """
    verdict = judge(proposal, today=today)
    whom = asked or Asked()
    if verdict.refusals:
        raise CharterRefused(verdict, proposal, whom, actor=actor, today=today)
    _keep(verdict, proposal, whom, actor=actor, today=today)
    return verdict


def escalations(proposal: Proposal, *, today: date) -> tuple[Breach, ...]:
    """Return the articles that ask for a higher decision about `proposal`, those that cannot be judged included."""
    return judge(proposal, today=today).escalations


def note_refusal(refused: CharterRefused) -> None:
    """Keep the trace of a refusal that a form caught and shows by itself."""
    refused.keep_trace()


def grant_anyway(*, object_id: UUID, reason: str, actor: Actor, today: date) -> int:
    """Note that what the charter sent to a higher decision was granted all the same, by `actor` and why.

    `object_id` is the request or order; returns how many judgements of it were open, 0 when it was within the
    charter. Raises GrantRefused without a reason, by a machine (S12), or by whoever proposed it (S1).
    """
    waiting = CharterJudgement.objects.select_for_update().filter(
        object_id=object_id, outcome=CharterOutcome.ESCALATED
    )
    rows = list(waiting)
    if not rows:
        return 0
    _refuse_grant(rows, reason, actor)
    for row in rows:
        row.outcome = CharterOutcome.GRANTED
        row.granted_by_id = actor.membership_id
        row.granted_day = today
        row.reason = reason.strip()[:LONGEST_REASON]
        row.save()
        audit.record(
            actor=actor,
            action="credit.grant_outside_charter",
            object_kind="charter_judgement",
            object_id=row.pk,
            request=str(object_id),
            articles=list(row.breaches.values_list("article_number", flat=True)),
        )
    return len(rows)


def _refuse_grant(rows: list[CharterJudgement], reason: str, actor: Actor) -> None:
    if actor.kind != "person" or actor.membership_id is None:
        raise GrantRefused(
            _("What is outside the charter is granted by a person, never by a machine (S12).")
        )
    if any(row.proposed_by_id == actor.membership_id for row in rows):
        raise GrantRefused(
            _("You proposed this yourself: another person grants what is outside the charter (S1).")
        ).by_another()
    if not reason.strip():
        raise GrantRefused(
            _(
                "Say why it is granted outside the charter: the reason stands on the compliance page."
            )
        )


def _keep(
    verdict: Verdict, proposal: Proposal, asked: Asked, *, actor: Actor, today: date
) -> CharterJudgement | None:
    """Store a judgement with its breaches; nothing where there is no charter."""
    if verdict.version is None:
        return None
    row = CharterJudgement.objects.create(
        version=verdict.version,
        kind=proposal.kind.value,
        outcome=verdict.outcome,
        day=today,
        customer=asked.customer,
        subject=asked.subject[:250],
        object_id=asked.object_id,
        proposed_by_id=actor.membership_id,
    )
    CharterBreach.objects.bulk_create(
        CharterBreach(
            judgement=row,
            article_number=breach.article.number,
            check_code=breach.article.check.value,
            effect=breach.effect.value,
            figures=plain(breach.figures),
            missing=[fact.value for fact in breach.missing],
        )
        for breach in verdict.breaches
    )
    if verdict.refusals and actor.kind == "person" and actor.membership_id is not None:
        tell_lesson(
            Membership.objects.get(pk=actor.membership_id),
            LessonCode.CHARTER_REFUSED,
            object_id=row.pk,
            customer=asked.customer,
            now=datetime.combine(today, time(12), UTC),
        )
    if verdict.breaches:
        audit.record(
            actor=actor,
            action="credit.break_charter",
            object_kind="charter_judgement",
            object_id=row.pk,
            outcome=verdict.outcome.value,
            version=verdict.version.number,
            articles=[breach.article.number for breach in verdict.breaches],
        )
    return row


def plain(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures as plain JSON; amounts and shares as text, so that nothing is rounded."""
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in figures.items()
    }


def stored_breach(row: CharterBreach, version: CharterVersion) -> Breach | None:
    """Return a stored breach as the value its words are made from; None when its article is gone."""
    article = next((one for one in version.as_articles() if one.number == row.article_number), None)
    if article is None:
        return None
    return Breach(article, row.figures, tuple(Fact(name) for name in row.missing))


def _as_json(breach: Breach, currency: str) -> dict[str, Any]:
    article = words.read(breach.article, currency)
    return {
        "number": article.number,
        "check": article.check,
        "title": article.title,
        "text": article.text,
        "figures": plain(breach.figures),
        "missing": [fact.value for fact in breach.missing],
        "way_out": words.way_out(breach),
    }
