"""What is new in an answer: without the mail it quotes and without the signature below it."""

import re

# Where a mail program begins to repeat the message that is answered, in French and in English.
_QUOTE_BEGINS = re.compile(
    r"^(?:"
    r"(?:Le|El|On|Am)\b.{0,200}(?:a écrit|a ecrit|wrote|schrieb)\s?:\s*$"
    r"|-{2,}\s*(?:Original Message|Message d['’]origine|Message transféré|Forwarded message|Message original).*$"
    r"|_{10,}\s*$"
    r"|(?:De|From)\s?:\s.+\n(?:.*\n){0,2}?(?:Envoyé|Date|Sent|À|To)\s?:.*$"
    r")",
    re.MULTILINE | re.IGNORECASE,
)
_WRAPPED_INTRODUCTION = re.compile(
    r"^(?:Le|On)\b[^\n]{0,200}\n[^\n]{0,120}(?:a écrit|wrote)\s?:\s*$", re.MULTILINE
)
_SIGNATURE = re.compile(r"^(?:-- ?|__ ?)$", re.MULTILINE)


def new_words(text: str) -> str:
    """Return the part of a mail's text its writer wrote now; the whole when nothing else is in it."""
    body = text.replace("\r\n", "\n").replace("\r", "\n")
    cuts = [
        found.start()
        for pattern in (_QUOTE_BEGINS, _WRAPPED_INTRODUCTION, _SIGNATURE)
        if (found := pattern.search(body)) is not None
    ]
    kept = body[: min(cuts)] if cuts else body
    lines = [line for line in kept.split("\n") if not line.lstrip().startswith(">")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
