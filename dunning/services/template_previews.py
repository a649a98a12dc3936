"""Show a text on real customers, as the mail would be, and send it to oneself. Neither ever reaches a customer."""

import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.utils import parseaddr
from types import MappingProxyType
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from accounts.models import Tenant
from accounts.services import audit
from dunning.channels import (
    MailChannel,
    MailToCompose,
    NotAcceptedYetError,
    OutcomeUnknownError,
    OutgoingMail,
    RefusedForGoodError,
    UnreachableError,
)
from dunning.documents.view import message_view
from dunning.messages import compose
from dunning.messages.composing import compose_words
from dunning.messages.samples import sample_contents
from dunning.models import MessageText, Reminder, Scenario, ScenarioVersion, Step
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.queries.lines import euro_rates, open_lines_of
from dunning.queries.templates import sample_groups
from dunning.rules.content import ComposedMessage, Register, ReminderContent
from dunning.rules.grouping import Announcement
from dunning.rules.policy import DEFAULT_POLICY
from dunning.rules.ready_scenarios import STANDARD_B2B
from dunning.rules.samples import SampleGroup, in_order
from kernel.errors import Refused
from kernel.identifiers import uuid7
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, Customer, Entity

CODE_ID = "epc-qr"
SHOWN = 3  # customers a text is shown on before it is published (S10)
TRIED = 12  # customers looked at until three have something to say
TESTS_PER_HOUR = 10
A_WEEK = timedelta(days=7)
HOUR_SECONDS = 3600

STEPS = MappingProxyType(
    {
        Register.BEFORE_DUE: (-7, 0),
        Register.COURTEOUS: (3, 1),
        Register.FIRM: (10, 2),
        Register.FORMAL: (30, 3),
        Register.FORMAL_NOTICE: (45, 4),
        Register.PROMISE: (20, 0),
    }
)
"""Day and level at which each register is shown: those of the scenario every tenant begins with (DOMAIN 5.3)."""

logger = logging.getLogger(__name__)


class TooManyTests(Refused):
    """Somebody sent himself more tests than anybody reads."""

    code: ClassVar[str] = "too_many_tests"


class NoAddress(Refused):
    """Who asks for a test has no address to send it to."""

    code: ClassVar[str] = "test_without_address"


class TestNotSent(Refused):
    """The relay did not take the test."""

    code: ClassVar[str] = "test_not_sent"


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as one customer would get it."""

    group: SampleGroup
    message: ComposedMessage

    @property
    def page(self) -> str:
        """The HTML part as a page of its own, the code of the transfer put in its place."""
        return _with_picture(self.message.html, self.message.qr_png)


def page_as_sent(html: str, raw: bytes) -> str:
    """Return the HTML of a message as it left, with the code of the transfer from its own bytes put in its place."""
    for part in message_from_bytes(raw).walk():
        picture = part.get_payload(decode=True)
        if str(part["Content-ID"] or "").strip("<>") == CODE_ID and isinstance(picture, bytes):
            return _with_picture(html, picture)
    return html


def _with_picture(html: str, picture: bytes | None) -> str:
    if picture is None:
        return html
    encoded = base64.b64encode(picture).decode()
    return html.replace(f"cid:{CODE_ID}", f"data:image/png;base64,{encoded}")


def groups_for(
    text: MessageText, *, actor: Actor, now: datetime, only: Sequence[UUID] = ()
) -> list[SampleGroup]:
    """Return the customers that `text` can be shown on, one group each, in the order of their names."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    return sample_groups(
        actor,
        today=now.astimezone(ZoneInfo(tenant.time_zone)).date(),
        is_before_due=text.register == Register.BEFORE_DUE,
        home=tenant.currency,
        only=only,
    )


def shown_on(
    text: MessageText, *, actor: Actor, now: datetime, wanted: Sequence[UUID] = ()
) -> tuple[Shown, ...]:
    """Return `text` on the customers asked for and on others up to three; fewer when fewer have anything to say.

    Raises TemplateRefused where the text cannot be written for one of them.
    """
    found: list[Shown] = []
    groups = groups_for(text, actor=actor, now=now)
    for group in in_order(groups, language=text.language, wanted=wanted)[:TRIED]:
        content = content_of(text, group, now=now)
        # Lines that are disputed, paused or too small say nothing: such a customer would get no message.
        if message_view(content).claimed:
            found.append(Shown(group, compose_words(content)))
        if len(found) == SHOWN:
            break
    return tuple(found)


def shown_to(text: MessageText, customer_id: UUID, *, actor: Actor, now: datetime) -> Shown | None:
    """Return `text` as one customer would get it; None for one the actor does not see or who owes nothing to say."""
    groups = groups_for(text, actor=actor, now=now, only=[customer_id])
    if not groups:
        return None
    return Shown(groups[0], compose_words(content_of(text, groups[0], now=now)))


def content_of(text: MessageText, group: SampleGroup, *, now: datetime) -> ReminderContent:
    """Return what a reminder to this customer would say now, in the words of `text` and in its language.

    Nothing is planned and no link to the customer's page is made: the one shown leads nowhere.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
    customer = Customer.objects.select_related("collector").get(pk=group.customer_id)
    content = reminder_content(
        _as_reminder(text, group, customer, today),
        _contact(customer),
        ContentBasis(
            lines=open_lines_of(
                customer_id=group.customer_id,
                entity_id=group.entity_id,
                currency=group.currency,
                today=today,
                policy=DEFAULT_POLICY,
            ),
            today=today,
            euro_rate=euro_rates(today=today).get(group.currency, Decimal(1)),
            policy=DEFAULT_POLICY,
            scenario=STANDARD_B2B,
            announcement=Announcement(horizon_days=400, minimum=Decimal(0)),
            portal_url=f"{settings.OTC_PORTAL_URL}/r/EXAMPLE" if settings.OTC_PORTAL_LINKS else "",
        ),
    )
    return replace(
        content,
        language=text.language,
        words=text.as_template(),
        promised_date=today + A_WEEK if text.register == Register.PROMISE else None,
    )


def send_test(
    *,
    text: MessageText,
    customer_id: UUID | None,
    actor: Actor,
    now: datetime,
    channel: MailChannel,
) -> str:
    """Send `text`, as this customer would get it, to the actor's own address and to no other; return that address.

    A made-up customer stands in where none is given. The relay is spoken to inside the transaction: nothing waits on
    the rows it holds, and the actor learns at once whether it left. Raises TooManyTests, NoAddress, TestNotSent.
    """
    if not actor.email:
        raise NoAddress(_("You have no e-mail address here, so no test can be sent to you."))
    _count_test(actor)
    content = _content_for_test(text, customer_id, actor, now)
    message = compose(content)
    mail = _mail(message, content, actor, now)
    audit.record(
        actor=actor,
        action="dunning.test_text",
        object_kind="text",
        object_id=text.pk,
        register=text.register,
        language=text.language,
        number=text.number,
        customer=customer_id,
    )
    _hand_over(channel, mail)
    return actor.email


def _content_for_test(
    text: MessageText, customer_id: UUID | None, actor: Actor, now: datetime
) -> ReminderContent:
    groups = groups_for(text, actor=actor, now=now, only=[customer_id]) if customer_id else []
    if groups:
        return content_of(text, groups[0], now=now)
    sample = sample_contents()[0]
    offset, level = STEPS[Register(text.register)]
    step = replace(sample.step, register=Register(text.register), offset_days=offset, level=level)
    return replace(
        sample,
        language=text.language,
        words=text.as_template(),
        step=step,
        promised_date=sample.as_of_date + A_WEEK if step.register is Register.PROMISE else None,
    )


def _mail(
    message: ComposedMessage, content: ReminderContent, actor: Actor, now: datetime
) -> MailToCompose:
    sender = parseaddr(settings.OTC_MAIL_FROM)[1]
    return MailToCompose(
        message_id=f"<test-{uuid7()}@{sender.partition('@')[2] or 'localhost'}>",
        sender_name=content.sender.name,
        sender_address=sender,
        reply_to=actor.email,
        recipient_name=actor.name,
        recipient_address=actor.email,
        subject=_("TEST: %(subject)s") % {"subject": message.subject},
        html=message.html,
        text=message.text,
        qr_png=message.qr_png,
        attachments=tuple(
            (each.filename, each.media_type, each.content) for each in message.attachments
        ),
        date=now,
    )


def _hand_over(channel: MailChannel, mail: MailToCompose) -> None:
    outgoing = OutgoingMail(
        message_id=mail.message_id,
        sender=mail.sender_address,
        recipient=mail.recipient_address,
        raw=channel.encode(mail),
    )
    try:
        channel.hand_over(outgoing, before_last_dot=lambda: None)
    except (
        NotAcceptedYetError,
        UnreachableError,
        RefusedForGoodError,
        OutcomeUnknownError,
    ) as problem:
        logger.warning("a test mail did not leave: %s", problem)
        raise TestNotSent(
            _("The mail server did not take the test: %(reason)s. Try again in a while.")
            % {"reason": problem}
        ) from problem
    finally:
        channel.close()


def _count_test(actor: Actor) -> None:
    """Count one test of this person. Raises TooManyTests past the limit of the running hour."""
    key = f"dunning:test:{actor.membership_id}"
    try:
        cache.add(key, 0, timeout=HOUR_SECONDS)
        sent = int(cache.incr(key))
    except (RedisError, ValueError):
        return  # without the counter tests go on: they reach nobody but who asks (RELIABILITY D21)
    if sent > TESTS_PER_HOUR:
        raise TooManyTests(
            _(
                "You sent yourself %(limit)s tests within the hour. Wait a while; the preview shows the same message."
            )
            % {"limit": TESTS_PER_HOUR},
            limit=TESTS_PER_HOUR,
        )


def _as_reminder(
    text: MessageText, group: SampleGroup, customer: Customer, today: date
) -> Reminder:
    """Return a reminder that is stored nowhere: what a message says is read from one."""
    offset, level = STEPS[Register(text.register)]
    version = ScenarioVersion(scenario=Scenario(name=STANDARD_B2B.name), number=1)
    step = Step(version=version, number=1, offset_days=offset, level=level, register=text.register)
    return Reminder(
        customer=customer,
        entity=Entity.objects.get(pk=group.entity_id),
        currency=group.currency,
        scenario_version=version,
        step=step,
        level=level,
        contact_date=today,
    )


def _contact(customer: Customer) -> Contact | None:
    reachable = customer.contacts.exclude(email="").filter(
        is_opted_out=False, is_undeliverable=False
    )
    return reachable.order_by("-is_primary", "name").first()
