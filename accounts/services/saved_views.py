"""Keeping a list's filter under a name."""

from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import SavedView
from kernel.errors import Refused
from kernel.permissions import Actor

MOST_PER_LIST = 20


class SavedViewRefused(Refused):
    """The view has no name, or there are too many."""

    code: ClassVar[str] = "saved_view_refused"


def save_view(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep `query` (a query string without `?`) of the list `page` under `name`; the same name replaces it."""
    name = name.strip()[:60]
    if not name or actor.membership_id is None:
        raise SavedViewRefused(_("Give the view a name, so that you find it again."))
    known = SavedView.objects.filter(membership=actor.membership_id, page=page)
    if known.exclude(name=name).count() >= MOST_PER_LIST:
        raise SavedViewRefused(
            _("This list has %(count)d saved views already. Remove one before you save another.")
            % {"count": MOST_PER_LIST}
        )
    view, _is_new = SavedView.objects.update_or_create(
        membership_id=actor.membership_id, page=page, name=name, defaults={"query": query[:1000]}
    )
    return view
