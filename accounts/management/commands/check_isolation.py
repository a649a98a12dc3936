"""Ask the database's catalogue for every way around the wall between tenants."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from accounts.queries.isolation import isolation_faults
from kernel.commands import JsonCommand


class Command(JsonCommand):
    help = __doc__ or ""

    def answer(self, **_: Any) -> Mapping[str, Any]:
        with connection.cursor() as cursor:
            faults = [fault.as_json() for fault in isolation_faults(cursor)]
        answer: dict[str, Any] = {"faults": faults}
        if faults:
            answer["error"] = {
                "code": "isolation_faults",
                "message": f"Faults in the wall between tenants: {len(faults)}. Each line names one and its remedy.",
                "details": {"count": len(faults)},
            }
        return answer

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        faults = answer["faults"]
        if not faults:
            return ["No fault: the database alone keeps tenants apart."]
        return [f"{fault['kind']}: {fault['object']}: {fault['detail']}" for fault in faults]
