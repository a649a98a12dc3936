"""Which text a message is written in: the tenant's own, in force, or one we ship; and what the editor shows of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count

from dunning.models import MessageText
from dunning.rules.content import SHIPPED_LANGUAGES, MessageTemplate, Register
from dunning.rules.samples import SampleGroup
from dunning.rules.translations import Translations, translations_of
from kernel.permissions import Actor
from ledger.models import Contact, Customer, DocumentKind, DueLine, Perimeter


@dataclass(frozen=True, slots=True)
class TextInForce:
    """The language a message is written in, and the tenant's own text for it; None for the one we ship."""

    language: str
    words: MessageTemplate | None


def translations() -> Translations:
    """Return in which languages each register has a text in force, ours or the tenant's own."""
    own = MessageText.objects.published().order_by().values_list("register", "language").distinct()
    return translations_of(own)


def text_in_force(register: Register, *, wanted: str, fallback: str) -> TextInForce:
    """Return what `register` says to a reader of `wanted`, in `fallback` where nobody wrote that language.

    `fallback` is the tenant's language, in which we ship a text ourselves. Source: DOMAIN 5.2, languages.
    """
    own = _newest(register, {wanted, fallback})
    if wanted in own:
        return TextInForce(wanted, own[wanted].as_template())
    if wanted in SHIPPED_LANGUAGES:
        return TextInForce(wanted, None)
    return TextInForce(fallback, own[fallback].as_template() if fallback in own else None)


def _newest(register: Register, languages: set[str]) -> Mapping[str, MessageText]:
    rows = (
        MessageText.objects.published()
        .filter(register=register, language__in=languages)
        .order_by("language", "number")
    )
    return {row.language: row for row in rows}


def languages_read() -> frozenset[str]:
    """Return the languages that customers, or the people who read for them, are written to in."""
    customers = Customer.objects.order_by().values_list("language", flat=True).distinct()
    contacts = (
        Contact.objects.exclude(language="")
        .order_by()
        .values_list("language", flat=True)
        .distinct()
    )
    return frozenset(customers) | frozenset(contacts)


def missing_texts() -> dict[Register, tuple[str, ...]]:
    """Return the registers that somebody could not read, with the languages they are missing in."""
    known, read = translations(), languages_read()
    missing = {language: known.missing_in(language) for language in sorted(read)}
    found = {
        register: tuple(code for code, registers in missing.items() if register in registers)
        for register in Register
    }
    return {register: languages for register, languages in found.items() if languages}


def newest_published(register: Register, language: str) -> MessageText | None:
    """Return the tenant's own text in force, None where ours is, or none at all."""
    return _newest(register, {language}).get(language)


@dataclass(frozen=True, slots=True)
class TextState:
    """One register in one language: what is in force, and the draft beside it. `has_text` counts ours too."""

    language: str
    published: MessageText | None
    draft: MessageText | None
    has_text: bool
    readers: int = 0

    @property
    def is_missing(self) -> bool:
        """Whether somebody reads this language and nothing is written in it."""
        return bool(self.readers) and not self.has_text


def text_states(
    registers: Iterable[Register], extra: Iterable[str] = ()
) -> dict[Register, list[TextState]]:
    """Return every register in every language that is shipped, written or read here, and in `extra`."""
    rows = list(MessageText.objects.select_related("written_by", "published_by").order_by("number"))
    readers = reader_counts()
    written = {row.language for row in rows}
    languages = sorted(
        {*SHIPPED_LANGUAGES, *written, *readers, *extra},
        key=lambda code: (code not in SHIPPED_LANGUAGES, code != "fr", code),
    )
    states: dict[Register, list[TextState]] = {}
    for register in registers:
        own = [row for row in rows if row.register == register]
        states[register] = [
            _state(language, [row for row in own if row.language == language], readers)
            for language in languages
        ]
    return states


def _state(language: str, versions: list[MessageText], readers: Mapping[str, int]) -> TextState:
    published = next((row for row in reversed(versions) if not row.is_draft), None)
    return TextState(
        language=language,
        published=published,
        draft=next((row for row in versions if row.is_draft), None),
        has_text=published is not None or language in SHIPPED_LANGUAGES,
        readers=readers.get(language, 0),
    )


def reader_counts() -> dict[str, int]:
    """Return how many customers are written to in each language, the contact's own where he has one."""
    rows = Customer.objects.order_by().values_list("language").annotate(count=Count("pk"))
    counts = dict(rows)
    for language in languages_read():
        counts.setdefault(language, 1)  # read by a contact of a customer who has another language
    return counts


LOOKED_AT = 3000
"""Lines among which customers to show a text on are looked for: enough to choose, whatever the ledger holds."""


def sample_groups(
    actor: Actor, *, today: date, is_before_due: bool, home: str, only: Sequence[UUID] = ()
) -> list[SampleGroup]:
    """Return customers the actor sees with something to write about: late, or coming for an announcement.

    `home` is the tenant's currency, `only` narrows to these customers. At most one group per customer.
    """
    visible = Customer.objects.visible_to(actor)
    lines = DueLine.objects.filter(
        is_open=True, perimeter=Perimeter.OPERATIONAL, open_amount__gt=0, kind=DocumentKind.INVOICE
    ).filter(customer__in=visible)
    lines = lines.filter(due_date__gt=today) if is_before_due else lines.filter(due_date__lt=today)
    if only:
        lines = lines.filter(customer__in=only)
    wanted = ("customer_id", "entity_id", "currency")
    # The newest lines, and beside them those of other currencies, which a large ledger would hide.
    newest = lines.order_by("-due_date").values_list("pk", *wanted)
    found = {row[0]: row[1:] for row in (*newest[:LOOKED_AT], *newest.exclude(currency=home)[:100])}
    counts = Counter(found.values())
    best: dict[UUID, tuple[UUID, UUID, str]] = {}
    for key in sorted(counts, key=lambda key: (key[2] == home, -counts[key])):
        best.setdefault(key[0], key)
    credits_ = set(
        DueLine.objects.filter(
            customer__in=list(best), is_open=True, open_amount__lt=0, kind=DocumentKind.CREDIT_NOTE
        ).values_list(*wanted)
    )
    rows = Customer.objects.filter(pk__in=list(best)).order_by("sort_name", "pk")
    return [
        SampleGroup(
            customer_id=row.pk,
            code=row.code,
            name=row.name,
            language=row.language,
            entity_id=best[row.pk][1],
            currency=best[row.pk][2],
            lines=counts[best[row.pk]],
            has_credit=best[row.pk] in credits_,
            is_foreign=best[row.pk][2] != home,
        )
        for row in rows
    ]
