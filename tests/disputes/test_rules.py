from decimal import Decimal

import pytest

from disputes.models import DisputeType
from disputes.rules import Family, claimable, contested, family_of


@pytest.mark.parametrize(
    ("reason", "family"),
    [
        ("Erreur de prix", Family.PRICE),
        ("Tarif 2026 non appliqué", Family.PRICE),
        ("wrong DISCOUNT", Family.PRICE),
        ("Livraison incomplète", Family.DELIVERY),
        ("2 cartons manquants", Family.DELIVERY),
        ("not delivered", Family.DELIVERY),
        ("Pièces cassées", Family.QUALITY),
        ("Défaut d’aspect", Family.QUALITY),
        ("non-conformité", Family.QUALITY),
        ("N° de commande absent", Family.ADMINISTRATIVE),
        ("", Family.ADMINISTRATIVE),
    ],
)
def test_a_cause_in_words_finds_its_family(reason: str, family: Family) -> None:
    assert family_of(reason) == family


def test_the_families_are_those_stored() -> None:
    assert {family.value for family in Family} == set(DisputeType.values)


@pytest.mark.parametrize(
    ("open_amount", "disputed", "expected"),
    [(12000, 380, (380, 11620)), (100, 380, (100, 0)), (-50, 0, (0, 0)), (100, 0, (0, 100))],
)
def test_what_is_contested_is_capped_by_what_is_owed(
    open_amount: int, disputed: int, expected: tuple[int, int]
) -> None:
    owed, asked = Decimal(open_amount), Decimal(disputed)
    assert (contested(owed, asked), claimable(owed, asked)) == expected
