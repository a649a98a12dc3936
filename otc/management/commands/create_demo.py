"""`create_demo`: make the demo tenants; a second call keeps them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from kernel.commands import JsonCommand
from otc.demo.services import create_demo


class Command(JsonCommand):
    help = "Make the demo tenants with their people, customers and history; those that are there are kept."

    def answer(self, *arguments: Any, **options: Any) -> Mapping[str, Any]:
        return {"tenants": [asdict(made) for made in create_demo(now=timezone.now())]}

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        for made in answer["tenants"]:
            state = "made" if made["is_new"] else "kept"
            figures = f"{made['customers']} customers, {made['documents']} documents"
            yield f"{made['name']}: {state}, {figures}."
