"""Pages of texts: the list, one register with its languages side by side, its preview on customers, what was said."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from dunning import permissions
from dunning import template_presenting as presenting
from dunning.channels import mail_channel
from dunning.forms.templates import LanguageForm, TextForm, text_form
from dunning.messages.engine import TemplateRefused
from dunning.messages.shipped import shipped_template
from dunning.models import MessageText, RenderedMessage
from dunning.models import Register as RegisterChoice
from dunning.queries import templates as queries
from dunning.queries.sales import sends_recap
from dunning.rules.content import SHIPPED_LANGUAGES, Register
from dunning.services import template_previews as previews
from dunning.services import templates as services
from dunning.services.promise_recaps import choose_recap
from dunning.services.template_previews import SHOWN
from dunning.template_words import LANGUAGES, PURPOSES, language_name
from dunning.views.scenarios import status_of, tried
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb
from ledger.models import Customer

proposes = writes(permissions.WRITE_POLICY, Verb.PROPOSE)
decides = writes(permissions.PUBLISH_POLICY)

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""A mail brings its styles inline; in its frame it loads nothing, runs nothing, sends nothing and opens nothing."""


@reads(permissions.WRITE_POLICY)
def templates(request: TenantRequest) -> HttpResponse:
    """List what each register says in each language, and where a text is missing."""
    states = queries.text_states(Register)
    rows = [(RegisterChoice(each.value), PURPOSES[each], states[each]) for each in Register]
    context = {
        "rows": rows,
        "languages": [language_name(state.language) for state in states[Register.COURTEOUS]],
        "missing": [
            (RegisterChoice(register.value).label, language_name(state.language))
            for register, found in states.items()
            for state in found
            if state.is_missing
        ],
    }
    context["sends_recap"] = sends_recap()
    context["can_decide"] = request.actor.can(permissions.PUBLISH_POLICY)
    return render(request, "dunning/templates.html", context)


@writes(permissions.PUBLISH_POLICY)
def recap(request: TenantRequest) -> HttpResponse:
    """Choose whether the recap of a promise is sent unless somebody switches it off."""
    choose_recap(is_on=request.POST.get("recap") == "on", actor=request.actor)
    messages.success(request, _("Saved."))
    return redirect("templates")


@reads(permissions.WRITE_POLICY)
def template(request: TenantRequest, register: str) -> HttpResponse:
    """Show one register, its languages side by side."""
    return _page(request, register)


def _page(
    request: TenantRequest, register: str, *, refused: TextForm | None = None, language: str = ""
) -> HttpResponse:
    """Show a register; `refused` is the form of `language` with what has to be corrected."""
    wanted = _register(register)
    states = queries.text_states([wanted])[wanted]
    columns = [_column(request, wanted, state) for state in states]
    if refused is not None:
        columns = [
            replace(column, form=refused) if column.code == language else column
            for column in columns
        ]
    known = {state.language for state in states}
    context = {
        "register": RegisterChoice(wanted.value),
        "purpose": PURPOSES[wanted],
        "columns": columns,
        "fields": presenting.field_rows(get_language() or "en"),
        "blocks": presenting.block_rows(),
        "condition": presenting.CONDITION,
        "needed": SHOWN,
        "language_form": LanguageForm(known=known) if len(known) < len(LANGUAGES) else None,
        "registers": [(RegisterChoice(each.value), each is wanted) for each in Register],
        "can_decide": request.actor.can(permissions.PUBLISH_POLICY),
        "form": refused,
    }
    return render(request, "dunning/template.html", context, status=status_of(refused))


def _column(
    request: TenantRequest, register: Register, state: queries.TextState
) -> presenting.Column:
    draft = state.draft
    in_force = state.published.as_template() if state.published else None
    if in_force is None and state.language in SHIPPED_LANGUAGES:
        in_force = shipped_template(register, state.language)
    return presenting.Column(
        state=state,
        name=language_name(state.language),
        form=text_form(draft) if draft else None,
        seen=services.stamp(draft) if draft else "",
        is_author=draft is not None and str(request.actor.membership_id) in draft.authors,
        shown=len(draft.rendered_for) if draft else 0,
        text=in_force,
    )


@proposes
def add_language(request: TenantRequest, register: str) -> HttpResponse:
    """Open the draft of a register in the language of the form."""
    return _opened(request, register, request.POST.get("language", ""))


@proposes
def open_text(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Change a text: open its draft."""
    return _opened(request, register, language)


def _opened(request: TenantRequest, register: str, language: str) -> HttpResponse:
    draft = services.open_text(register=_register(register), language=language, actor=request.actor)
    return redirect(f"{reverse('template', args=[register])}#{draft.language}")


@proposes
def write_text(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Save what was written in the draft; what could not be sent is said at its field, with its line."""
    draft = _draft(register, language)
    form = TextForm(request.POST, language=language)
    if form.is_valid():
        kept = tried(
            form,
            lambda: services.write_text(
                draft=draft,
                values=form.as_template(),
                actor=request.actor,
                seen=request.POST.get("seen", ""),
            ),
        )
        if kept is not None:
            messages.success(
                request, _("Saved in the draft. Show it on customers before it is published.")
            )
            return redirect(f"{reverse('template', args=[register])}#{language}")
    return _page(request, register, refused=form, language=language)


@proposes
def discard_text(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Throw the draft away."""
    draft = _draft(register, language)
    services.discard_text(draft=draft, actor=request.actor, seen=request.POST.get("seen", ""))
    messages.success(request, _("The draft is discarded; what is in force stays."))
    return redirect("template", register)


@proposes
def show_text(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Show the draft on three customers: those of the form, and others that differ from them."""
    draft = _draft(register, language)
    shown = services.show_text(
        draft=draft,
        customers=_ids(request.POST.getlist("customer")),
        actor=request.actor,
        now=request.now,
    )
    address = reverse("preview_text", args=[register, language])
    chosen = [("customer", str(each.group.customer_id)) for each in shown]
    return redirect(f"{address}?{urlencode(chosen)}" if chosen else address)


@reads(permissions.WRITE_POLICY)
def preview_text(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Show the draft on the customers of the address, as each would get it."""
    draft = _draft(register, language)
    wanted = _ids(request.GET.getlist("customer"))
    refusal = ""
    shown: tuple[previews.Shown, ...] = ()
    try:
        shown = previews.shown_on(draft, actor=request.actor, now=request.now, wanted=wanted)
    except TemplateRefused as refused:
        refusal = refused.message
    rendered = set(draft.rendered_for)
    is_author = str(request.actor.membership_id) in draft.authors
    context = {
        "register": RegisterChoice(draft.register),
        "language": language,
        "language_name": language_name(language),
        "draft": draft,
        "seen": services.stamp(draft),
        "shown": shown,
        "refusal": refusal,
        "groups": previews.groups_for(draft, actor=request.actor, now=request.now)[:200],
        "is_kept": bool(shown) and {str(each.group.customer_id) for each in shown} <= rendered,
        "needed": SHOWN,
        "is_author": is_author,
        "can_publish": request.actor.can(permissions.PUBLISH_POLICY) and not is_author,
        "email": request.actor.email,
    }
    return _with_frames(render(request, "dunning/template_preview.html", context))


@xframe_options_sameorigin
@reads(permissions.WRITE_POLICY)
def preview_mail(
    request: TenantRequest, register: str, language: str, customer_id: UUID
) -> HttpResponse:
    """Give the HTML of the draft for one customer, for the frame of the preview."""
    draft = _draft(register, language)
    shown = previews.shown_to(draft, customer_id, actor=request.actor, now=request.now)
    if shown is None:
        raise Http404
    return _as_mail(shown.page)


@proposes
def send_test(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Send the draft to whoever asks, as a customer would get it, and to nobody else."""
    chosen = _ids(request.POST.getlist("customer"))
    address = previews.send_test(
        text=_draft(register, language),
        customer_id=chosen[0] if chosen else None,
        actor=request.actor,
        now=request.now,
        channel=mail_channel(),
    )
    messages.success(
        request, _("The test is on its way to %(address)s, to nobody else.") % {"address": address}
    )
    kept = urlencode([("customer", str(each)) for each in _ids(request.POST.getlist("kept"))])
    address = reverse("preview_text", args=[register, language])
    return redirect(f"{address}?{kept}" if kept else address)


@decides
def publish_text(request: TenantRequest, register: str, language: str) -> HttpResponse:
    """Put the draft in force."""
    text = services.publish_text(
        draft=_draft(register, language),
        actor=request.actor,
        seen=request.POST.get("seen", ""),
        now=request.now,
    )
    messages.success(
        request,
        _("Version %(number)s is in force: the next message is written in it.")
        % {"number": text.number},
    )
    return redirect("template", register)


@reads(permissions.SEND_REMINDER)
def said(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Show word for word what a reminder said, in which text, from which values, and who let it leave."""
    rendered = _said(request, reminder_id)
    context = {
        "rendered": rendered,
        "reminder": rendered.reminder,
        "facts": presenting.fact_rows(rendered.facts),
    }
    return _with_frames(render(request, "dunning/template_said.html", context))


@xframe_options_sameorigin
@reads(permissions.SEND_REMINDER)
def said_mail(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Give the HTML a reminder was sent as, for the frame of its page."""
    rendered = _said(request, reminder_id)
    return _as_mail(previews.page_as_sent(rendered.html, bytes(rendered.raw)))


def _said(request: TenantRequest, reminder_id: UUID) -> RenderedMessage:
    """Return the message of a reminder that left, of a customer the actor sees."""
    visible = Customer.objects.visible_to(request.actor, permissions.SEND_REMINDER)
    return get_object_or_404(
        RenderedMessage.objects.select_related(
            "text_version",
            "reminder__customer",
            "reminder__step",
            "reminder__scenario_version__scenario",
            "reminder__confirmed_by",
        ),
        reminder=reminder_id,
        reminder__sent_at__isnull=False,
        reminder__customer__in=visible,
    )


def _as_mail(page: str) -> HttpResponse:
    response = HttpResponse(page)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _with_frames(response: HttpResponse) -> HttpResponse:
    """Allow the page to frame pages of ours; its policy is otherwise that of every page."""
    directives = {**settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "frame-src": ["'self'"]}
    response.headers["Content-Security-Policy"] = "; ".join(
        f"{name} {' '.join(sources)}" for name, sources in directives.items()
    )
    return response


def _register(value: str) -> Register:
    try:
        return Register(value)
    except ValueError as unknown:
        raise Http404 from unknown


def _draft(register: str, language: str) -> MessageText:
    """Return the draft of a text; a page that shows one which is gone by now is told so."""
    draft = MessageText.objects.filter(
        register=_register(register), language=language, is_draft=True
    ).first()
    if draft is None:
        raise services.NotADraft(
            _(
                "There is no draft any more: it was published or discarded meanwhile. Open the text again."
            )
        )
    return draft


def _ids(values: Sequence[str]) -> list[UUID]:
    """Return the ids among `values`, in their order; anything else is left out."""
    found = []
    for value in values[: 4 * SHOWN]:
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return found
