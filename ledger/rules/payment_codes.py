"""What a payer copies or scans: the EPC QR code of a SEPA transfer and the RF creditor reference.

Sources: EPC069-12 (Quick Response Code, version 002) and ISO 11649. Scanned mostly in AT, BE, FI,
DE and NL, so whoever shows a code prints the IBAN and the reference beside it.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import segno
from stdnum import bic, iban, iso11649
from stdnum.iso7064 import mod_97_10

NAME_LENGTH = 70
REMITTANCE_LENGTH = 140
PAYLOAD_BYTES = 331
LARGEST_VERSION = 13
LEAST_AMOUNT = Decimal("0.01")
MOST_AMOUNT = Decimal("999999999.99")
RF_BODY_LENGTH = 21
QUIET_ZONE = 4
MASK = 2

_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]")


class UnpayableError(ValueError):
    """The facts make no SEPA transfer; the message says which one and what it must be."""


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """A SEPA transfer in euros as the payer's bank will fill it in.

    `creditor_name` must be the account holder's name, or the payer's bank reports a mismatch
    (verification of payee, EU 2024/886). A `reference` that is a valid RF number goes structured.
    """

    creditor_name: str
    iban: str
    amount: Decimal
    reference: str
    bic: str = ""


def creditor_reference(*parts: str) -> str:
    """Return the RF creditor reference of `parts`, joined: letters and digits only, no spaces.

    The last 21 characters are kept, since numbers differ at their end. Raises UnpayableError when
    nothing is left. Source: ISO 11649, check digits by ISO 7064 mod 97-10.
    """
    body = _alphanumeric("".join(parts))[-RF_BODY_LENGTH:]
    if not body:
        raise UnpayableError(f"A creditor reference needs a letter or a digit, not {parts!r}.")
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def selection_reference(customer_code: str, document_numbers: Iterable[str], day: date) -> str:
    """Return the RF reference of what is paid together: one document's own, else customer and day.

    A single document is found by its number. Several share `customer_code` and the `day` of the
    statement, which the bank line then brings back. Numbers without letter or digit count as none.
    """
    numbers = [_alphanumeric(number) for number in document_numbers]
    if len(numbers) == 1 and numbers[0]:
        return creditor_reference(numbers[0])
    stamp = f"{day:%y%m%d}"
    return creditor_reference(_alphanumeric(customer_code)[-(RF_BODY_LENGTH - len(stamp)) :], stamp)


def grouped(code: str) -> str:
    """Return an IBAN or RF reference in blocks of four characters, as people copy it."""
    return iban.format(code) if iban.is_valid(code) else iso11649.format(code)


def is_creditor_reference(text: str) -> bool:
    """Return whether `text` is an RF reference with right check digits, spaces allowed."""
    compact = iso11649.compact(text)
    return compact.isalnum() and compact.isascii() and iso11649.is_valid(compact)


def epc_payload(request: TransferRequest) -> str:
    """Return the text of the EPC QR code, version 002, UTF-8, at most 331 bytes.

    The amount is rounded nowhere: more than two decimals are refused. Raises UnpayableError naming
    the fact that the standard does not admit. Source: EPC069-12, section 2.
    """
    structured, unstructured = _remittance(request.reference)
    lines = [
        "BCD",
        "002",
        "1",
        "SCT",
        _bic(request.bic),
        _one_line(request.creditor_name, NAME_LENGTH, "creditor's name"),
        _iban(request.iban),
        f"EUR{_amount(request.amount)}",
        "",
        structured,
        unstructured,
    ]
    payload = "\n".join(lines).rstrip("\n")
    if len(payload.encode()) > PAYLOAD_BYTES:
        raise UnpayableError(
            f"The transfer code would hold {len(payload.encode())} bytes; "
            f"{PAYLOAD_BYTES} is the most a bank reads.",
        )
    return payload


def qr_png(payload: str, *, scale: int = 4) -> bytes:
    """Return `payload` as a black and white PNG with its quiet zone, error level M."""
    stream = io.BytesIO()
    _code(payload).save(
        stream,
        kind="png",
        scale=scale,
        border=QUIET_ZONE,
        dark="black",
        light="white",
    )
    return stream.getvalue()


def qr_svg(payload: str, *, title: str) -> str:
    """Return `payload` as an SVG element drawn with attributes only, `title` being its text.

    It holds no style, so that a strict content security policy and a PDF engine both draw it.
    """
    stream = io.BytesIO()
    _code(payload).save(
        stream,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000000",
        light="#ffffff",
        xmldecl=False,
        svgns=True,
        nl=False,
        omitsize=True,
        title=title,
        svgclass="qr",
        lineclass=None,
        unit=None,
    )
    return stream.getvalue().decode().replace("<svg ", '<svg role="img" ', 1)


def _code(payload: str) -> segno.QRCode:
    # Readers take any of the eight masks; weighing all of them took five times as long as the code itself.
    code = segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False, mask=MASK)
    if int(code.version) > LARGEST_VERSION:
        raise UnpayableError(
            f"The transfer code would need QR version {code.version}; "
            f"{LARGEST_VERSION} is the largest a bank reads.",
        )
    return code


def _alphanumeric(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).upper()
    return _NOT_ALPHANUMERIC.sub("", plain)


def _one_line(text: str, length: int, label: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise UnpayableError(f"The {label} is empty.")
    return plain[:length].rstrip()


def _bic(text: str) -> str:
    if not text:
        return ""
    if not bic.is_valid(text):
        raise UnpayableError(f"{text} is no BIC; leave it empty or correct it.")
    return str(bic.compact(text))


def _iban(text: str) -> str:
    if not iban.is_valid(text, check_country=False):
        raise UnpayableError(f"{text} is no IBAN: its check digits do not fit.")
    return str(iban.compact(text))


def _amount(amount: Decimal) -> str:
    if not LEAST_AMOUNT <= amount <= MOST_AMOUNT:
        raise UnpayableError(
            f"A SEPA transfer is between {LEAST_AMOUNT} and {MOST_AMOUNT} EUR; {amount} is not.",
        )
    cents = amount.quantize(LEAST_AMOUNT)
    if cents != amount:
        raise UnpayableError(f"A SEPA transfer has two decimals at most; {amount} has more.")
    return str(cents)


def _remittance(reference: str) -> tuple[str, str]:
    """Return the structured and the unstructured reference; one of them is empty."""
    if is_creditor_reference(reference):
        return str(iso11649.compact(reference)), ""
    return "", _one_line(reference, REMITTANCE_LENGTH, "payment reference")
