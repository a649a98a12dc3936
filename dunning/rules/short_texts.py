"""What a text message says, and to which number: two parts at most, in the letters every phone shows.

Two parts of a message in the GSM alphabet hold 153 characters each; one letter outside it would cut that to 67, so
such letters are written plainly. Sources: 3GPP TS 23.038 (alphabet), ITU-T E.164 (numbers), Arcep (French mobile
numbers begin with 06 or 07).
"""

import re
import unicodedata
from types import MappingProxyType

SMS_LENGTH = 306

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_PLAIN = MappingProxyType(
    {"€": "EUR", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
)


def gsm(text: str) -> str:
    """Return a text in the GSM alphabet, one space at a time; letters it does not have lose their accent or go."""
    written = "".join(_in_gsm(letter) for letter in text)
    return re.sub(r" +", " ", written).strip()


def _in_gsm(letter: str) -> str:
    if letter in _GSM:
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    if letter.isspace():
        return " "
    return "".join(each for each in unicodedata.normalize("NFKD", letter) if each in _GSM)


def fitted(name: str, words: str) -> str:
    """Return `name: words` in at most SMS_LENGTH characters; only the name is cut, for the words carry the link."""
    name, words = gsm(name), gsm(words)
    room = SMS_LENGTH - len(words) - 2
    if room <= 0:
        return words[:SMS_LENGTH]
    return f"{name[:room].rstrip()}: {words}"


_CODES = MappingProxyType(
    {
        "FR": "33",
        "BE": "32",
        "LU": "352",
        "DE": "49",
        "ES": "34",
        "IT": "39",
        "CH": "41",
        "GB": "44",
        "NL": "31",
        "PT": "351",
    }
)
_WITHOUT_PREFIX = frozenset({"ES", "IT", "LU", "PT"})  # national numbers are dialled as they are
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{7,14}")
_FRENCH_MOBILE = re.compile(r"\+33[67][0-9]{8}")


def text_number(phone: str, *, country: str) -> str:
    """Return a number as +33612345678, empty when no text message can reach it as far as one can see.

    `country` is the customer's, for a number written as one dials it there. A French number must be a mobile one.
    """
    digits = re.sub(r"[\s.\-/]|\(0\)|[()]", "", phone)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    code = _CODES.get(country.upper(), "")
    if code and not digits.startswith("+"):
        if digits.startswith("0"):
            digits = f"+{code}{digits[1:]}"
        elif country.upper() in _WITHOUT_PREFIX:
            digits = f"+{code}{digits}"
    if not _INTERNATIONAL.fullmatch(digits):
        return ""
    if digits.startswith("+33") and not _FRENCH_MOBILE.fullmatch(digits):
        return ""
    return digits
