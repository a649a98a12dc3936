"""Pages of an administrator about people: who works here, and with which roles."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.forms.people import GrantForm, InviteForm, ManagerForm
from accounts.models import Membership, MembershipState, RoleGrant, Scope
from accounts.queries.audit_trail import TrailFilter, audit_events
from accounts.queries.people import colleagues
from accounts.rules.scopes import ROOT
from accounts.services import invitations, members, roles
from accounts.step_up import step_up
from accounts.views.answers import Stand, status_of, tried
from accounts.views.trail import told
from kernel.http import TenantRequest, edits, reads, writes
from kernel.permissions import Verb

PEOPLE_AT_ONCE = 50
EVENTS_OF_A_PERSON = 10


@reads(permissions.MANAGE_USERS, Verb.DO)
def people(request: TenantRequest) -> HttpResponse:
    """List the colleagues with their roles."""
    state = request.GET.get("state", "")
    listed = colleagues(state=state, words=request.GET.get("q", "").strip())
    page = Paginator(listed, PEOPLE_AT_ONCE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "stand": Stand.of(page),
        "state": state,
        "states": MembershipState.choices,
    }
    return render(request, "accounts/people.html", context)


@edits(permissions.MANAGE_USERS, Verb.DO)
@step_up
def invite(request: TenantRequest) -> HttpResponse:
    """Invite a colleague with a first role."""
    form = InviteForm(request.POST or None, initial={"scope": Scope.objects.get(path=ROOT)})
    if request.method == "POST" and form.is_valid():
        invited = tried(form, lambda: _invite(request, form))
        if invited is not None:
            return redirect("people")
    return render(request, "accounts/invite.html", {"form": form}, status=status_of(form))


def _invite(request: TenantRequest, form: InviteForm) -> invitations.Invited:
    invited = invitations.invite(actor=request.actor, now=request.now, **form.cleaned_data)
    invitations.send_invitation(invited, actor=request.actor)
    _say_sent(request, invited)
    return invited


def _say_sent(request: TenantRequest, invited: invitations.Invited) -> None:
    member = invited.invitation.membership
    messages.success(request, _("The invitation to %(email)s has left.") % {"email": member.email})


@reads(permissions.MANAGE_USERS, Verb.DO)
def person(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Show one colleague: roles, manager, latest events."""
    return _person(request, get_object_or_404(Membership, pk=member_id), GrantForm())


def _person(request: TenantRequest, member: Membership, form: GrantForm) -> HttpResponse:
    grants = RoleGrant.objects.filter(membership=member).select_related("scope", "granted_by")
    events = audit_events(
        TrailFilter(object_id=str(member.pk)), time_zone=request.tenant.time_zone
    )[:EVENTS_OF_A_PERSON]
    context = {
        "member": member,
        "grants": grants.order_by("granted_at"),
        "form": form,
        "manager_form": ManagerForm(member=member),
        "events": told(list(events)),
        "is_self": member.pk == request.actor.membership_id,
    }
    return render(request, "accounts/person.html", context, status=status_of(form))


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def grant(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Give a colleague a role."""
    member = get_object_or_404(Membership, pk=member_id)
    form = GrantForm(request.POST)
    if form.is_valid():
        given = tried(
            form, lambda: roles.grant_role(member=member, actor=request.actor, **form.cleaned_data)
        )
        if given is not None:
            messages.success(
                request, _("%(name)s has the role from now on.") % {"name": member.name}
            )
            return redirect("person", member_id=member.pk)
    return _person(request, member, form)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def revoke(request: TenantRequest, member_id: UUID, grant_id: UUID) -> HttpResponse:
    """Take a role away."""
    held = get_object_or_404(
        RoleGrant.objects.select_related("membership", "scope"), pk=grant_id, membership=member_id
    )
    roles.revoke_role(grant=held, actor=request.actor)
    messages.success(request, _("The role is taken away from now on."))
    return redirect("person", member_id=member_id)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def deactivate(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Close the company to a colleague."""
    member = get_object_or_404(Membership, pk=member_id)
    members.deactivate_member(member=member, actor=request.actor, now=request.now)
    messages.success(request, _("%(name)s can no longer come in.") % {"name": member.name})
    return redirect("person", member_id=member.pk)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def reactivate(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Open the company to a colleague again."""
    member = get_object_or_404(Membership, pk=member_id)
    members.reactivate_member(member=member, actor=request.actor, now=request.now)
    messages.success(request, _("%(name)s can come in again.") % {"name": member.name})
    return redirect("person", member_id=member.pk)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def invite_again(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Send a new invitation; links sent before stop working."""
    member = get_object_or_404(Membership, pk=member_id, state=MembershipState.INVITED)
    invited = invitations.invite_again(member=member, actor=request.actor, now=request.now)
    invitations.send_invitation(invited, actor=request.actor)
    _say_sent(request, invited)
    return redirect("person", member_id=member.pk)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def change_manager(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Say whose team a colleague is in."""
    member = get_object_or_404(Membership, pk=member_id)
    form = ManagerForm(request.POST, member=member)
    if form.is_valid():
        members.set_manager(
            member=member, manager=form.cleaned_data["manager"], actor=request.actor
        )
        messages.success(request, _("The team of %(name)s is saved.") % {"name": member.name})
    return redirect("person", member_id=member.pk)
