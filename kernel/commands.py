"""The shape of every management command: `--json`, a refusal as an answer, and the exit codes of the contract."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kernel.errors import Refused

REFUSED = 1  # exit code: a service declined; 2, wrong usage, is argparse's own


class JsonCommand(BaseCommand):
    """A command whose `answer` is one JSON document with `--json`, and lines for a person without.

    Nothing but the answer goes to standard output. A Refused, or an answer with the key `error`, ends with code 1.
    """

    requires_system_checks: list[str] = []  # a command that is asked by a program answers at once

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--json` beside the command's own arguments."""
        parser.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help="one JSON document on standard output",
        )
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: CommandParser) -> None:
        """Declare what this command takes."""

    def answer(self, *arguments: Any, **options: Any) -> Mapping[str, Any]:
        """Do the work and return the answer; raises Refused."""
        raise NotImplementedError

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        """Return the answer in lines for a person."""
        return (f"{key}: {value}" for key, value in answer.items())

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:  # noqa: ARG002
        """Print the answer, or the refusal."""
        try:
            answer = self.answer(**options)
        except Refused as refused:
            answer = {"error": refused.as_json()}
        if as_json:
            self.stdout.write(json.dumps(answer, default=str, ensure_ascii=False))
        else:
            self._speak(answer)
        if "error" in answer:
            sys.exit(REFUSED)

    def _speak(self, answer: Mapping[str, Any]) -> None:
        told = {key: value for key, value in answer.items() if key != "error"}
        for line in self.lines(told) if told else ():
            self.stdout.write(line)
        if "error" in answer:
            self.stderr.write(answer["error"]["message"])
