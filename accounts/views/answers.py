"""What several pages of accounts share: trying a service for a form, and going where a form asks to go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.core.paginator import Page
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from kernel.errors import Refused

T = TypeVar("T")
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a list stands, as templates/components/pager.html asks for it."""

    first: int
    last: int
    count: int
    has_previous: bool
    has_next: bool
    previous_number: int
    next_number: int

    @classmethod
    def of(cls, page: Page[Any]) -> "Stand":
        """Return where Django's page stands in its list."""
        return cls(
            first=page.start_index(),
            last=page.end_index(),
            count=page.paginator.count,
            has_previous=page.has_previous(),
            has_next=page.has_next(),
            previous_number=page.number - 1,
            next_number=page.number + 1,
        )


def tried(form: forms.Form, act: Callable[[], T]) -> T | None:
    """Return what `act` returns; None when it was refused, with the sentence above the form and nothing written."""
    try:
        with transaction.atomic():
            return act()
    except Refused as refused:
        form.add_error(None, refused.message)
        return None


def status_of(form: forms.Form) -> int:
    """Return 422 for a form that is shown again with what has to be corrected, else 200."""
    return UNPROCESSABLE if form.is_bound and form.errors else 200


def back_to(request: HttpRequest, default: str) -> HttpResponseRedirect:
    """Go to the page of ours that the field `next` names, else to `default`."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(wanted if is_ours else default)


def done(request: HttpRequest, default: str) -> HttpResponse:
    """Answer a form that a script posts behind the page with nothing, and a person with the page he came from."""
    if request.headers.get("X-Requested-With") or request.headers.get("Sec-Fetch-Mode") == "cors":
        return HttpResponse(status=204)
    return back_to(request, default)
