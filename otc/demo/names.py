"""Names of companies that exist nowhere, and the numbers and addresses that go with them."""

from random import Random

# Invented places: joined with an activity they name nobody.
_FIRST = (
    "Brév", "Corv", "Marz", "Orm", "Fléch", "Kerou", "Palis", "Varg", "Tresm", "Lanv", "Ross", "Quinc", "Aumb",
    "Verg", "Drev", "Sorb", "Ambr", "Hurl", "Nouv", "Pras", "Clerm", "Isl", "Jaun", "Galv", "Ébr", "Thor", "Ulm",
    "Wass", "Yvr", "Zél", "Craon", "Mirv",
)  # fmt: skip
_LAST = (
    "enne", "elle", "esson", "ard", "an", "ade", "illon", "oise", "ac", "igny", "ette", "eux", "uy", "oul",
    "aison", "ières", "obert", "ine",
)  # fmt: skip
_FORMS = {"FR": ("SAS", "SARL", "SA", ""), "DE": ("GmbH",), "BE": ("NV", "SRL"), "IT": ("SpA", "Srl"), "ES": ("SL",),
          "NL": ("BV",), "GB": ("Ltd",), "US": ("Inc.",), "CH": ("AG",), "IE": ("Ltd",)}  # fmt: skip
_STREETS = {"fr": "rue de l’Exemple", "en": "Sample Street"}
_FORENAMES = (
    "Camille", "Dominique", "Claude", "Alix", "Charlie", "Sacha", "Lou", "Noa", "Robin", "Andréa", "Maxence",
    "Ariane", "Basile", "Céleste", "Émile", "Flore", "Gaspard", "Hélène", "Irène", "Jules",
)  # fmt: skip
_SURNAMES = (
    "Fictif", "Exemple", "Modèle", "Témoin", "Factice", "Esquisse", "Maquette", "Gabarit", "Épreuve", "Canevas",
    "Patron", "Ébauche", "Calque", "Spécimen", "Prototype", "Croquis",
)  # fmt: skip

LANGUAGES = {"FR": "fr", "BE": "fr", "CH": "fr"}  # elsewhere one writes in English


class Names:
    """Gives each company a name of its own."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._given: set[str] = set()

    def company(self, activity: str, country: str) -> str:
        """Return a new name for a company of that activity and country."""
        while True:
            place = self._dice.choice(_FIRST) + self._dice.choice(_LAST)
            form = self._dice.choice(_FORMS.get(country, ("",)))
            name = f"{activity} {place} {form}".strip()
            if place not in self._given and name not in self._given:
                self._given |= {name, place}
                return name

    def person(self) -> str:
        """Return a name for somebody at a customer's."""
        return f"{self._dice.choice(_FORENAMES)} {self._dice.choice(_SURNAMES)}"


def siren(number: int) -> str:
    """Return the SIREN of the n-th invented company: it begins with 000, which is given to nobody, and checks."""
    stem = f"000{number:05d}"
    return next(stem + digit for digit in "0123456789" if _luhn(stem + digit))


def _luhn(digits: str) -> bool:
    total = 0
    for position, character in enumerate(reversed(digits)):
        value = int(character) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004  the digits of a two-digit product
    return total % 10 == 0


def french_vat_number(number: str) -> str:
    """Return the French VAT number that goes with a SIREN."""
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"


def address(dice: Random, country: str) -> str:
    """Return a postal address that leads nowhere."""
    language = LANGUAGES.get(country, "en")
    return f"{dice.randint(1, 120)} {_STREETS[language]}\n{dice.randint(10, 95)}000 Villemodèle"


def domain(code: str) -> str:
    """Return the customer's own e-mail domain, reserved for examples (RFC 2606)."""
    return f"{code.lower()}.example"
