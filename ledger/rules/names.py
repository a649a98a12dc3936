"""The form in which names are sorted and searched: the embedded PostgreSQL has no ICU collations."""

import unicodedata


def sort_key(name: str) -> str:
    """Return `name` casefolded, without accents and with single spaces: « Élan  Béton » gives `elan beton`."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(plain.replace("œ", "oe").replace("Œ", "OE").casefold().split())[:250]
