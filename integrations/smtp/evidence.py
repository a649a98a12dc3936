"""What became of a message whose outcome is unknown: a look into the folder in which the relay keeps its log.

The relay, or the mail catcher in its place, writes one file per accepted message, whose name begins with the
SHA-256 of its Message-ID. Without such a folder nothing can be found out and a person decides.
"""

from hashlib import sha256
from pathlib import Path

from django.conf import settings


class FolderEvidence:
    """Finds accepted messages by the names of files."""

    def __init__(self, folder: str | Path | None = None) -> None:
        given = settings.OTC_MAIL_EVIDENCE_DIR if folder is None else folder
        self.folder = Path(given) if given else None

    def was_accepted(self, message_id: str) -> bool | None:
        """Say whether the relay accepted a message; None when there is no folder to look into."""
        if self.folder is None or not self.folder.is_dir():
            return None
        digest = sha256(message_id.strip().encode()).hexdigest()
        return any(self.folder.glob(f"{digest}*"))
