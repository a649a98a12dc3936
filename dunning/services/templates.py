"""Write, publish and discard a tenant's own texts. Every change names the state it was made on, as scenarios do.

A text in force is never changed, only followed by the next version. Who wrote in a draft does not publish it, and
nothing is published before it was shown on real customers (RELIABILITY S10).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from dunning.messages.fields import SWITCHES
from dunning.messages.shipped import check_template, shipped_template
from dunning.models import MessageText
from dunning.queries.templates import newest_published
from dunning.rules.content import SHIPPED_LANGUAGES, MessageTemplate, Register
from dunning.services.locks import lock_numbers
from dunning.services.template_previews import SHOWN, Shown, shown_on
from dunning.template_words import LANGUAGES, language_name
from kernel.errors import Refused
from kernel.permissions import Actor

WRITTEN_BY_OURS = tuple(name for name in SWITCHES if name != "penalties")
"""Blocks our own texts show; interest and charges they say in their own words."""


class TextChanged(Refused):
    """Somebody changed the draft since it was shown."""

    code: ClassVar[str] = "text_changed"


class NotADraft(Refused):
    """The draft was published or discarded meanwhile."""

    code: ClassVar[str] = "text_not_a_draft"


class LanguageUnknown(Refused):
    """Nobody writes in that language here."""

    code: ClassVar[str] = "text_language_unknown"


class SamePerson(Refused):
    """Who wrote in the draft asks to publish it (S10)."""

    code: ClassVar[str] = "text_s10_two_people"


class PublishedByAPerson(Refused):
    """A machine asked to publish (S12)."""

    code: ClassVar[str] = "publishing_needs_a_person"


class NothingChanged(Refused):
    """The draft says what is in force already, or what another language says."""

    code: ClassVar[str] = "text_unchanged"


class NotShown(Refused):
    """The draft was not shown on enough customers as it stands (S10)."""

    code: ClassVar[str] = "text_not_shown"


def stamp(text: MessageText) -> str:
    """Return the word that names the state of a draft; every change gives it another."""
    return text.changed_at.isoformat()


def open_text(*, register: Register, language: str, actor: Actor) -> MessageText:
    """Return the draft of a text, begun from what is in force; from the company's own language where nothing is.

    Raises LanguageUnknown.
    """
    if language not in LANGUAGES:
        raise LanguageUnknown(
            _("Texts are not written in “%(language)s” here. Choose one of: %(known)s.")
            % {"language": language, "known": ", ".join(map(str, LANGUAGES.values()))}
        )
    if register is Register.FORMAL_NOTICE and language not in SHIPPED_LANGUAGES:
        raise LanguageUnknown(
            _(
                "A formal notice is written in French or English: its letter exists in these languages only. Write the "
                "other registers in %(language)s."
            )
            % {"language": language_name(language)}
        )
    lock_numbers(f"text.{register}.{language}")
    series = MessageText.objects.filter(register=register, language=language)
    if known := series.filter(is_draft=True).first():
        return known
    begun = _beginning(register, language)
    draft = MessageText.objects.create(
        register=register,
        language=language,
        number=(series.aggregate(last=Max("number"))["last"] or 0) + 1,
        subject=begun.subject,
        preview=begun.preview,
        body=begun.body,
        blocks=sorted(WRITTEN_BY_OURS if begun.blocks is None else begun.blocks),
    )
    _record(actor, "dunning.open_text", draft)
    return draft


def write_text(
    *, draft: MessageText, values: MessageTemplate, actor: Actor, seen: str
) -> MessageText:
    """Keep what was written; it was shown on no customer any more. `values.blocks` are the blocks switched on.

    Raises TextChanged, NotADraft; TemplateRefused where the text could not be used, nothing is kept then.
    """
    locked = _locked(draft, seen)
    check_template(values)
    locked.subject = values.subject
    locked.preview = values.preview
    locked.body = values.body
    locked.blocks = sorted(set(values.blocks or ()) & set(SWITCHES))
    locked.rendered_for = []
    if actor.membership_id:
        locked.authors = sorted({*locked.authors, str(actor.membership_id)})
    locked.written_by_id = locked.written_by_id or actor.membership_id
    locked.save()
    _record(actor, "dunning.write_text", locked, characters=len(locked.body), blocks=locked.blocks)
    return locked


def discard_text(*, draft: MessageText, actor: Actor, seen: str) -> None:
    """Throw a draft away. Raises TextChanged, NotADraft."""
    locked = _locked(draft, seen)
    _record(actor, "dunning.discard_text", locked)
    locked.delete()


def show_text(
    *, draft: MessageText, customers: Sequence[UUID], actor: Actor, now: datetime
) -> tuple[Shown, ...]:
    """Return the draft as it would be sent to these customers and others up to three, and keep on whom it was shown.

    Raises NotADraft, and TemplateRefused where it cannot be written for one of them: then nothing is kept.
    """
    locked = _locked(draft, stamp(draft))
    found = shown_on(locked, actor=actor, now=now, wanted=customers)
    rendered = sorted(str(each.group.customer_id) for each in found)
    # The text stays as it is, so its stamp does: who writes beside is not told that somebody changed it.
    MessageText.objects.filter(pk=locked.pk).update(rendered_for=rendered)
    _record(actor, "dunning.show_text", locked, customers=rendered)
    return found


def publish_text(*, draft: MessageText, actor: Actor, seen: str, now: datetime) -> MessageText:
    """Put a draft in force: the next message of its register and language is written in it.

    It was shown on three customers before, or on all there are, and is written for them once more here. Raises
    PublishedByAPerson, TextChanged, NotADraft, SamePerson and NotShown (S10), NothingChanged, TemplateRefused.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise PublishedByAPerson(
            _("A text is published by a named person who signs in; a program cannot answer for it.")
        )
    locked = _locked(draft, seen)
    _refuse_author(locked, actor)
    check_template(locked.as_template())
    _refuse_repetition(locked)
    _refuse_unseen(locked, actor, now)
    locked.is_draft = False
    locked.published_by_id = actor.membership_id
    locked.published_at = now
    locked.save()
    _record(
        actor,
        "dunning.publish_text",
        locked,
        authors=locked.authors,
        rendered_for=locked.rendered_for,
    )
    return locked


def _beginning(register: Register, language: str) -> MessageTemplate:
    """Return what a draft begins with: the text in force, else ours, else the one of a language we ship."""
    for tried in (language, "en"):
        if own := newest_published(register, tried):
            return own.as_template()
        if tried in SHIPPED_LANGUAGES:
            return shipped_template(register, tried)
    raise AssertionError("a text of every register is shipped in English")


def _refuse_author(draft: MessageText, actor: Actor) -> None:
    if str(actor.membership_id) not in draft.authors:
        return
    names = Membership.objects.filter(pk__in=draft.authors)
    raise SamePerson(
        _(
            "Version %(number)s of this text was written by %(authors)s. Rule S10: whoever wrote in a draft does not "
            "publish it. Ask another credit manager to publish it."
        )
        % {
            "number": draft.number,
            "authors": ", ".join(names.order_by("name").values_list("name", flat=True)),
        },
        rule="S10",
        authors=draft.authors,
    ).by_another()


def _refuse_unseen(draft: MessageText, actor: Actor, now: datetime) -> None:
    """Refuse a text that was shown on fewer customers than S10 wants and than there are."""
    seen_on = [UUID(each) for each in draft.rendered_for]
    found = shown_on(draft, actor=actor, now=now, wanted=seen_on)
    if len(seen_on) >= len(found):
        return
    raise NotShown(
        _(
            "This draft was shown on %(seen)s customers as it stands now; %(needed)s are needed before it is published "
            "(rule S10). Show it on customers first, and read what they would get."
        )
        % {"seen": len(seen_on), "needed": len(found)},
        rule="S10",
        seen=len(seen_on),
        needed=len(found),
        at_most=SHOWN,
    )


def _refuse_repetition(draft: MessageText) -> None:
    """Refuse what is said already: by the version in force, or word for word by another language."""
    register = Register(draft.register)
    for language in LANGUAGES:
        own = newest_published(register, language)
        if own is None and language not in SHIPPED_LANGUAGES:
            continue
        known = own.as_template() if own else shipped_template(register, language)
        is_same_series = language == draft.language
        if _words(known) != _words(draft.as_template()):
            continue
        if not is_same_series:
            raise NothingChanged(
                _(
                    "This text says word for word what the one in %(language)s says. Translate it first."
                )
                % {"language": language_name(language)}
            )
        blocks = sorted(WRITTEN_BY_OURS if known.blocks is None else known.blocks)
        if blocks == sorted(draft.blocks):
            raise NothingChanged(
                _("This draft says what is in force already. Change something, or discard it.")
            )


def _words(template: MessageTemplate) -> tuple[str, str, str]:
    return (
        template.subject.strip(),
        template.preview.strip(),
        template.body.replace("\r\n", "\n").strip(),
    )


def _locked(draft: MessageText, seen: str) -> MessageText:
    """Return the draft, locked, when it is still one and still as it was shown."""
    locked = MessageText.objects.select_for_update().filter(pk=draft.pk, is_draft=True).first()
    if locked is None:
        raise NotADraft(_("This draft was published or discarded meanwhile. Open the text again."))
    if stamp(locked) != seen:
        raise TextChanged(
            _(
                "Somebody changed this text while you wrote. Your words are still in the form: copy them, open the "
                "text again and compare."
            )
        )
    return locked


def _record(actor: Actor, action: str, text: MessageText, **details: Any) -> None:
    facts: Mapping[str, Any] = {
        "register": text.register,
        "language": text.language,
        "number": text.number,
    }
    audit.record(
        actor=actor, action=action, object_kind="text", object_id=text.pk, **facts, **details
    )
