"""What colleagues are told by mail, by code; the facts come from the row of the notice."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from credit.committee_words import RESULTS
from credit.models import Measure, StepKind, TaskKind
from credit.rules.committee import Result
from credit.services.vote_links import vote_url
from kernel import formats
from kernel.money import Money

# Each code: the subject, then the text. Other parts of credit add theirs here.
TEXTS: MappingProxyType[str, tuple[Any, Any]] = MappingProxyType(
    {
        "assigned": (
            _("%(step)s for you: %(number)s, %(customer)s"),
            _(
                "Request %(number)s for %(customer)s, %(amount)s, waits for you: %(step)s, before %(due)s."
            ),
        ),
        "reminder": (
            _("Soon due: %(number)s, %(customer)s"),
            _(
                "Request %(number)s for %(customer)s, %(amount)s, still waits for you: %(step)s, before %(due)s."
            ),
        ),
        "escalated": (
            _("Late, passed on to you: %(number)s, %(customer)s"),
            _(
                "Request %(number)s for %(customer)s, %(amount)s, should have been handled before %(due)s: %(step)s. "
                "It is now yours too."
            ),
        ),
        "question": (
            _("A question about %(number)s, %(customer)s"),
            _("%(author)s asks about request %(number)s for %(customer)s: “%(words)s”"),
        ),
        "answer": (
            _("An answer about %(number)s, %(customer)s"),
            _("%(author)s answers about request %(number)s for %(customer)s: “%(words)s”"),
        ),
        "granted": (
            _("Granted: %(number)s, %(customer)s"),
            _("%(author)s granted %(amount)s to %(customer)s (%(number)s). %(words)s"),
        ),
        "refused": (
            _("Refused: %(number)s, %(customer)s"),
            _("%(author)s refused request %(number)s for %(customer)s. %(words)s"),
        ),
        "undone": (
            _("Decision taken back: %(number)s, %(customer)s"),
            _(
                "%(author)s took back the decision about %(number)s, %(customer)s. It waits to be decided again."
            ),
        ),
        "lapsed": (
            _("Lapsed: %(number)s, %(customer)s"),
            _(
                "Request %(number)s for %(customer)s lapsed: a question about it stayed without an answer."
            ),
        ),
        "charter_to_sign": (
            _("Credit charter: version %(version)s to sign"),
            _(
                "Version %(version)s of our credit charter waits for your signature. Read it, then sign it: every "
                "colleague signs for himself."
            ),
        ),
        "limit_expires": (
            _("A limit ends: %(customer)s"),
            _("The limit of %(customer)s, %(amount)s, ends on %(day)s."),
        ),
        "hold_announced": (
            _("Soon on hold: %(customer)s"),
            _(
                "%(customer)s will be put on hold on %(falls)s. What is paid or released before keeps deliveries going."
            ),
        ),
        "hold_placed": (
            _("On hold: %(customer)s"),
            _(
                "%(customer)s is on hold since %(falls)s (order: %(order)s). A release can be asked for."
            ),
        ),
        "hold_back": (
            _("On hold again: %(customer)s"),
            _("The release of %(customer)s ended (order: %(order)s): the hold is back."),
        ),
        "cover_lowered": (
            _("Cover lowered: %(customer)s"),
            _(
                "%(insurer)s lowered its cover of %(customer)s from %(before)s to %(after)s (policy %(policy)s). See "
                "what is delivered and ordered before more leaves."
            ),
        ),
        "cover_stopped": (
            _("No longer covered: %(customer)s"),
            _(
                "Since %(day)s, deliveries to %(customer)s are no longer covered by %(insurer)s: invoice %(invoice)s "
                "passed its days. Orders are answered as the policy says."
            ),
        ),
        "release_asked": (
            _("A release waits for you: %(customer)s"),
            _("%(author)s asks to release %(customer)s (order: %(order)s): “%(words)s”"),
        ),
        "release_granted": (
            _("Released: %(customer)s"),
            _("%(author)s released %(customer)s (order: %(order)s) until %(day)s. %(words)s"),
        ),
        "committee_invitation": (
            _("%(committee)s: your vote before %(closes)s"),
            _(
                "%(committee)s meets on %(meets)s (place: %(place)s). Seat of %(seat)s. Votes close on %(closes)s.\n\n"
                "%(agenda)s\n\n"
                "Each address is yours alone and serves once; opening it votes nothing. Please do not pass this on."
            ),
        ),
        "committee_reminder": (
            _("%(committee)s: a vote is missing, closing on %(closes)s"),
            _(
                "The seat of %(seat)s has not voted on these files. Votes close on %(closes)s.\n\n%(agenda)s\n\n"
                "Each address is yours alone and serves once; opening it votes nothing. Please do not pass this on."
            ),
        ),
        "committee_result": (
            _("Committee: %(number)s, %(customer)s"),
            _("The committee decided about %(customer)s (%(number)s). %(result)s. %(words)s"),
        ),
        "committee_no_consensus": (
            _("No consensus: %(number)s, %(customer)s"),
            _(
                "The committee found no consensus about %(customer)s (%(number)s): %(director)s arbitrates. %(words)s"
            ),
        ),
        "committee_task": (
            _("To do after the committee: %(customer)s"),
            _("%(task)s, %(customer)s, before %(day)s. %(words)s"),
        ),
        "watch": (
            _("Customers to look at: %(count)s"),
            _("Overnight something changed for %(count)s of the customers whose risk you own."),
        ),
        "release_refused": (
            _("Not released: %(customer)s"),
            _("%(author)s refused to release %(customer)s (order: %(order)s). %(words)s"),
        ),
    }
)


def written(code: str, facts: Mapping[str, Any], *, name: str, url: str) -> tuple[str, str]:
    """Return the subject and the body of a notice in the active language; `facts` as they were stored."""
    subject, text = TEXTS[code]
    shown = {key: _shown(value) for key, value in facts.items()}
    lines = [gettext("Hello %(name)s,") % {"name": name}, "", str(text) % shown]
    if url:
        lines += ["", url]
    return str(subject) % shown, "\n".join([*lines, "", "Échéo"])


def _shown(value: object) -> str:
    language = (get_language() or "en")[:2]
    if isinstance(value, dict):
        kind = next((kind for kind in _READ if kind in value), None)
        if kind is not None:
            return _READ[kind](value, language)
    return str(value)


def _moment(value: Mapping[str, Any], language: str) -> str:
    moment = datetime.fromisoformat(value["at"])
    return f"{formats.day(moment.date(), language)} {formats.clock(moment, language)}"


def _result(value: Mapping[str, Any], _language: str) -> str:
    upheld = value.get("upheld")
    arbitrated = Result.YES if upheld else Result.NO
    return str(RESULTS[Result(value["result"]) if upheld is None else arbitrated])


def _agenda(value: Mapping[str, Any], language: str) -> str:
    """Return the files of a session, each with the address at which the reader votes on it."""
    lines = []
    for file in value["files"]:
        amount = file["amount"]
        what = str(Measure(file["measure"]).label)
        if amount:
            shown = formats.money(Money(Decimal(amount["amount"]), amount["currency"]), language)
            what = f"{what}, {shown}"
        lines += [
            f"{file['reference']}, {file['name']}: {what}",
            vote_url(UUID(value["tenant"]), UUID(file["link"])),
        ]
    return "\n".join(lines)


# What a fact is, by the key that only its kind has.
_READ: MappingProxyType[str, Callable[[Mapping[str, Any], str], str]] = MappingProxyType(
    {
        "currency": lambda value, language: formats.money(
            Money(Decimal(value["amount"]), value["currency"]), language
        ),
        "at": _moment,
        "day": lambda value, language: formats.day(date.fromisoformat(value["day"]), language),
        "files": _agenda,
        "task": lambda value, _language: str(TaskKind(value["task"]).label),
        "result": _result,
        "step": lambda value, _language: str(value["label"] or StepKind(value["step"]).label),
    }
)
