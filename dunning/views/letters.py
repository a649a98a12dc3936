"""Letters to post: prepare the batch of a legal entity, print it with its list, say on which day it left."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit.permissions import HAND_OVER
from dunning.bells import ring_for_letters
from dunning.documents.bordereau import Bordereau, BordereauRow, TakenOut, bordereau_pdf
from dunning.documents.joining import join
from dunning.forms.letters import PostingForm
from dunning.letter_words import why_words
from dunning.models import Letter, LetterBatch, Reminder
from dunning.permissions import SEND_REMINDER
from dunning.queries import letters as queries
from dunning.queries.agenda import reminders_of
from dunning.rules.letters import LetterState, sheets_of
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.services.letters import look_at_addresses, prepare_batch
from dunning.services.posting import AT_ONCE, record_next, say_posted, take_out_by_hand
from dunning.services.returned_letters import take_letter_back
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from ledger.models import Customer, Entity
from ledger.permissions import EDIT_CUSTOMER
from ledger.services.addresses import enter_address

BOTH_SIDES = 2
SIDES = {"1": 1, "2": BOTH_SIDES}
MISSING_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter as the page of its batch shows it; `why` says what took it out."""

    letter: Letter
    amount: Money | None
    sheets: int
    why: str = ""
    is_returned: bool = False

    @property
    def can_be_posted(self) -> bool:
        """Whether it waits for somebody to say that it left."""
        return self.letter.state == LetterState.TO_POST and self.letter.posting_date is None


def _guarded(request: TenantRequest) -> None:
    """Keep the agency of entrusted files away: it writes its own letters, never the house's."""
    if not request.actor.can(HAND_OVER):
        raise Http404


@reads(SEND_REMINDER)
def letters(request: TenantRequest) -> HttpResponse:
    """Show what waits to be posted, the batches, and which addresses are missing."""
    _guarded(request)
    missing = queries.missing_addresses(request.actor)
    return render(
        request,
        "dunning/letters.html",
        {
            "waiting": queries.waiting_by_entity(request.actor, now=request.now),
            "missing": list(missing[:MISSING_SHOWN]),
            "missing_count": missing.count(),
            "batches": queries.batch_standings(request.actor),
            "today": request.today,
        },
    )


@writes(SEND_REMINDER)
def prepare(request: TenantRequest, entity_id: UUID) -> HttpResponse:
    """Put what waits of one legal entity in a batch; a worker numbers and draws it."""
    _guarded(request)
    batch = prepare_batch(
        entity=get_object_or_404(Entity, pk=entity_id),
        reminders=queries.letters_to_post(request.actor, now=request.now),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    ring_for_letters(request.actor)
    messages.success(request, _("Batch %(number)s is being drawn.") % {"number": batch.number})
    return redirect("letter_batch", batch.pk)


def _standing(request: TenantRequest, batch_id: UUID) -> queries.BatchStanding:
    """Return a batch with letters this person may see; there is none otherwise."""
    _guarded(request)
    found = queries.batch_standings(request.actor, only=batch_id)
    if not found:
        raise Http404
    return found[0]


@reads(SEND_REMINDER)
def batch(request: TenantRequest, letter_batch_id: UUID) -> HttpResponse:
    """Show one batch: how far it is, its letters in the order of the list, and what was taken out."""
    return _batch_page(request, _standing(request, letter_batch_id))


def _batch_page(
    request: TenantRequest,
    standing: queries.BatchStanding,
    form: PostingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = [_shown(each) for each in queries.numbered_letters(request.actor, standing.batch)]
    context = {
        "standing": standing,
        "rows": rows,
        "out": [_shown(each) for each in queries.letters_out(request.actor, standing.batch)],
        "pages": sum(row.letter.pages for row in rows),
        "sheets": sum(row.sheets for row in rows),
        "form": form or PostingForm(initial={"day": request.today}),
        "today": request.today,
    }
    return render(request, "dunning/letter_batch.html", context, status=status)


def _shown(letter: Letter) -> Shown:
    amount = Money(letter.amount, letter.currency) if letter.amount is not None else None
    why = why_words(letter.why_out) if letter.why_out else ""
    came_back = letter.reminder.state == State.BOUNCED
    return Shown(letter, amount, sheets_of(letter.pages), why, is_returned=came_back)


@reads(SEND_REMINDER)
def letters_pdf(request: TenantRequest, letter_batch_id: UUID) -> HttpResponse:
    """Give all letters of a batch in one file, in the order of its list, as they were drawn."""
    standing = _standing(request, letter_batch_id)
    found = list(queries.numbered_letters(request.actor, standing.batch))
    if not found:
        raise Http404
    sides = SIDES.get(request.GET.get("sides", ""), BOTH_SIDES)
    content = join(queries.stored_pdfs(found), title=standing.batch.number, sides=sides)
    return _pdf(content, f"{standing.batch.number}.pdf")


@reads(SEND_REMINDER)
def list_pdf(request: TenantRequest, letter_batch_id: UUID) -> HttpResponse:
    """Give the list that goes to the post office with the batch."""
    standing = _standing(request, letter_batch_id)
    found = list(queries.numbered_letters(request.actor, standing.batch))
    out = queries.letters_out(request.actor, standing.batch).filter(state=LetterState.VOIDED)
    entity = standing.batch.entity
    days = {letter.posted_date for letter in found}
    content = bordereau_pdf(
        Bordereau(
            number=standing.batch.number,
            entity_name=entity.account_holder or entity.name,
            sender_lines=tuple(entity.address.splitlines()),
            legal_ids=tuple(each for each in (entity.siren, entity.vat_number) if each),
            day=standing.batch.batch_date,
            rows=[_list_row(letter) for letter in found],
            out=[_list_out(letter) for letter in out],
            posted=next(iter(days)) if len(days) == 1 else None,
        )
    )
    return _pdf(content, f"{standing.batch.number}-list.pdf")


def _list_row(letter: Letter) -> BordereauRow:
    return BordereauRow(
        number=letter.number,
        addressee=letter.address[0],
        address=", ".join(letter.address[1:]),
        pages=letter.pages,
        sheets=sheets_of(letter.pages),
    )


def _list_out(letter: Letter) -> TakenOut:
    why = why_words(letter.why_out)
    words = f"{why} ({letter.words})" if letter.words else why
    return TakenOut(letter.number, letter.address[0], words)


@reads(SEND_REMINDER)
def letter_pdf(request: TenantRequest, letter_id: UUID) -> HttpResponse:
    """Give one letter as it was drawn, the same bytes every time."""
    _guarded(request)
    found = get_object_or_404(queries.letters_for(request.actor), pk=letter_id)
    if not found.sequence:
        raise Http404
    return _pdf(queries.stored_pdfs([found])[0], found.file_name)


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@writes(SEND_REMINDER)
def post(request: TenantRequest, letter_batch_id: UUID) -> HttpResponse:
    """Record that letters of a batch were posted on a day: the ticked ones, or all that wait."""
    standing = _standing(request, letter_batch_id)
    form = PostingForm(request.POST)
    if not form.is_valid():
        return _batch_page(request, standing, form, status=422)
    day: date = form.cleaned_data["day"]
    try:
        count = say_posted(
            batch=standing.batch,
            letters=None if request.POST.get("every") else _ticked(request),
            day=day,
            actor=request.actor,
            today=request.today,
            now=request.now,
        )
    except Refused as refused:
        form.add_error(None, refused.message)
        return _batch_page(request, standing, form, status=422)
    _record(request, standing.batch, count)
    return redirect("letter_batch", standing.batch.pk)


def _ticked(request: TenantRequest) -> list[UUID]:
    found = []
    for value in request.POST.getlist("letter"):
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return found


def _record(request: TenantRequest, of_batch: LetterBatch, count: int) -> None:
    """Record the first ones while the page waits, leave the rest to a worker, and say what became of them."""
    for _place in range(AT_ONCE):
        if not record_next(now=request.now, batch=of_batch):
            break
    if count > AT_ONCE:
        ring_for_letters(request.actor)
    after = _standing(request, of_batch.pk)
    if after.posting:
        words = ngettext(
            "%(count)s letter is being recorded.", "%(count)s letters are being recorded.", count
        )
        messages.success(request, words % {"count": count})
        return
    named = (
        queries.letters_out(request.actor, of_batch)
        .filter(settled_at=request.now)
        .exclude(why_out="by_person")
    )
    out = [f"{each.number}: {why_words(each.why_out)}" for each in named]
    posted = count - len(out)
    words = ngettext("%(count)s letter posted.", "%(count)s letters posted.", posted)
    messages.success(request, words % {"count": posted})
    if out:
        messages.warning(
            request,
            _("Take these out of the pile, their numbers are void: %(letters)s.")
            % {"letters": "; ".join(out)},
        )


@writes(SEND_REMINDER)
def take_out(request: TenantRequest, letter_id: UUID) -> HttpResponse:
    """Take one letter out of its batch, for a reason."""
    _guarded(request)
    found = get_object_or_404(queries.letters_for(request.actor), pk=letter_id)
    take_out_by_hand(
        letter=found,
        actor=request.actor,
        reason=request.POST.get("reason", ""),
        now=request.now,
    )
    messages.success(request, _("Taken out; its number is void."))
    return redirect("letter_batch", found.batch_id)


@writes(SEND_REMINDER)
def returned(request: TenantRequest, letter_id: UUID) -> HttpResponse:
    """Take down that the post brought a letter back."""
    _guarded(request)
    found = get_object_or_404(
        queries.letters_for(request.actor).select_related("entity"), pk=letter_id
    )
    take_letter_back(
        letter=found, actor=request.actor, words=request.POST.get("words", ""), now=request.now
    )
    messages.success(
        request,
        _("Noted: %(number)s came back. Its address is not used again, and a task asks what now.")
        % {"number": found.number},
    )
    return redirect("letter_batch", found.batch_id)


@writes(EDIT_CUSTOMER)
def address(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Enter the postal address a letter waits for; it goes on at once."""
    customers = Customer.objects.visible_to(request.actor, EDIT_CUSTOMER)
    mine = reminders_of(request.actor).filter(channel=Channel.LETTER, customer__in=customers)
    found: Reminder = get_object_or_404(mine, pk=reminder_id)
    enter_address(
        customer=found.customer,
        address=request.POST.get("address", ""),
        actor=request.actor,
    )
    look_at_addresses()
    found.refresh_from_db(fields=["waits_for"])
    if found.waits_for:
        messages.warning(
            request, _("The address is kept, but incomplete: a street, a postcode and a town.")
        )
    else:
        messages.success(request, _("The address is kept; the letter goes on."))
    return redirect("reminder", found.pk)
