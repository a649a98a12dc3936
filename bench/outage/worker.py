"""The Celery worker of the house, with a renderer that breaks on the rows meant to: `celery -A bench.outage.worker`."""

from dataclasses import replace

from celery.signals import worker_process_init

from otc.celery import app

__all__ = ["app"]


@worker_process_init.connect
def break_on_poison(**_signal: object) -> None:
    """Let everything be as it is in production, but for the composition of the poison rows."""
    from dunning import tasks  # noqa: PLC0415  Celery sets Django up first
    from dunning.messages import compose  # noqa: PLC0415
    from dunning.rules.content import ComposedMessage, ReminderContent  # noqa: PLC0415

    hands = tasks.hands

    def compose_or_crash(content: ReminderContent) -> ComposedMessage:
        if content.customer.code.startswith("crash"):
            message = "this row crashes the renderer"
            raise RuntimeError(message)
        return compose(content)

    tasks.hands = lambda: replace(hands(), compose=compose_or_crash)
