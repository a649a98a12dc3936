"""Simulations a worker computes, in words: how far each is, how long it takes, what changed since."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.labels import event_label
from dunning import scenario_words as words
from dunning.models import Scenario, SimulationState, StoredSimulation
from dunning.queries.stored_simulations import (
    Question,
    VersionMove,
    kept_of,
    ledger_moves,
    version_moves,
    walked_days,
)
from dunning.simulation_presenting.naming import kept_name
from kernel import formats

WALKED_A_SECOND = 40_000  # days of customers, on one core: bench/simulation.py
KEPT_SHOWN = 10
HUNDRED = 100

TONES: Mapping[str, str] = {
    SimulationState.WAITING: "info",
    SimulationState.RUNNING: "info",
    SimulationState.DONE: "ok",
    SimulationState.FAILED: "late",
    SimulationState.STOPPED: "line",
}


@dataclass(frozen=True, slots=True)
class Size:
    """What a worker would compute: customers, and how long that takes about."""

    customers: int
    duration: str


def size_of(customers: int, question: Question) -> Size:
    """Return how large a question is."""
    return Size(customers, _duration(walked_days(customers, question) / WALKED_A_SECOND))


def _duration(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {
        "count": minutes
    }


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A simulation in the list of those kept."""

    stored: StoredSimulation
    title: str
    word: str
    tone: str
    who: str


def kept_rows(scenario: Scenario) -> list[KeptRow]:
    """Return the newest simulations kept of a scenario."""
    return [
        KeptRow(
            stored=each,
            title=" · ".join(kept_name(version) for version in each.versions),
            word=str(each.get_state_display()),
            tone=TONES[each.state],
            who=each.asked_by.name if each.asked_by else _("the system"),
        )
        for each in kept_of(scenario)[:KEPT_SHOWN]
    ]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a worker is, in words and for the bar, a percentage."""

    title: str
    text: str
    share: int


def progress(stored: StoredSimulation) -> Progress:
    """Return how far a computation is."""
    language = words.language()
    if stored.state == SimulationState.WAITING:
        return Progress(
            _("Waiting for its turn"),
            _("It starts within seconds, after others of your company. You need not stay here."),
            0,
        )
    share = min(99, HUNDRED * stored.walked // stored.customers) if stored.customers else 0
    text = _("%(share)s %%: customer %(walked)s of %(customers)s.") % {
        "share": share,
        "walked": formats.number(stored.walked, language),
        "customers": formats.number(stored.customers, language),
    }
    if stored.walked and stored.seconds:
        left = float(stored.seconds) / stored.walked * (stored.customers - stored.walked)
        text += " " + _("Left: %(duration)s.") % {"duration": _duration(left)}
    return Progress(_("Being computed"), text, share)


def changed_since(stored: StoredSimulation, *, now: datetime) -> list[str]:
    """Return in sentences what is different from when it was computed; nothing when it still holds."""
    said = [_moved(kept_name(version), move) for version, move in version_moves(stored)]
    if stored.ledger_sequence is not None:
        moves = ledger_moves(stored.ledger_sequence)
        if moves is not None:
            said.append(
                ngettext(
                    "The ledger changed once since, %(moment)s: %(what)s.",
                    "The ledger changed %(count)s times since, last %(moment)s: %(what)s.",
                    moves.count,
                )
                % {
                    "count": moves.count,
                    "moment": _moment(moves.last_at),
                    "what": event_label(moves.last_action),
                }
            )
    is_forecast = stored.last_day >= stored.asked_date
    if is_forecast and now - stored.asked_at > timedelta(days=1):
        said.append(
            _("It looks ahead from %(day)s, and days have passed since.")
            % {"day": formats.day(stored.asked_date, words.language())}
        )
    return said


def _moment(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{formats.day(local, words.language())} {formats.clock(local, words.language())}"


def _moved(name: str, move: VersionMove) -> str:
    return {
        VersionMove.GONE: _("%(name)s was discarded since."),
        VersionMove.ARCHIVED: _("The scenario of %(name)s was archived since."),
        VersionMove.PUBLISHED: _("%(name)s was published since."),
        VersionMove.CHANGED: _("%(name)s was changed since."),
    }[move] % {"name": name}
