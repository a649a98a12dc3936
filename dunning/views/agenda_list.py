"""The list of the agenda: its groups in the order of the day, every row with its reasons, and the signs of life."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from credit.permissions import HAND_OVER, SEE_OPINIONS
from dunning import agenda_presenting as presenting
from dunning.agenda_presenting import Circumstances, Row
from dunning.labels import HOLD_REASONS
from dunning.models import Reminder, Run, SendingSwitch
from dunning.queries import agenda as queries
from dunning.queries import replies as queries_of_replies
from dunning.queries.call import broken_promises, open_calls, overdue_of, tries_of
from dunning.queries.letters import BatchStanding, batch_standings, letters_to_post
from dunning.queries.priority import by_priority, priority_of, usual_amount
from dunning.rules.calls import MINUTES_PER_CALL
from dunning.rules.priority import Factor, Priority
from kernel.components import Link
from kernel.http import TenantRequest
from kernel.money import Money
from ledger.queries import home_and_rates

SHOWN_PER_GROUP = 12  # a day's work at a glance; the rest is one click away
SHOWN_AT_MOST = 500
HORIZONS = {"day": 0, "week": 7, "all": 366}  # days after today whose calls are shown

WAITING = ("tasks", "to_confirm", "letters", "replies", "troubled")
BY_PRIORITY = ("tasks", "to_confirm", "troubled")


@dataclass(frozen=True, slots=True)
class AgendaGroup:
    """A heading of the list; `count` is the whole group, of which `rows` may show the first."""

    name: str
    label: str
    rows: list[Row]
    count: int
    url: str = ""
    total: tuple[Money, ...] = ()

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.count - len(self.rows)

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a person."""
        return self.name in WAITING


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the list shows, and the signs of life above it."""

    groups: tuple[AgendaGroup, ...]
    steps: list[queries.StepToConfirm]
    held_back: tuple[tuple[str, int], ...]
    pulse: queries.Pulse
    held_run: Run | None
    stop: SendingSwitch | None
    views: list[Link]
    calls: int
    home: str
    rates: Mapping[str, Decimal]
    currencies: list[str] = field(default_factory=list)

    @property
    def waiting(self) -> list[Row]:
        """Return the shown rows that wait for a person, in order."""
        return [row for group in self.groups if group.is_waiting for row in group.rows]

    @property
    def waiting_count(self) -> int:
        """Return how much waits for a person, shown or not."""
        return sum(group.count for group in self.groups if group.is_waiting)

    @property
    def done_count(self) -> int:
        """Return how much was done today."""
        return sum(group.count for group in self.groups if group.name == "done")

    @property
    def whole_count(self) -> int:
        """Return the day's work, done and to do."""
        return self.waiting_count + self.done_count

    @property
    def done_share(self) -> str:
        """Return the share done as the width of a bar."""
        share = 100 * self.done_count / self.whole_count if self.whole_count else 0
        return f"{share:.1f}%"

    @property
    def hours_left(self) -> int:
        """Return the whole hours the calls still take."""
        return self.calls * MINUTES_PER_CALL // 60

    @property
    def minutes_left(self) -> int:
        """Return the minutes beyond those hours."""
        return self.calls * MINUTES_PER_CALL % 60

    @property
    def seen_to_confirm(self) -> str:
        """Return what is to confirm as it is shown, so that a yes to all holds for nothing else."""
        totals: dict[str, Decimal] = {}
        for step in self.steps:
            for each in step.totals:
                totals[each.currency] = totals.get(each.currency, Decimal(0)) + each.amount
        amounts = [Money(amount, currency) for currency, amount in sorted(totals.items())]
        return queries.seen_of(sum(step.count for step in self.steps), amounts)


def agenda_of(request: TenantRequest) -> Agenda:
    """Return the agenda of the person who asks."""
    return _Reader(request).agenda()


class _Reader:
    """Reads the groups of one request: a fixed number of questions, whatever the number of rows."""

    def __init__(self, request: TenantRequest) -> None:
        self.request = request
        self.actor = request.actor
        self.today = request.today
        self.zone = ZoneInfo(request.tenant.time_zone)
        self.view = request.GET.get("view", "")
        if self.view not in HORIZONS:
            self.view = "all" if request.GET.get("all") else "day"
        self.at_most = SHOWN_AT_MOST if self.view == "all" else SHOWN_PER_GROUP
        self.sees_opinions = self.actor.can(SEE_OPINIONS)
        self.home, self.rates = home_and_rates(self.today)

    def agenda(self) -> Agenda:
        """Return everything."""
        actor, today = self.actor, self.today
        lists = {
            "tasks": queries.tasks_of_people(actor),
            "to_confirm": queries.to_confirm(actor),
            "troubled": queries.troubled(actor, today=today),
            "letters": self._letters(),
            "held": queries.held(actor),
            "leaving": queries.leaving(actor),
            "done": queries.done_on(actor, day=today),
        }
        groups = self._groups(lists)
        steps = queries.steps_to_confirm(actor)
        reasons = Counter(queries.held_back(actor).order_by().values_list("reason", flat=True))
        return Agenda(
            groups=tuple(group for group in groups if group.count),
            steps=steps,
            held_back=tuple(
                (str(HOLD_REASONS.get(reason, reason)), count)
                for reason, count in reasons.most_common()
            ),
            pulse=queries.pulse(now=self.request.now),
            held_run=queries.held_runs().first(),
            stop=SendingSwitch.objects.filter(is_stopped=True, scenario=None).first(),
            views=self._views(),
            calls=sum(1 for group in groups for row in group.rows if row.is_call),
            currencies=sorted({each.currency for step in steps for each in step.totals}),
            home=self.home,
            rates=self.rates,
        )

    def _views(self) -> list[Link]:
        labels = {"day": _("Day"), "week": _("Week"), "all": pgettext("agenda", "All")}
        return [
            Link("?" if name == "day" else f"?view={name}", label, is_current=name == self.view)
            for name, label in labels.items()
        ]

    def _groups(self, lists: Mapping[str, QuerySet[Reminder]]) -> list[AgendaGroup]:
        counts = queries.counted(lists)
        ranked = {name: by_priority(lists[name], rates=self.rates) for name in BY_PRIORITY}
        shown = {
            name: list(ranked.get(name, rows)[: self.at_most]) if counts[name] else []
            for name, rows in lists.items()
        }
        waiting = [row for name in BY_PRIORITY for row in shown[name]]
        known = Circumstances(
            usual_amount=usual_amount(ranked["tasks"] | ranked["to_confirm"])
            if waiting
            else Decimal(0),
            broken=broken_promises({row.customer_id for row in waiting}, today=self.today),
            tries=tries_of([row.pk for row in shown["tasks"]]),
            zone=self.zone,
        )
        calls = self._asked_calls()
        batches = self._batches()
        replies = queries_of_replies.replies_to_decide(self.actor)
        shown_replies = list(replies[: self.at_most])
        return [
            AgendaGroup(
                "tasks",
                _("To do"),
                calls + self._ordered(shown["tasks"], known),
                counts["tasks"] + len(calls),
            ),
            AgendaGroup(
                "to_confirm",
                _("To confirm"),
                [self._waiting(row, known, has_box=True) for row in shown["to_confirm"]],
                counts["to_confirm"],
            ),
            AgendaGroup(
                "letters",
                _("Letters to post"),
                [presenting.batch_row(each) for each in batches]
                + [presenting.plain_row(row) for row in shown["letters"]],
                counts["letters"] + len(batches),
                url=reverse("letters"),
            ),
            AgendaGroup(
                "replies",
                pgettext("agenda", "Replies"),
                [presenting.reply_row(each, zone=self.zone) for each in shown_replies],
                replies.count() if len(shown_replies) == self.at_most else len(shown_replies),
                url=reverse("replies"),
            ),
            AgendaGroup(
                "troubled",
                _("Needs a decision"),
                [presenting.plain_row(row) for row in shown["troubled"]],
                counts["troubled"],
            ),
            *(
                AgendaGroup(
                    name, label, [presenting.plain_row(row) for row in shown[name]], counts[name]
                )
                for name, label in (
                    ("held", pgettext("agenda", "Held")),
                    ("leaving", _("Leaves by itself")),
                    ("done", _("Done today")),
                )
            ),
        ]

    def _ordered(self, reminders: list[Reminder], known: Circumstances) -> list[Row]:
        """Return the tasks by priority; a call in vain waits behind the others until its next hour has come."""
        later = {
            row.pk
            for row in reminders
            if row.pk in known.tries and known.tries[row.pk].due_at > self.request.now
        }
        first = [row for row in reminders if row.pk not in later]
        then = [row for row in reminders if row.pk in later]
        return [self._waiting(row, known, has_box=False) for row in (*first, *then)]

    def _waiting(self, reminder: Reminder, known: Circumstances, *, has_box: bool) -> Row:
        found = priority_of(reminder, usual_amount=known.usual_amount)
        return presenting.waiting_row(
            reminder, known, self._shown(found), has_box=has_box, sees_opinions=self.sees_opinions
        )

    def _shown(self, found: Priority) -> Priority:
        """Return a priority without what somebody may not see of how the customer pays (row 2 of the matrix)."""
        if self.sees_opinions:
            return found
        return Priority(found.amount, found.score, found.weights, (Factor.LATENESS, Factor.AMOUNT))

    def _letters(self) -> QuerySet[Reminder]:
        """Return the letters that wait for a batch; the agency of entrusted files writes its own."""
        found = letters_to_post(self.actor, now=self.request.now)
        return found if self.actor.can(HAND_OVER) else found.none()

    def _batches(self) -> list[BatchStanding]:
        if not self.actor.can(HAND_OVER):
            return []
        return [each for each in batch_standings(self.actor) if not each.is_closed]

    def _asked_calls(self) -> list[Row]:
        """Return the calls somebody asked for, up to the horizon of the view, the soonest first."""
        last_day = self.today + timedelta(days=HORIZONS[self.view])
        last = datetime.combine(last_day, time.max, tzinfo=self.zone)
        due = [each for each in open_calls(self.actor) if each.due_at <= last]
        owed = overdue_of({each.customer_id for each in due}, today=self.today)
        return [
            presenting.follow_up_row(
                each, owed=owed.get(each.customer_id), zone=self.zone, now=self.request.now
            )
            for each in due
        ]
