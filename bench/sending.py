"""Messages: rendering beside the template engine alone, sending beside the bare relay, and whom a huge run delays.

Rendering adds merge fields, limits, sanitising and the plain text to what the engine does with the same templates.
Sending adds three transactions, the decision asked again and the proof kept, to the same bytes handed to the same
relay on one connection. The last figure is how long five messages of one tenant take that are let go while another
has ten thousand in its queue; before turns it was as long as the whole of that queue.
"""

import logging
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench._measuring import medians
from bench.outage.fill import fill  # sets Django up

# isort: split
from django.db import close_old_connections, connection
from django.utils import timezone

from dunning.channels import OutgoingMail, UnreachableError
from dunning.documents.view import message_view
from dunning.messages import bodies
from dunning.messages.composing import compose_words, words_of
from dunning.messages.engine import parsed
from dunning.messages.fields import merge_fields
from dunning.messages.samples import sample_contents
from dunning.models import Reminder, RenderedMessage
from dunning.rules.content import ReminderContent
from dunning.rules.outbox import State
from dunning.services.sending import Sender
from dunning.turns import send_in_turns
from integrations.smtp.client import Relay, SmtpChannel
from integrations.smtp.evidence import FolderEvidence
from kernel.tenancy import tenant_scope
from otc.embedded.mailbox import MailCatcher

logging.getLogger("mail.log").setLevel(logging.ERROR)  # the relay tells every line of its dialogues

RENDERED, SENT = 200, 200
HUGE, SMALL = 10_000, 5
HEAD_START_SECONDS = 2.0
PATIENCE_SECONDS = 120.0


def engine_alone(content: ReminderContent) -> Callable[[], object]:
    """Return what the engines do for one message: the tenant's words, then the layout, with facts made before."""
    drawn: list[tuple[str, dict[str, Any]]] = []
    render = bodies._render  # noqa: SLF001  the very calls that ours makes

    def noted(name: str, facts: dict[str, Any]) -> str:
        drawn.append((name, facts))
        return render(name, facts)

    bodies._render = noted  # noqa: SLF001
    try:
        compose_words(content)
    finally:
        bodies._render = render  # noqa: SLF001
    words, fields = (
        words_of(content),
        merge_fields(message_view(content), first_due="", notice_number=""),
    )
    texts = [parsed(source) for source in (words.subject, words.preview, words.body)]

    def bare() -> None:
        for text in texts:
            text.render(**fields)
        for name, facts in drawn:
            render(name, facts)

    return bare


def measure_rendering() -> None:
    """Print messages a second beside those of the engines alone."""
    content = sample_contents()[0]
    bare = engine_alone(content)
    ours, limit = medians(
        partial(_repeat, lambda: compose_words(content)), partial(_repeat, bare), rounds=5
    )
    print(
        f"rendered: {RENDERED / ours:,.0f} a second, engines alone {RENDERED / limit:,.0f}, ratio {ours / limit:.1f}"
    )


def _repeat(work: Callable[[], object]) -> None:
    for _ in range(RENDERED):
        work()


@dataclass
class Throttle:
    """A channel that can be told to be gone, which ends a round."""

    channel: SmtpChannel
    is_gone: bool = False

    def encode(self, mail: Any) -> bytes:  # noqa: ANN401  passed on as it is
        """Encode as the channel does."""
        return self.channel.encode(mail)

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        """Hand over, unless it is gone."""
        if self.is_gone:
            raise UnreachableError
        self.channel.hand_over(mail, before_last_dot=before_last_dot)

    def close(self) -> None:
        """Let the connection go."""
        self.channel.close()


@contextmanager
def relay() -> Iterator[tuple[Relay, Path]]:
    """Run a relay that keeps everything."""
    with tempfile.TemporaryDirectory() as folder, MailCatcher(Path(folder) / "mail") as catcher:
        yield (
            Relay("localhost", catcher.port, "", "", is_starttls=True, is_tls=False,
                  authority_file=str(catcher.authority_file), timeout=10),
            catcher.folder,
        )  # fmt: skip


def sender_of(channel: Any, folder: Path) -> Sender:  # noqa: ANN401  a channel, throttled or not
    """Return a worker's hands."""
    return Sender("bench", channel, FolderEvidence(folder), timezone.now)


def measure_sending() -> None:
    """Print messages a second beside the same bytes on one bare connection."""
    tenant_id = fill(SENT, 0, slug=f"bench-{uuid.uuid4().hex[:8]}")
    with relay() as (address, folder):
        channel = SmtpChannel(address)
        sender = sender_of(channel, folder)
        begin = time.perf_counter()
        sent = sender.send_ready(tenant_id).sent
        ours = time.perf_counter() - begin
        assert sent == SENT, f"{sent} of {SENT} left"
        with tenant_scope(tenant_id):
            kept = list(RenderedMessage.objects.values_list("recipient", "raw"))
        begin = time.perf_counter()
        for place, (recipient, raw) in enumerate(kept):
            mail = OutgoingMail(
                f"<{place}@bench.example>", "a@bench.example", recipient, bytes(raw)
            )
            channel.hand_over(mail, before_last_dot=lambda: None)
        limit = time.perf_counter() - begin
        channel.close()
    print(
        f"sent: {SENT / ours:,.0f} a second, bare relay {SENT / limit:,.0f}, ratio {ours / limit:.1f}"
    )


def measure_fairness() -> None:
    """Print how long five messages take while another tenant has ten thousand in its queue."""
    fill(HUGE, 0, slug=f"bench-{uuid.uuid4().hex[:8]}")
    with relay() as (address, folder):
        throttle = Throttle(SmtpChannel(address))
        worker = threading.Thread(target=_work, args=(sender_of(throttle, folder),), daemon=True)
        worker.start()
        time.sleep(HEAD_START_SECONDS)
        tenant_id = fill(SMALL, 0, slug=f"bench-{uuid.uuid4().hex[:8]}")
        begin = time.perf_counter()
        while _waiting(tenant_id) and time.perf_counter() - begin < PATIENCE_SECONDS:
            time.sleep(0.1)
        taken, left = time.perf_counter() - begin, _waiting(tenant_id)
        throttle.is_gone = True
        worker.join(PATIENCE_SECONDS)
        throttle.close()
    assert not left, f"{left} of {SMALL} still wait after {taken:.0f} s"
    print(
        f"fair: {SMALL} messages left {taken:.1f} s after they were let go, with {HUGE:,} of another tenant waiting"
    )


def _work(sender: Sender) -> None:
    try:
        send_in_turns(sender)
    finally:
        close_old_connections()
        connection.close()


def _waiting(tenant_id: uuid.UUID) -> int:
    with tenant_scope(tenant_id):
        return Reminder.objects.exclude(state=State.SENT).count()


def main() -> int:
    """Measure all three."""
    measure_rendering()
    measure_sending()
    measure_fairness()
    return 0


if __name__ == "__main__":
    sys.exit(main())
