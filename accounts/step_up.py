"""Proving again who you are before something grave: rows 6-9, 25, 29-31 and 33 of the matrix (RELIABILITY D20)."""

import time
from functools import wraps
from typing import Any, ParamSpec, cast
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from kernel.http import TenantRequest, View

P = ParamSpec("P")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_fresh(request: HttpRequest) -> bool:
    """Return whether the person proved who he is within the last five minutes, by signing in or again since."""
    actor: Any = getattr(request, "actor", None)
    if actor is not None and actor.is_single_control:
        return True  # he proved it when he asked; since then a mailbox has spoken (S14)
    user: Any = request.user
    records = get_authentication_records(request, user)
    newest = max((float(record["at"]) for record in records), default=0.0)
    return time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def step_up(view: View[P]) -> View[P]:
    """Ask for the password or second factor again before `view` changes anything, when the last proof is too old.

    Looking is free. The people of a demo tenant have no password to type: nothing is asked of them. A form that was
    posted too late is not replayed; the page it came from is shown again once the proof is given.
    """

    @wraps(view)
    def wrapped(request: TenantRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in SAFE or request.tenant.is_demo or is_fresh(request):
            return view(request, *args, **kwargs)
        return ask_again(request)

    return cast("View[P]", wrapped)


def ask_again(request: HttpRequest) -> HttpResponseRedirect:
    """Send to the page that asks for the password or second factor, and from there back.

    Somebody who has neither sets a password first.
    """
    if not get_reauthentication_flows(request.user):
        return redirect("account_set_password")
    back = urlencode({"next": _came_from(request)})
    return redirect(f"{reverse('account_reauthenticate')}?{back}")


def _came_from(request: HttpRequest) -> str:
    """Return the path of the page that held the form; `/me` when the browser does not say."""
    referer = request.headers.get("referer", "")
    own = f"{request.scheme}://{request.get_host()}"
    return referer.removeprefix(own) if referer.startswith(f"{own}/") else "/me"
