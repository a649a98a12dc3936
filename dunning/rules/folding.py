"""Text made plain for comparing, with the way back to the words as they were written."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Folded:
    """Text in lower case without accents, white space single; `positions` leads each character back."""

    plain: str
    source: str
    positions: tuple[int, ...]

    def original(self, start: int, end: int) -> str:
        """Return the words of the source that became `plain[start:end]`."""
        if start >= end:
            return ""
        return self.source[self.positions[start] : self.positions[end - 1] + 1]


def fold(source: str) -> Folded:
    """Fold text; line ends stay, since a line break may end a sentence."""
    plain: list[str] = []
    positions: list[int] = []
    for place, char in enumerate(source):
        for piece in _pieces(char):
            if piece == " " and (not plain or plain[-1] in " \n"):
                continue
            plain.append(piece)
            positions.append(place)
    return Folded("".join(plain), source, tuple(positions))


def _pieces(char: str) -> str:
    if char == "\n":
        return "\n"
    if char.isspace() or char == "\u00ad":
        return "" if char == "\u00ad" else " "
    if char in "’‘`´":
        return "'"
    parts = unicodedata.normalize("NFKD", char)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def folded(text: str) -> str:
    """Return text in lower case without accents, apostrophes straight, all white space single."""
    return " ".join(fold(text).plain.split())
