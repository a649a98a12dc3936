"""Which column is what: headers in French and English, whatever their case, accents and order."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

RECEIVABLES_FIELDS: Final[dict[str, str]] = {
    "customer_code": (
        "customer code|code client|code cli|client code|n client|no client|numero client|num client"
        "|customer id|customer number|customer no|customer n|client id|id client|compte client"
        "|compte auxiliaire|compte tiers|code tiers|tiers|n tiers|n compte|account number"
        "|debtor code|debtor number|code debiteur|comp aux num|ref client|reference client"
        "|customer reference|customer account|client n"
    ),
    "customer_name": (
        "customer name|raison sociale|nom client|client|nom|nom du client|customer|name|company"
        "|company name|client name|intitule|intitule client|libelle client|libelle tiers"
        "|nom tiers|nom du tiers|societe cliente|debtor|debtor name|debiteur|comp aux lib"
        "|denomination|denomination sociale|nom cli"
    ),
    "document_number": (
        "document number|n piece|no piece|numero piece|num piece|numero de piece|n facture"
        "|no facture|num facture|numero facture|numero de facture|n de piece|n de facture|piece"
        "|facture|invoice|invoice number|invoice no|invoice n|document|document no|document n"
        "|n document|numero document|reference piece|ref piece|piece ref|reference facture"
        "|ref facture|invoice id|invoice ref|invoice reference|n doc|num doc"
    ),
    "document_type": (
        "document type|type|type piece|type de piece|type document|type de document|nature"
        "|nature piece|doc type|typ|type facture|kind|sens piece"
    ),
    "issue_date": (
        "issue date|date piece|date de piece|date de la piece|date facture|date de facture"
        "|date de la facture|invoice date|document date|date document|date|date emission"
        "|date d emission|date de facturation|dt piece|dt facture|dt fac|posting date"
        "|date comptable|date ecriture|issued|issued on"
    ),
    "due_date": (
        "due date|echeance|date echeance|date d echeance|date d echeance piece|dt ech|dt echeance"
        "|date ech|due|due on|payment due date|date limite de paiement|date de paiement prevue"
        "|maturity|maturity date|echeance le"
    ),
    "amount": (
        "amount|montant ttc|ttc|montant|total ttc|mt ttc|mtt ttc|montant total|montant total ttc"
        "|invoice amount|gross amount|amount incl tax|amount including tax|total|total amount"
        "|total incl tax|montant facture|montant de la facture|amount incl vat|gross|montant piece"
    ),
    "currency": "currency|devise|monnaie|code devise|currency code|dev|ccy",
    "amount_excl_tax": (
        "amount excl tax|montant ht|ht|total ht|mt ht|net amount|amount excluding tax|net"
        "|amount excl vat|total excl tax|montant hors taxe|montant hors taxes"
    ),
    "open_amount": (
        "open amount|solde|reste du|restant du|reste a payer|solde du|reste a regler|montant du"
        "|montant restant|montant restant du|solde piece|balance|outstanding|outstanding amount"
        "|amount due|open balance|remaining amount|amount open|encours|solde restant|balance due"
    ),
    "paid_date": (
        "paid date|date de reglement|date reglement|date de paiement|date paiement|payment date"
        "|settled date|settlement date|paid on|regle le|paye le|date encaissement"
        "|date d encaissement|dt reglement|clearing date|date de lettrage"
    ),
    "paid_amount": (
        "paid amount|montant regle|montant paye|amount paid|regle|paye|payment amount"
        "|montant reglement|montant du reglement|montant encaisse|paid"
    ),
    "linked_document": (
        "linked document|piece liee|facture liee|document lie|facture d origine|facture origine"
        "|piece d origine|original invoice|related document|applies to|applied to|linked invoice"
        "|n piece liee|facture concernee|piece reglee|facture reglee"
    ),
    "disputed_amount": (
        "disputed amount|montant litige|montant en litige|montant du litige|montant conteste"
        "|litige|amount in dispute|dispute amount|disputed"
    ),
    "dispute_reason": (
        "dispute reason|motif litige|motif du litige|motif de litige|motif|raison du litige"
        "|reason|cause litige|cause du litige"
    ),
    "siren": "siren|n siren|no siren|numero siren|siret|n siret|numero siret|company number",
    "vat_number": (
        "vat number|n tva|no tva|numero tva|num tva|tva intracommunautaire|n tva intracommunautaire"
        "|numero de tva|tva intra|vat|vat no|vat id|tax id|n tva intra|vat n"
    ),
    "country": "country|pays|code pays|country code|pays client|customer country",
    "language": "language|langue|code langue|lang|language code",
    "email": (
        "email|e mail|mail|courriel|adresse e mail|adresse email|adresse mail|e mail contact"
        "|email contact|contact email|email address|adresse electronique|mail contact"
    ),
    "contact_name": (
        "contact name|contact|nom contact|nom du contact|interlocuteur|contact person|contact client"
    ),
    "phone": (
        "phone|telephone|tel|n telephone|numero de telephone|phone number|telephone contact"
        "|contact phone|mobile|portable"
    ),
    "sales_rep": (
        "sales rep|commercial|representant|vendeur|sales representative|salesperson|salesman"
        "|nom commercial|account manager|responsable commercial"
    ),
    "collector": (
        "collector|charge de relance|chargee de relance|charge de recouvrement|relanceur"
        "|gestionnaire|credit controller|collecteur|chargee de recouvrement|responsable relance"
    ),
    "order_number": (
        "order number|n commande|no commande|numero commande|numero de commande|n de commande"
        "|commande|num commande|order|order no|po number|purchase order|bon de commande"
        "|ref commande|reference commande|order n|customer order|n bon de commande"
    ),
    "entity": (
        "entity|societe|entite|code societe|legal entity|company code|etablissement|filiale"
        "|dossier|societe emettrice|code entite|entite juridique"
    ),
}

REQUIRED: Final = ("customer_code", "customer_name", "document_number", "issue_date", "amount")

FEC_COLUMNS: Final = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
FEC_VARIANT: Final = ("Montant", "Sens")  # instead of Debit and Credit
FEC_ENOUGH: Final = 8  # names recognised before a file is taken for a FEC

_NUMBER_SIGN = re.compile(r"\b(n|no|nr|num|numero)\s*[°ºᵒ#]|[°º#]|№")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_SMALL_WORDS: Final = frozenset({"de", "du", "d", "la", "le", "l", "des", "of", "the", "en"})


@cache
def plain(header: str) -> str:
    """Return a header without case, accents and signs: `N° de Pièce` becomes `n de piece`."""
    text = _NUMBER_SIGN.sub(" n ", _CAMEL.sub(" ", header.strip()))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    ascii_only = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return " ".join(_NOT_WORD.sub(" ", ascii_only).split())


def _words(header: str) -> frozenset[str]:
    return frozenset(header.split()) - _SMALL_WORDS


_EXACT: Final[dict[str, str]] = {
    synonym: field
    for field, synonyms in RECEIVABLES_FIELDS.items()
    for synonym in synonyms.split("|")
}
# Without blanks too: `codeclient`, `MontantTTC`, `DATE_ECHEANCE`.
_JOINED: Final[dict[str, str]] = {key.replace(" ", ""): field for key, field in _EXACT.items()}
_SETS: Final[dict[frozenset[str], str]] = {_words(key): field for key, field in _EXACT.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which field stands in which column (counted from 0), and which were recognised loosely."""

    positions: dict[str, int]
    unsure: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Return the required fields that no column holds."""
        return [field for field in REQUIRED if field not in self.positions]


def recognise(headers: Sequence[str]) -> Columns:
    """Return the fields of a receivables file by its headers; the first column of a kind wins."""
    positions: dict[str, int] = {}
    unsure: list[str] = []
    for certain in (True, False):
        for index, header in enumerate(headers):
            if index in positions.values():
                continue
            field = _certain(plain(header)) if certain else _SETS.get(_words(plain(header)))
            if field and field not in positions:
                positions[field] = index
                if not certain:
                    unsure.append(field)
    return Columns(positions, tuple(unsure))


def _certain(header: str) -> str | None:
    return _EXACT.get(header) or _JOINED.get(header.replace(" ", ""))


def mapped(headers: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """Return the columns that a person named: `mapping` gives the header for each field.

    What he left out is recognised by its header, unless its column is taken already.
    """
    by_header: dict[str, int] = {}
    for index, header in enumerate(headers):
        by_header.setdefault(plain(header), index)
    positions = {
        field: by_header[plain(header)]
        for field, header in mapping.items()
        if header and plain(header) in by_header
    }
    found = recognise(headers)
    for field, index in found.positions.items():
        if field not in mapping and index not in positions.values():
            positions[field] = index
    return Columns(positions, tuple(field for field in found.unsure if field not in mapping))


def recognise_fec(headers: Sequence[str]) -> dict[str, int] | None:
    """Return the position of each FEC column, or None when the headers are not those of a FEC."""
    wanted = {_fec_key(name): name for name in FEC_COLUMNS + FEC_VARIANT}
    positions: dict[str, int] = {}
    for index, header in enumerate(headers):
        name = wanted.get(_fec_key(header))
        if name:
            positions.setdefault(name, index)
    return positions if len(positions) >= FEC_ENOUGH else None


def _fec_key(header: str) -> str:
    return plain(header).replace(" ", "")


def signature(headers: Sequence[str]) -> str:
    """Return what a remembered mapping is found by: a digest of the headers in their order."""
    return hashlib.sha256("\x1f".join(plain(header) for header in headers).encode()).hexdigest()
