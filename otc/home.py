"""The front door: each person goes to the home page of his role (DESIGN 2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kernel.http import public
from otc import roles

# The page a role lands on; the first role in this order decides for a person who holds several.
LANDING = {
    roles.CREDIT_MANAGER: "/home",
    roles.COLLECTOR: "/agenda",
    roles.CREDIT_ANALYST: "/customers",
    roles.CASH_ACCOUNTANT: "/imports",
    roles.SALES_DIRECTOR: "/kpi/dso",
    roles.SALES_REP: "/home",
    roles.EXECUTIVE: "/kpi/dso",
    roles.DISPUTE_RESOLVER: "/customers",
    roles.AGENCY: "/customers",
    roles.TENANT_ADMIN: "/admin",
}


@public
def front_door(request: HttpRequest) -> HttpResponse:
    """Send a signed-in person to the home page of his role, and everybody else to the sign-in page."""
    if not request.user.is_authenticated:
        return redirect("/login")
    actor = getattr(request, "actor", None)
    if actor is None:
        return render(request, "accounts/no_tenant.html", status=403)
    return redirect(next((url for role, url in LANDING.items() if role in actor.roles), "/me"))
