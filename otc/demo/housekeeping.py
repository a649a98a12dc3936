"""What a demo tenant's credit manager looks after besides the chase: closed days, and remainders to write off."""

from datetime import date, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from dunning.services.closures import close_days
from dunning.services.residuals import propose_residuals
from kernel.permissions import Actor

DECEMBER, LAST_WEEK = 12, 24


def keep_house(*, language: str, actor: Actor, today: date) -> None:
    """Close the last week of the year, and propose what remainders there are."""
    first = date(today.year, DECEMBER, LAST_WEEK)
    with translation.override(language):
        name = _("Closed between the years")
    close_days(first_date=first, last_date=first + timedelta(days=7), name=name, actor=actor)
    propose_residuals(today=today)
