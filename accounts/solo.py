"""The edge of solo mode: keep what needed another person, and do it once the representative's mailbox said so."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve
from django.utils import timezone

from accounts.models import SoloAct, Tenant
from accounts.services import solo as services
from kernel.errors import Refused
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope

LEFT_OUT = frozenset({"csrfmiddlewaretoken"})
OK_BELOW = 400


def keep_for_representative(request: HttpRequest, refused: Refused) -> HttpResponse | None:
    """Keep a posted act for the legal representative and say so; None where nobody is named."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        for value in values
        if name not in LEFT_OUT
    ]
    with tenant_scope(actor.tenant_id):
        act = services.keep_act(
            refused=refused,
            path=request.get_full_path(),
            fields=fields,
            actor=actor,
            tenant=Tenant.objects.get(pk=actor.tenant_id),
            now=timezone.now(),
        )
        if act is None:
            return None
        context = {"act": act, "representative": act.representative, "refused": refused}
        return render(request, "accounts/solo_kept.html", context, status=202)


def do_confirmed(request: HttpRequest, act: SoloAct, seat: Actor, tenant: Tenant) -> str:
    """Do what was kept, as it was posted, by the representative's seat; return the problem, empty when it is done."""
    inner: Any = request
    path, _mark, query = act.path.partition("?")
    match = resolve(path)
    inner.actor, inner.tenant, inner.seats = seat, tenant, []
    inner.user = act.asked_by.user  # for the frame of a page nobody sees; nobody is signed in
    inner.path = inner.path_info = path
    inner.GET = QueryDict(query)
    inner.POST = QueryDict(urlencode([(name, value) for name, value in act.fields]))
    inner.resolver_match = match
    answer = match.func(inner, *match.args, **match.kwargs)
    return "" if answer.status_code < OK_BELOW else f"HTTP {answer.status_code}"
