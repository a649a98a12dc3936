"""`demo_summary`: where the demo is served, who may sign in, a customer's page and the mailbox."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from kernel.commands import JsonCommand
from otc.demo.summary import demo_summary


class Command(JsonCommand):
    help = "Tell the demo's address, its sign-ins per role, a customer's page and the mailbox."

    def answer(self, *arguments: Any, **options: Any) -> Mapping[str, Any]:
        return demo_summary(now=timezone.now())

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        yield f"Address    {answer['address']}"
        yield "Sign in    on the sign-in page, as anybody, without a password:"
        for person in answer["sign_ins"]:
            yield f"           {person['tenant']:<24} {person['role']:<28} {person['email']}"
        for link in answer["portal_links"]:
            yield f"Customer   {link['customer']} ({link['tenant']}): {link['url']}"
        yield f"Mailbox    {answer['mailbox']}"
