import csv
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.identifiers import (
    IdentifierKind,
    Reason,
    creditor_reference,
    iban,
    judge,
    lei,
    new_creditor_reference,
    siren,
    siren_of,
    siret,
    vat_number,
    vat_of_siren,
)

FILES = {
    "iban": (IdentifierKind.IBAN, "", 110),
    "bic": (IdentifierKind.BIC, "", 203),
    "fr_siren": (IdentifierKind.SIREN, "", 8),
    "fr_siret": (IdentifierKind.SIRET, "", 29),
    "fr_vat": (IdentifierKind.VAT, "FR", 4),
    "be_vat": (IdentifierKind.VAT, "BE", 3),
    "eu_vat": (IdentifierKind.VAT, "", 379),
    "iso11649_creditor_reference": (IdentifierKind.CREDITOR_REFERENCE, "", 51),
    "lei": (IdentifierKind.LEI, "", 51),
}


def rows(shared_data: Path, name: str) -> list[dict[str, str]]:
    with (shared_data / "reference_vectors" / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("name", FILES)
def test_every_published_vector_is_judged_right(shared_data: Path, name: str) -> None:
    kind, country, count = FILES[name]
    vectors = rows(shared_data, name)
    judged = {row["input"]: judge(kind, row["input"], country=country) for row in vectors}
    wrong = [
        row["input"]
        for row in vectors
        if judged[row["input"]].is_valid != (row["expected"] == "valid")
    ]
    assert len(vectors) == count
    assert wrong == []


@pytest.mark.parametrize("name", FILES)
def test_every_published_normal_form_is_met(shared_data: Path, name: str) -> None:
    kind, country, _ = FILES[name]
    for row in rows(shared_data, name):
        if row["expected"] == "valid" and row["normal_form_or_reason"]:
            assert (
                judge(kind, row["input"], country=country).normal
                == f"{country}{row['normal_form_or_reason']}"
            )


@pytest.mark.parametrize("name", FILES)
def test_a_normal_form_is_its_own_normal_form(shared_data: Path, name: str) -> None:
    kind, country, _ = FILES[name]
    for row in rows(shared_data, name):
        normal = judge(kind, row["input"], country=country).normal
        if normal:
            assert judge(kind, normal).normal == normal
            assert set(normal) <= set(string.ascii_uppercase + string.digits + "+*")


# The staging data gives key 82 to this SIREN; (12 + 3 * (552049447 mod 97)) mod 97 is 35.
WRONG_KEY = "552049447"


def test_a_siren_or_siret_gives_the_vat_number_of_its_company(shared_data: Path) -> None:
    for row in rows(shared_data, "fr_siren_to_vat"):
        number = f"FR{row['expected_vat_without_FR']}"
        if row["siren_or_siret"] == WRONG_KEY:
            assert vat_number(number) is None
            assert vat_of_siren(WRONG_KEY) == "FR35552049447"
        else:
            assert vat_of_siren(row["siren_or_siret"]) == number
            assert siren_of(number) == siren_of(row["siren_or_siret"])


def test_la_poste_has_its_own_sum() -> None:
    assert siret("356 000 000 00048") == "35600000000048"
    assert siret("35600000049837") == "35600000049837"
    assert siret("35600000000002") is None


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        (IdentifierKind.SIREN, "", Reason.EMPTY),
        (IdentifierKind.SIREN, " . ", Reason.EMPTY),
        (IdentifierKind.SIREN, "000000000", Reason.COMPONENT),
        (IdentifierKind.SIREN, "12345678", Reason.LENGTH),
        (IdentifierKind.SIREN, "73282932A", Reason.FORMAT),
        (IdentifierKind.SIREN, "732829321", Reason.CHECKSUM),
        (IdentifierKind.SIRET, "00000000000000", Reason.COMPONENT),
        (IdentifierKind.IBAN, "FR1420041010050500013M02607", Reason.CHECKSUM),
        (IdentifierKind.IBAN, "XX1420041010050500013M02606", Reason.CHECKSUM),
        (IdentifierKind.VAT, "ZZ123", Reason.COMPONENT),
    ],
)
def test_a_number_that_cannot_exist_is_told_why(
    kind: IdentifierKind, typed: str, reason: Reason
) -> None:
    judged = judge(kind, typed)
    assert (judged.is_valid, judged.normal, judged.reason) == (False, None, reason)


def test_blanks_points_and_narrow_spaces_are_no_part_of_a_number() -> None:
    assert siren("732\u202f829\u00a0320") == "732829320"
    assert siren("732.829.320") == "732829320"
    assert iban("fr14 2004 1010 0505 0001 3m02 606") == "FR1420041010050500013M02606"


def test_a_french_iban_with_a_wrong_national_key_is_refused_though_mod_97_is_right() -> None:
    account = "20041010050500013M02607"
    digits = "".join(str(int(character, 36)) for character in f"{account}FR00")
    forged = f"FR{98 - int(digits) % 97:02d}{account}"
    judged = judge(IdentifierKind.IBAN, forged)
    assert (judged.is_valid, judged.reason) == (False, Reason.CHECKSUM)


def test_a_vat_number_typed_without_its_letters_gets_those_of_the_country() -> None:
    assert vat_number("44732829320", country="FR") == "FR44732829320"
    assert vat_number("428759497", country="be") == "BE0428759497"
    assert vat_number("094259216", country="GR") == vat_number("EL094259216")
    assert vat_number("44732829320") is None


def test_a_siren_is_found_inside_other_numbers() -> None:
    assert siren_of("FR44732829320") == "732829320"
    assert siren_of("73282932000074") == "732829320"
    assert siren_of("BE0428759497") is None


@given(st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=21))
def test_a_reference_we_make_is_a_reference_we_accept(text: str) -> None:
    made = new_creditor_reference(text)
    assert creditor_reference(made) == made


@pytest.mark.parametrize("text", ["", " . ", "A" * 22, "é"])
def test_a_reference_cannot_be_made_of_nothing_or_of_too_much(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 21"):
        new_creditor_reference(text)


@given(st.integers(0, 999_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_breaks_a_siren(number: int, place: int, shift: int) -> None:
    typed = f"{number:09d}"
    if siren(typed):
        changed = str((int(typed[place]) + shift) % 10)
        assert siren(typed[:place] + changed + typed[place + 1 :]) is None


def test_a_word_whose_check_digits_happen_to_be_right_is_no_legal_entity_identifier() -> None:
    judged = judge(IdentifierKind.LEI, "AUTHORIZATION")
    assert (judged.is_valid, judged.reason) == (False, Reason.LENGTH)


@given(st.text(string.ascii_uppercase + string.digits, min_size=18, max_size=18))
def test_only_twenty_characters_ending_in_digits_are_a_legal_entity_identifier(text: str) -> None:
    key = 98 - int("".join(str(int(one, 36)) for one in f"{text}00")) % 97
    assert lei(f"{text}{key:02d}") == f"{text}{key:02d}"
    assert lei(f"{text[:-1]}{key:02d}") is None


@given(st.text(max_size=40))
def test_no_text_makes_a_judgement_fail(text: str) -> None:
    for kind in IdentifierKind:
        judged = judge(kind, text)
        assert judged.is_valid is (judged.reason is None)
    assert lei(text) is None or len(lei(text) or "") == 20
