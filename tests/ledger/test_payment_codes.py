import io
from datetime import date
from decimal import Decimal

import pytest
import segno
from PIL import Image
from stdnum import iso11649

from ledger.rules.payment_codes import (
    MASK,
    PAYLOAD_BYTES,
    QUIET_ZONE,
    TransferRequest,
    UnpayableError,
    creditor_reference,
    epc_payload,
    grouped,
    is_creditor_reference,
    qr_png,
    qr_svg,
    selection_reference,
)

IBAN = "FR7630006000011234567890189"


def transfer(
    *,
    name: str = "Orvanne Industries",
    iban: str = IBAN,
    amount: str = "191470.75",
    reference: str = "C-10482 RELEVE 19/11/2026",
    bic: str = "",
) -> TransferRequest:
    return TransferRequest(name, iban, Decimal(amount), reference, bic)


def test_the_payload_holds_the_lines_of_the_standard_in_order() -> None:
    assert epc_payload(transfer()).split("\n") == [
        "BCD",
        "002",
        "1",
        "SCT",
        "",
        "Orvanne Industries",
        IBAN,
        "EUR191470.75",
        "",
        "",
        "C-10482 RELEVE 19/11/2026",
    ]


def test_an_rf_reference_travels_structured_and_alone() -> None:
    lines = epc_payload(transfer(reference="RF18 5390 0754 7034")).split("\n")
    assert lines[9:] == ["RF18539007547034"]


def test_an_rf_reference_with_wrong_check_digits_travels_as_text() -> None:
    lines = epc_payload(transfer(reference="RF17539007547034")).split("\n")
    assert lines[9:] == ["", "RF17539007547034"]


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0.01", "EUR0.01"), ("999999999.99", "EUR999999999.99"), ("120.0000", "EUR120.00")],
)
def test_the_amounts_of_the_standard_are_written_with_two_decimals(
    amount: str,
    written: str,
) -> None:
    assert epc_payload(transfer(amount=amount)).split("\n")[7] == written


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"amount": "0.00"}, "0.01"),
        ({"amount": "-5.00"}, "-5.00"),
        ({"amount": "1000000000.00"}, "999999999.99"),
        ({"amount": "1.005"}, "two decimals"),
        ({"iban": "FR7630006000011234567890188"}, "check digits"),
        ({"bic": "NOTABIC"}, "NOTABIC"),
        ({"name": "  "}, "creditor's name"),
        ({"reference": ""}, "payment reference"),
    ],
)
def test_what_the_standard_does_not_admit_is_refused_by_name(
    changed: dict[str, str],
    named: str,
) -> None:
    with pytest.raises(UnpayableError, match=named):
        epc_payload(transfer(**changed))


def test_a_long_name_is_cut_at_seventy_characters() -> None:
    assert epc_payload(transfer(name="A" * 90)).split("\n")[5] == "A" * 70


def test_a_line_break_in_a_name_adds_no_line() -> None:
    payload = epc_payload(transfer(name="Orvanne\nDE89370400440532013000"))
    assert payload.split("\n")[5:7] == ["Orvanne DE89370400440532013000", IBAN]


def test_a_payload_beyond_331_bytes_is_refused() -> None:
    wide = transfer(name="€" * 70, reference="é" * 140)
    with pytest.raises(UnpayableError, match=str(PAYLOAD_BYTES)):
        epc_payload(wide)


@pytest.mark.parametrize(
    ("parts", "reference"),
    [
        # The example of the Finnish Bankers' Association for ISO 11649.
        (("539007547034",), "RF18539007547034"),
        (("FA-2606-0218",), "RF85FA26060218"),
        (("C-10482", "261119"), "RF62C10482261119"),
    ],
)
def test_a_creditor_reference_carries_its_check_digits(
    parts: tuple[str, ...],
    reference: str,
) -> None:
    assert creditor_reference(*parts) == reference
    assert iso11649.is_valid(reference)
    assert is_creditor_reference(grouped(reference))


def test_a_long_number_keeps_its_end_within_25_characters() -> None:
    reference = creditor_reference("FACTURE-2026-000000000000000-123456")
    assert len(reference) == 25
    assert reference.endswith("123456")


def test_accents_are_written_as_plain_letters() -> None:
    assert creditor_reference("Réf-é1") == creditor_reference("REFE1")


def test_nothing_to_refer_to_is_refused() -> None:
    with pytest.raises(UnpayableError):
        creditor_reference("--", "  ")


def test_one_document_is_paid_under_its_own_number_and_several_under_the_customer() -> None:
    day = date(2026, 11, 19)
    alone = selection_reference("C-10482", ["FA-2606-0218"], day)
    together = selection_reference("C-10482", ["FA-2606-0218", "FA-2608-0620"], day)
    assert alone == "RF85FA26060218"
    assert together == "RF62C10482261119"


def test_a_selection_always_has_a_reference() -> None:
    day = date(2026, 11, 19)
    assert selection_reference("--", ["//"], day) == creditor_reference("261119")
    assert len(selection_reference("X" * 60, ["A", "B"], day)) == 25


def test_the_picture_is_the_code_of_the_payload_with_its_quiet_zone() -> None:
    payload = epc_payload(transfer())
    picture = Image.open(io.BytesIO(qr_png(payload, scale=1))).convert("L")
    matrix = segno.make_qr(
        payload, error="m", encoding="utf-8", boost_error=False, mask=MASK
    ).matrix
    side = len(matrix) + 2 * QUIET_ZONE
    assert picture.size == (side, side)
    read = [
        [
            int(picture.getpixel((column + QUIET_ZONE, row + QUIET_ZONE)) == 0)
            for column in range(len(matrix))
        ]
        for row in range(len(matrix))
    ]
    assert read == [list(row) for row in matrix]


def test_the_drawing_has_no_style_and_says_what_it_is() -> None:
    drawing = qr_svg(epc_payload(transfer()), title="Virement <de> 191 470,75 €")
    assert drawing.startswith("<svg ")
    assert "style" not in drawing
    assert "<title>Virement &lt;de&gt; 191 470,75 €</title>" in drawing
