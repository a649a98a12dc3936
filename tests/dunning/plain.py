"""A stand-in for the writer of messages, whose own tests are elsewhere; PDF rendering takes its time."""

from dunning.rules.content import ComposedMessage, ReminderContent


def compose_plainly(content: ReminderContent) -> ComposedMessage:
    """Say little, quickly; a customer called Unprintable cannot be written to at all."""
    if "unprintable" in content.customer.name.casefold():
        raise ValueError("a text that cannot be written")
    lines = "\n".join(f"{line.document_number} {line.open_amount}" for line in content.lines)
    return ComposedMessage(
        f"{content.customer.name}: {content.totals.net}", f"<p>{lines}</p>", lines, None
    )
