"""The mails about a question to sales: asked, answered, late, come back without an answer (R24)."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership
from dunning.models import FollowUp, SideMailKind
from dunning.services.side_mails import language_of, tell_member


def write_of_question(question: FollowUp, *, now: datetime) -> None:
    """Tell the representative what is asked of him."""
    person = question.owner
    if person is None:
        return
    with language_of(person):
        facts = _facts(question, person)
        subject = _("%(customer)s: a question to you") % facts
        text = (
            _(
                "Hello %(name)s,\n\n%(asker)s asks about %(customer)s:\n\n“%(words)s”\n\n"
                "You have 48 hours; then your manager gets the question. Answer: %(url)s"
            )
            % facts
        )
    _write(question, person, SideMailKind.QUESTION, subject, text, now=now)


def write_of_lateness(question: FollowUp, *, now: datetime) -> None:
    """Tell the manager what his representative did not answer."""
    person = question.escalated_to
    if person is None:
        return
    with language_of(person):
        facts = _facts(question, person)
        subject = _("%(customer)s: a question your team has not answered") % facts
        text = (
            _(
                "Hello %(name)s,\n\n%(rep)s was asked about %(customer)s and has not answered within 48 hours:\n\n"
                "“%(words)s”\n\nYou have 24 hours; then the question goes back to %(asker)s. Answer: %(url)s"
            )
            % facts
        )
    _write(question, person, SideMailKind.QUESTION_LATE, subject, text, now=now)


def write_of_return(question: FollowUp, *, now: datetime) -> None:
    """Tell whoever asked, or else chases the customer, that no answer came."""
    person = question.opened_by or question.customer.collector
    if person is None:
        return
    with language_of(person):
        facts = _facts(question, person) | {"url": f"{settings.OTC_PUBLIC_URL}{reverse('agenda')}"}
        subject = _("%(customer)s: sales did not answer") % facts
        text = (
            _(
                "Hello %(name)s,\n\nnobody in sales answered your question about %(customer)s:\n\n“%(words)s”\n\n"
                "It is yours again: %(url)s"
            )
            % facts
        )
    _write(question, person, SideMailKind.QUESTION_BACK, subject, text, now=now)


def write_of_answer(question: FollowUp, *, now: datetime) -> None:
    """Tell whoever asked what sales answered."""
    person = question.opened_by
    if person is None:
        return
    with language_of(person):
        facts = _facts(question, person) | {
            "answer": question.answer,
            "answerer": question.closed_by.name if question.closed_by else "",
        }
        subject = _("%(customer)s: sales answered") % facts
        text = (
            _(
                "Hello %(name)s,\n\nyou asked about %(customer)s:\n\n“%(words)s”\n\n"
                "%(answerer)s answers:\n\n“%(answer)s”"
            )
            % facts
        )
    _write(question, person, SideMailKind.ANSWER, subject, text, now=now)


def _facts(question: FollowUp, person: Membership) -> dict[str, str]:
    return {
        "name": person.name,
        "asker": question.opened_by.name if question.opened_by else "",
        "rep": question.owner.name if question.owner else "",
        "customer": question.customer.name,
        "words": question.words,
        "url": f"{settings.OTC_PUBLIC_URL}{reverse('questions')}",
    }


def _write(
    question: FollowUp,
    person: Membership,
    kind: SideMailKind,
    subject: str,
    text: str,
    *,
    now: datetime,
) -> None:
    tell_member(
        member=person,
        kind=kind,
        key=f"{kind}:{question.pk}",
        customer=question.customer_id,
        object_id=question.pk,
        subject=subject,
        text=text,
        now=now,
    )
