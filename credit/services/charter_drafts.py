"""Write the next version of the charter, article by article, and have another person publish it (S10).

Every change names the state it was made on (`seen`, the draft's `stamp`): a draft that changed meanwhile refuses it,
and the form keeps its words.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from credit import charter_words as words
from credit.models.charter import CharterArticle, CharterVersion
from credit.queries.charter import author_names, newest_published
from credit.rules.charter import Article, Check
from credit.rules.charter_text import (
    LANGUAGES,
    MOST_ARTICLES,
    PARAMETERS,
    ParameterWrongError,
    as_stored,
    changes,
    digest,
    typed,
    unknown_places,
)
from credit.rules.ready_charter import READY_CHARTER
from kernel.errors import Refused
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.rules.terms import TermKind, TermReview, Terms
from ledger.services.terms import worst_review

LONGEST_TITLE, LONGEST_TEXT = 120, 4000
LANGUAGE_NAMES = {"fr": "français", "en": "English"}


class CharterChanged(Refused):
    """Somebody changed the draft since it was shown."""

    code: ClassVar[str] = "charter_draft_changed"


class NoCharterDraft(Refused):
    """There is no draft: it was published or discarded meanwhile."""

    code: ClassVar[str] = "charter_no_draft"


class ArticleNotPossible(Refused):
    """An article lacks words, or a parameter is out of its bounds; `details` name the field."""

    code: ClassVar[str] = "charter_article_not_possible"


class CharterNotLawful(Refused):
    """An article allows what the law forbids."""

    code: ClassVar[str] = "charter_not_lawful"


class CharterNotPublishable(Refused):
    """The draft cannot be published as it is."""

    code: ClassVar[str] = "charter_not_publishable"


class CharterSamePerson(Refused):
    """Who wrote in the draft asks to publish it (S10)."""

    code: ClassVar[str] = "charter_s10_two_people"


def stamp(version: CharterVersion) -> str:
    """Return the word that names the state of a draft; every change gives it another."""
    return version.changed_at.isoformat()


def open_draft(*, actor: Actor, is_ready: bool = False) -> CharterVersion:
    """Return the draft, made from the newest version when there is none; from the ready charter before the first.

    `is_ready` fills a new draft with the ready charter even where a version was published.
    """
    lock_charter()
    known = CharterVersion.objects.filter(is_draft=True).first()
    if known is not None:
        return known
    published = newest_published()
    articles = READY_CHARTER if is_ready or published is None else published.as_articles()
    highest = CharterVersion.objects.aggregate(highest=Max("number"))["highest"] or 0
    version = CharterVersion.objects.create(
        number=highest + 1,
        written_by_id=actor.membership_id,
        authors=[str(actor.membership_id)] if actor.membership_id else [],
    )
    store_articles(version, articles)
    _record(actor, "credit.open_charter_draft", version, articles=len(articles))
    return version


def store_articles(version: CharterVersion, articles: Iterable[Article]) -> None:
    """Store the articles of a version that has none yet."""
    CharterArticle.objects.bulk_create(_row(version, article) for article in articles)


def write_article(
    *, article: Article, seen: str, actor: Actor, number: int | None = None
) -> CharterArticle:
    """Put an article into the draft: in the place of `number`, else as the last one or under its own free number.

    Raises CharterChanged, NoCharterDraft, ArticleNotPossible.
    """
    draft = locked_draft(seen)
    rows = {row.number: row for row in draft.articles.all()}
    refuse_article(article)
    wanted = article.number or max(rows, default=0) + 1
    if wanted != number and wanted in rows:
        raise ArticleNotPossible(
            _("Article %(number)s is there already, “%(title)s”. Choose another number.")
            % {
                "number": wanted,
                "title": rows[wanted].title_en
                if words.language() == "en"
                else rows[wanted].title_fr,
            },
            field="number",
        )
    if number is None and len(rows) >= MOST_ARTICLES:
        raise ArticleNotPossible(
            _("A charter of more than %(most)s articles is read by nobody. Take one out first.")
            % {"most": MOST_ARTICLES}
        )
    if number is not None:
        if number not in rows:
            raise CharterChanged(
                _("Article %(number)s is not in the draft any more. Look at the draft again.")
                % {"number": number}
            )
        rows[number].delete()
    row = _row(draft, replace(article, number=wanted))
    row.save()
    _touch(draft, actor)
    _record(actor, "credit.write_charter_article", draft, article=wanted, check=article.check.value)
    return row


def remove_article(*, number: int, seen: str, actor: Actor) -> None:
    """Take an article out of the draft; the others keep their numbers. Raises CharterChanged, NoCharterDraft."""
    draft = locked_draft(seen)
    draft.articles.filter(number=number).delete()
    _touch(draft, actor)
    _record(actor, "credit.remove_charter_article", draft, article=number)


def discard_draft(*, seen: str, actor: Actor) -> None:
    """Throw the draft away; what is published stays. Raises CharterChanged, NoCharterDraft."""
    draft = locked_draft(seen)
    _record(actor, "credit.discard_charter_draft", draft)
    draft.delete()


def publish(*, seen: str, actor: Actor, today: date, now: datetime) -> CharterVersion:
    """Publish the draft, in force from `today` on, frozen and to be signed anew by everybody.

    Raises CharterChanged, NoCharterDraft, CharterSamePerson (S10), CharterNotPublishable, CharterNotLawful.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise CharterNotPublishable(
            _("A charter is published by a person who signs in; a program cannot answer for it.")
        )
    draft = locked_draft(seen)
    _refuse_author(draft, actor)
    articles = draft.as_articles()
    if not articles:
        raise CharterNotPublishable(_("The draft has no article. Write one before you publish it."))
    before = newest_published()
    if before is not None and not changes(before.as_articles(), articles):
        raise CharterNotPublishable(
            _(
                "Version %(number)s says what version %(known)s says. Change something, or discard it."
            )
            % {"number": draft.number, "known": before.number}
        )
    refuse_unlawful(articles, today=today)
    draft.is_draft = False
    draft.published_by_id = actor.membership_id
    draft.published_at = now
    draft.published_date = today
    draft.digest = digest(draft.number, articles)
    draft.save()
    _record(actor, "credit.publish_charter", draft, digest=draft.digest, authors=draft.authors)
    return draft


def refuse_article(article: Article) -> None:
    """Raise ArticleNotPossible where words or parameters of an article are wrong; `details` name the field."""
    for name in LANGUAGES:
        for kind, text, longest in (
            ("title", article.title.get(name, ""), LONGEST_TITLE),
            ("text", article.text.get(name, ""), LONGEST_TEXT),
        ):
            _refuse_words(article.check, text, field=f"{kind}_{name}", longest=longest)
    try:
        typed(article.check, as_stored(article.parameters))
    except ParameterWrongError as wrong:
        raise ArticleNotPossible(
            _("“%(value)s” is not possible for “%(name)s”. Correct it.")
            % {"value": wrong.value or "", "name": words.PARAMETER_NAMES[wrong.name]},
            field=wrong.name,
        ) from wrong


def _refuse_words(check: Check, text: str, *, field: str, longest: int) -> None:
    spoken = LANGUAGE_NAMES[field[-2:]]
    if not text.strip():
        raise ArticleNotPossible(
            _("Write it in %(language)s too: everybody signs what he can read.")
            % {"language": spoken},
            field=field,
        )
    if len(text) > longest:
        raise ArticleNotPossible(
            _("%(length)s characters are too many: %(longest)s at most.")
            % {"length": len(text), "longest": longest},
            field=field,
        )
    if unknown := unknown_places(check, text):
        known = ", ".join(f"{{{name}}}" for name in PARAMETERS[check])
        raise ArticleNotPossible(
            _("The text names {%(unknown)s}, which nothing fills. Possible here: %(known)s.")
            % {"unknown": unknown[0], "known": known or _("none")},
            field=field,
        )


def refuse_unlawful(articles: Iterable[Article], *, today: date) -> None:
    """Raise CharterNotLawful where an article allows a term above the legal cap of the tenant's country."""
    for article, review in unlawful(articles, today=today):
        longest = Terms(TermKind(article.parameters["method"]), article.parameters["days"])
        raise CharterNotLawful(
            _(
                "Article %(number)s, “%(title)s”, allows %(days)s days (%(method)s): up to %(over)s days beyond the "
                "legal cap (%(source)s). Shorten it to what the law allows, then publish."
            )
            % {
                "number": article.number,
                "title": article.title[words.language()],
                "days": longest.days,
                "method": words.value_words(
                    PARAMETERS[article.check]["method"], longest.kind.value, "EUR", words.language()
                ),
                "over": review.days_over,
                "source": review.source,
            },
            article=article.number,
            days_over=review.days_over,
            source=review.source,
        )


def unlawful(articles: Iterable[Article], *, today: date) -> list[tuple[Article, TermReview]]:
    """Return the articles that allow a term above the legal cap, each with what the law makes of it."""
    country = Tenant.objects.values_list("country", flat=True).get()
    found = []
    for article in articles:
        if article.check is not Check.MAXIMUM_TERM:
            continue
        longest = Terms(TermKind(article.parameters["method"]), article.parameters["days"])
        review = worst_review(longest, today=today, country=country)
        if not review.is_legal:
            found.append((article, review))
    return found


def locked_draft(seen: str) -> CharterVersion:
    """Return the draft, locked. Raises NoCharterDraft, and CharterChanged when it is not the one that was `seen`."""
    lock_charter()
    draft = (
        CharterVersion.objects.select_for_update()
        .filter(is_draft=True)
        .prefetch_related("articles")
        .first()
    )
    if draft is None:
        raise NoCharterDraft(
            _(
                "There is no draft any more: it was published or discarded meanwhile. Open the charter again."
            )
        )
    if stamp(draft) != seen:
        raise CharterChanged(
            _(
                "The draft was changed by %(names)s since you opened it. Nothing of yours is lost: what you typed "
                "still stands in the form. Compare it with the draft as it is now, then save again."
            )
            % {"names": ", ".join(author_names(draft))}
        )
    return draft


def lock_charter() -> None:
    """Let nobody else begin, change or publish a draft before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"credit.charter:{current_tenant_id()}"],
        )


def _touch(draft: CharterVersion, actor: Actor) -> None:
    """Give the draft another stamp, and the actor among its authors."""
    if actor.membership_id is not None and str(actor.membership_id) not in draft.authors:
        draft.authors = [*draft.authors, str(actor.membership_id)]
    draft.save()


def _row(version: CharterVersion, article: Article) -> CharterArticle:
    return CharterArticle(
        version=version,
        number=article.number,
        check_code=article.check.value,
        parameters=as_stored(article.parameters),
        effect=article.effect.value,
        title_fr=article.title["fr"].strip(),
        title_en=article.title["en"].strip(),
        text_fr=article.text["fr"].strip(),
        text_en=article.text["en"].strip(),
    )


def _refuse_author(draft: CharterVersion, actor: Actor) -> None:
    authors = {*draft.authors, str(draft.written_by_id or "")}
    if str(actor.membership_id) not in authors:
        return
    raise CharterSamePerson(
        _(
            "Version %(number)s was written by %(authors)s. Rule S10: whoever wrote in a draft does not publish it. "
            "Ask another credit manager."
        )
        % {"number": draft.number, "authors": ", ".join(author_names(draft))},
        rule="S10",
        authors=sorted(one for one in authors if one),
    ).by_another()


def _record(actor: Actor, action: str, version: CharterVersion, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="charter_version",
        object_id=version.pk,
        version=version.number,
        **details,
    )
