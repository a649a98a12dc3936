"""The words cells use for types, currencies, countries and languages, in French and English."""

from functools import cache
from typing import Final

from ledger.imports.parsers.headers import plain
from ledger.imports.parsers.values import ValueProblem

DEPOSIT: Final = "deposit"

_TYPES: Final = {
    "invoice": (
        "invoice|facture|fac|fact|fa|f|fc|inv|ve|vente|facture de vente|facture client|debit note"
        "|note de debit|avis de debit|sales invoice|facture de solde|tax invoice"
    ),
    "credit_note": (
        "credit note|avoir|av|a|note de credit|cn|credit|credit memo|facture d avoir|avoir client"
        "|creditnote"
    ),
    "payment": (
        "payment|reglement|rgt|reg|rglt|r|paiement|encaissement|enc|virement|cheque|chq|vir|pmt|p"
        "|receipt|cash|effet|lcr|prelevement|bank receipt|customer payment"
    ),
    DEPOSIT: "deposit|acompte|acpt|down payment|facture d acompte|prepayment|avance|advance",
}
TYPES: Final[dict[str, str]] = {
    word: kind for kind, words in _TYPES.items() for word in words.split("|")
}

# ISO 4217, the currencies in use.
CURRENCIES: Final = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()  # noqa: SIM905  a block of codes is read as one
)
_CURRENCY_WORDS: Final = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "US$": "USD"}

COUNTRIES: Final = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC
    EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK
    HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB
    LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
    NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU
    RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN
    TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""".split()  # noqa: SIM905  likewise
)
_COUNTRY_WORDS: Final = {
    "france": "FR",
    "belgique": "BE",
    "belgium": "BE",
    "allemagne": "DE",
    "germany": "DE",
    "deutschland": "DE",
    "espagne": "ES",
    "spain": "ES",
    "italie": "IT",
    "italy": "IT",
    "luxembourg": "LU",
    "pays bas": "NL",
    "netherlands": "NL",
    "suisse": "CH",
    "switzerland": "CH",
    "royaume uni": "GB",
    "united kingdom": "GB",
    "uk": "GB",
    "portugal": "PT",
    "irlande": "IE",
    "ireland": "IE",
    "autriche": "AT",
    "austria": "AT",
    "pologne": "PL",
    "poland": "PL",
    "etats unis": "US",
    "united states": "US",
    "usa": "US",
    "canada": "CA",
    "maroc": "MA",
    "morocco": "MA",
    "tunisie": "TN",
    "algerie": "DZ",
    "monaco": "MC",
    "danemark": "DK",
    "suede": "SE",
    "norvege": "NO",
    "finlande": "FI",
    "grece": "GR",
    "chine": "CN",
    "japon": "JP",
    "roumanie": "RO",
    "republique tcheque": "CZ",
    "hongrie": "HU",
    "bulgarie": "BG",
    "croatie": "HR",
    "fra": "FR",
    "bel": "BE",
    "deu": "DE",
    "esp": "ES",
    "ita": "IT",
    "gbr": "GB",
    "che": "CH",
    "lux": "LU",
    "nld": "NL",
    "prt": "PT",
}
_LANGUAGES: Final = {
    "fr": "fr",
    "fra": "fr",
    "fre": "fr",
    "francais": "fr",
    "french": "fr",
    "fr fr": "fr",
    "en": "en",
    "eng": "en",
    "anglais": "en",
    "english": "en",
    "en gb": "en",
    "en us": "en",
    "de": "de",
    "deu": "de",
    "ger": "de",
    "allemand": "de",
    "german": "de",
    "deutsch": "de",
    "de de": "de",
    "es": "es",
    "spa": "es",
    "espagnol": "es",
    "spanish": "es",
    "espanol": "es",
    "es es": "es",
    "it": "it",
    "ita": "it",
    "italien": "it",
    "italian": "it",
    "italiano": "it",
    "it it": "it",
    "nl": "nl",
    "nld": "nl",
    "dut": "nl",
    "neerlandais": "nl",
    "dutch": "nl",
    "nederlands": "nl",
    "nl nl": "nl",
}
_YES: Final = frozenset({"yes", "y", "oui", "o", "true", "vrai", "x"})
_NO: Final = frozenset({"no", "n", "non", "false", "faux"})


@cache
def document_type(text: str) -> str:
    """Return invoice, credit_note, payment or deposit; raises ValueProblem on any other word."""
    kind = TYPES.get(plain(text))
    if kind is None:
        raise ValueProblem("type_unknown", value=text)
    return kind


@cache
def currency(text: str) -> str:
    """Return the ISO 4217 code; raises ValueProblem on an unknown one."""
    code = text.upper()
    code = _CURRENCY_WORDS.get(code, code)
    if code not in CURRENCIES:
        raise ValueProblem("currency_unknown", value=text)
    return code


@cache
def country(text: str) -> str:
    """Return the ISO 3166 code of two letters; raises ValueProblem on an unknown country."""
    code = text.upper()
    if code in COUNTRIES:
        return code
    known = _COUNTRY_WORDS.get(plain(text))
    if known is None:
        raise ValueProblem("country_unknown", value=text)
    return known


@cache
def language(text: str) -> str:
    """Return the ISO 639 code of a language messages are written in; raises ValueProblem on any other."""
    known = _LANGUAGES.get(plain(text))
    if known is None:
        raise ValueProblem("language_unknown", value=text)
    return known


def truth(text: str) -> bool | None:
    """Return what a word of agreement says, None when the text is none."""
    word = plain(text)
    return True if word in _YES else False if word in _NO else None
