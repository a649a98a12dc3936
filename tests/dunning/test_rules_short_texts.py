"""What a text message may say, and to which number."""

import pytest

from dunning.rules.short_texts import SMS_LENGTH, fitted, gsm, text_number


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("07.12.34.56.78", "FR", "+33712345678"),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("0033612345678", "DE", "+33612345678"),
        ("02 40 11 22 33", "FR", ""),
        ("+33 2 40 11 22 33", "BE", ""),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("612 345 678", "ES", "+34612345678"),
        ("0151/12345678", "DE", "+4915112345678"),
        ("06 12 34 56 78", "US", ""),
        ("06 12 34 56 78 poste 4", "FR", ""),
        ("", "FR", ""),
        ("+", "FR", ""),
        ("٠٦١٢٣٤٥٦٧٨", "FR", ""),
    ],
)
def test_a_text_message_goes_to_mobile_numbers_only(phone: str, country: str, number: str) -> None:
    assert text_number(phone, country=country) == number


def test_letters_that_would_cost_a_part_are_written_plainly() -> None:
    assert gsm("1\u202f000,00\xa0€ – être payé à l’échéance 😀") == (
        "1 000,00 EUR - etre payé à l'échéance"
    )


def test_only_the_name_is_cut_so_that_the_link_stays_whole() -> None:
    words = "1 000,00 EUR late. https://pay.example/r/" + "x" * 60
    text = fitted("Société " * 60, words)
    assert len(text) <= SMS_LENGTH
    assert text.endswith(words)
