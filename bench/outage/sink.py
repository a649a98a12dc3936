"""The relay: `python -m bench.outage.sink FOLDER PORT`.

It knows nobody called refused, and puts off whoever is called later until a file named `open` lies beside the folder:
a relay that is killed must not forget it.
"""

import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import Envelope

from otc.embedded.mailbox import MailCatcher


def main(folder: Path, port: int) -> None:
    """Run until a signal ends it; print the address once it listens."""

    def answer(envelope: Envelope) -> str:
        name = str(envelope.rcpt_tos[0])
        if name.startswith("refused"):
            return "550 5.1.1 Unknown here"
        if name.startswith("later") and not (folder.parent / "open").exists():
            return "451 4.7.1 Come back later"
        return ""

    with MailCatcher(folder, port=port, answer=answer) as catcher:
        print(catcher.url, catcher.authority_file, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
