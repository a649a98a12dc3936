"""What indicators are called, how their formulas read, and what their flags and steps say, for pages and files."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext


@dataclass(frozen=True, slots=True)
class MetricWords:
    """An indicator in words: `slug` is its address, `is_low_better` says which way is good; None is neither."""

    name: str
    slug: str
    label: Any
    formula: Any
    is_low_better: bool | None = None


METRICS = {
    words.name: words
    for words in (
        MetricWords(
            "dso_count_back_days",
            "dso",
            gettext_lazy("DSO"),
            gettext_lazy(
                "Receivables are set against the sales of each month, newest first, until they are used up."
            ),
            is_low_better=True,
        ),
        MetricWords(
            "bpdso_count_back_days",
            "bpdso",
            gettext_lazy("Best possible DSO"),
            gettext_lazy(
                "The same count with the amounts not yet due alone: the DSO if nobody paid late."
            ),
            is_low_better=True,
        ),
        MetricWords(
            "overdue_dso_days",
            "overdue-dso",
            gettext_lazy("Days lost to lateness"),
            gettext_lazy("DSO less best possible DSO."),
            is_low_better=True,
        ),
        MetricWords(
            "overdue_rate",
            "overdue-rate",
            gettext_lazy("Overdue rate"),
            gettext_lazy("Overdue divided by open items; unallocated cash is shown apart."),
            is_low_better=True,
        ),
        MetricWords(
            "receivables",
            "receivables",
            gettext_lazy("Receivables"),
            gettext_lazy("Open items less what is not allocated, tax included."),
        ),
        MetricWords(
            "overdue",
            "overdue",
            gettext_lazy("Overdue"),
            gettext_lazy("Open items past their due date; due today is not late."),
            is_low_better=True,
        ),
        MetricWords(
            "average_days_late_6m",
            "days-late",
            gettext_lazy("Average lateness of payments"),
            gettext_lazy(
                "Days after the due date of what was paid in six months, weighted by amount."
            ),
            is_low_better=True,
        ),
        MetricWords(
            "average_age_of_overdue_days",
            "overdue-age",
            gettext_lazy("Age of the overdue"),
            gettext_lazy("Days late of open overdue items, weighted by amount."),
            is_low_better=True,
        ),
        MetricWords(
            "dso_balance_3m_days",
            "dso-3-months",
            gettext_lazy("DSO over three months"),
            gettext_lazy("Receivables divided by the sales of three months, times their days."),
            is_low_better=True,
        ),
        MetricWords(
            "dso_balance_12m_days",
            "dso-12-months",
            gettext_lazy("DSO over twelve months"),
            gettext_lazy("Receivables divided by the sales of twelve months, times their days."),
            is_low_better=True,
        ),
        MetricWords(
            "overdue_rate_recoverable",
            "recoverable-rate",
            gettext_lazy("Overdue rate without disputes"),
            gettext_lazy("Overdue less disputed, divided by open items."),
            is_low_better=True,
        ),
        MetricWords(
            "overdue_rate_net",
            "overdue-rate-net",
            gettext_lazy("Overdue rate, net"),
            gettext_lazy("Overdue less unallocated cash, divided by receivables."),
            is_low_better=True,
        ),
        MetricWords(
            "overdue_over_60_rate",
            "over-60-rate",
            gettext_lazy("Share more than 60 days late"),
            gettext_lazy("Open items more than 60 days late divided by open items."),
            is_low_better=True,
        ),
        MetricWords(
            "cei_month",
            "cei",
            gettext_lazy("Collection effectiveness"),
            gettext_lazy("What was collected of what could be collected since the last month-end."),
            is_low_better=False,
        ),
        MetricWords(
            "recovery_rate_month",
            "recovery-rate",
            gettext_lazy("Recovery rate of the month"),
            gettext_lazy(
                "Cash on lines overdue on day 1 or falling due, divided by those lines less credit notes."
            ),
            is_low_better=False,
        ),
        MetricWords(
            "dispute_rate",
            "disputes",
            gettext_lazy("Disputed share"),
            gettext_lazy("Disputed amounts of open items divided by open items."),
            is_low_better=True,
        ),
        MetricWords(
            "top_10_share",
            "concentration",
            gettext_lazy("Share of the ten largest debtors"),
            gettext_lazy("Open items of the ten largest groups divided by all open items."),
            is_low_better=True,
        ),
    )
}
_NAME = re.compile("[a-z0-9_]*[a-z_][a-z0-9_]*")
BY_SLUG = {words.slug: words for words in METRICS.values()}

# The row of tiles on every page of indicators, in the order in which they are read.
TILES = (
    "dso_count_back_days",
    "bpdso_count_back_days",
    "overdue_rate",
    "overdue",
    "average_days_late_6m",
)


def flag_sentence(flag: str) -> str:
    """Return why a figure is missing, and what would change that."""
    word, _colon, detail = flag.partition(":")
    sentences = {
        "sales_history_too_short": _(
            "Sales do not go back far enough for this figure. Import earlier months."
        ),
        "no_sales_in_period": _(
            "Nothing was sold in the period, so there is nothing to divide by."
        ),
        "month_without_sales": _("A month without net sales counts with all its days."),
        "no_open_items": _("Nothing is open."),
        "nothing_overdue": _("Nothing is overdue."),
        "too_few_paid_invoices": _("Fewer than three invoices were paid in six months."),
        "nothing_to_collect": _("Nothing could be collected in the period."),
        "nothing_closed": _("No dispute was closed in the period."),
        "rate_missing": _("There is no exchange rate for %(currency)s on this day. Enter one.")
        % {"currency": detail},
    }
    return sentences.get(word, flag)


def step_sentence(key: str) -> str:
    """Return what a step of a calculation does, in words."""
    sentences = {
        "count_back_whole_month": _("The month uses up its sales: all its days count"),
        "count_back_last_month": _("The rest is a part of this month's sales"),
        "count_back_month_without_sales": _(
            "A month without sales: its days count, nothing is used up"
        ),
        "nothing_owed": _("Nothing is owed"),
        "dso_balance": _("Receivables in days of sales"),
        "overdue_dso": _("DSO less best possible DSO"),
        "disputed_dso": _("DSO less DSO without disputes"),
        "overdue_rate": _("Overdue divided by open items"),
        "overdue_rate_net": _("Overdue less unallocated cash, divided by receivables"),
        "overdue_rate_recoverable": _("Overdue less disputed, divided by open items"),
        "overdue_rate_by_count": _("Overdue lines divided by open lines"),
        "overdue_over_60_rate": _("More than 60 days late divided by open items"),
        "average_days_late": _("Amounts times days late, divided by the amounts"),
        "average_age_of_overdue": _("Overdue amounts times days late, divided by the overdue"),
        "collection_effectiveness": _("Collected divided by what could be collected"),
        "recovery_rate": _("Cash received divided by what could be collected"),
        "net_collectable": _("What could be collected, less credit notes"),
        "dispute_rate": _("Disputed divided by open items"),
        "new_dispute_rate": _("Newly disputed divided by invoiced"),
        "top_10_share": _("The ten largest divided by the total"),
        "hhi": _("Sum of the squared shares"),
        "effective_debtors": _("One divided by the sum of the squared shares"),
        "value_of_one_day": _("Sales of twelve months divided by 365"),
        "receivables": _("Columns of the aged balance added up"),
        "open_items": _("Not yet due and overdue added up"),
    }
    return sentences.get(key, key.replace("_", " "))


def number_name(name: str) -> str:
    """Return what a number of a formula is, in words."""
    names = {
        "rest": _("left to use up"),
        "sales": _("sales"),
        "days": _("days"),
        "receivables": _("receivables"),
        "whole": _("the whole"),
        "part": _("the part"),
        "overdue": _("overdue"),
        "open_items": _("open items"),
        "unallocated": _("unallocated"),
        "disputed": _("disputed"),
        "disputed_overdue": _("disputed and overdue"),
        "over_60": _("more than 60 days late"),
        "not_due": _("not yet due"),
        "opening_receivables": _("receivables at the last month-end"),
        "closing_receivables": _("receivables now"),
        "closing_not_due": _("not yet due now"),
        "collected": _("cash received"),
        "collectable": _("collectable"),
        "net_collectable": _("collectable less credit notes"),
        "credited": _("credit notes"),
        "amount": _("amount paid"),
        "amount_times_days": _("amounts times days"),
        "invoiced": _("invoiced"),
        "newly_disputed": _("newly disputed"),
        "open_lines": _("open lines"),
        "overdue_lines": _("overdue lines"),
        "top": _("ten largest"),
        "total": _("total"),
    }
    return names.get(name) or bucket_labels().get(name) or name.replace("_", " ")


def formula_sentence(formula: str) -> str:
    """Return a formula with its numbers called as pages call them: "rest / sales * days" in the reader's words."""
    for typed, printed in (("*", "×"), (" - ", " − "), (" / ", " ÷ ")):
        formula = formula.replace(typed, printed)
    return _NAME.sub(lambda found: number_name(found.group(0)), formula)


def bucket_labels() -> dict[str, str]:
    """Return the columns of the aged balance, as pages call them."""
    return {
        "not_due": pgettext("bucket", "Not yet due"),
        "1_30": _("1–30 days"),
        "31_60": _("31–60 days"),
        "61_90": _("61–90 days"),
        "91_plus": _("Over 90 days"),
        "unallocated": pgettext("bucket", "Unallocated"),
    }
