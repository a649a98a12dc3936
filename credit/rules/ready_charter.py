"""The charter that comes with the product: installed as a draft, read, edited, then published by another person.

The amounts suit a company that invoices some ten million euros a year; each tenant sets its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from credit.rules.charter import Article, Check, Effect
from ledger.rules.terms import TermKind

_N, _B = "\u00a0", "\u202f"


def _article(
    number: int,
    check: Check,
    effect: Effect,
    parameters: dict[str, Any],
    *words: tuple[str, str],
) -> Article:
    french, english = words
    return Article(
        number=number,
        check=check,
        parameters=parameters,
        effect=effect,
        title={"fr": french[0], "en": english[0]},
        text={
            "fr": french[1].replace(" :", f"{_N}:").replace(" ;", f"{_B};").replace(" %", f"{_N}%"),
            "en": english[1],
        },
    )


READY_CHARTER = (
    _article(
        1,
        Check.FINANCE_CLOSES_OPENINGS,
        Effect.REFUSE,
        {},
        (
            "La finance clôt chaque ouverture de compte",
            (
                "Le commercial propose, la finance décide. Aucun compte n’est ouvert à crédit sans une étape tenue par "
                "le credit management."
            ),
        ),
        (
            "Finance closes every account opening",
            (
                "Sales proposes, finance decides. No account is opened on credit without a step held by credit "
                "management."
            ),
        ),
    ),
    _article(
        2,
        Check.MAXIMUM_TERM,
        Effect.REFUSE,
        {"days": 45, "method": TermKind.NET.value},
        (
            "Délai de paiement maximal",
            (
                "Le délai accordé ne dépasse pas {days}, comptés ainsi : {method}. Un délai plus long ne se vend pas : "
                "il se finance, et c’est nous qui le payons."
            ),
        ),
        (
            "Longest payment term",
            (
                "The term granted does not exceed {days}, counted so: {method}. A longer term is not sold but "
                "financed, and we are the ones who pay for it."
            ),
        ),
    ),
    _article(
        3,
        Check.DEPOSIT_UNDER_GRADE,
        Effect.REFUSE,
        {"grade": "D", "share": Decimal("0.3")},
        (
            "Acompte à la commande pour les clients fragiles",
            "À partir de la note {grade}, un acompte d’au moins {share} est encaissé avant la première livraison.",
        ),
        (
            "Deposit with the order for weak customers",
            "From grade {grade} on, a deposit of at least {share} is received before the first delivery.",
        ),
    ),
    _article(
        4,
        Check.PREPAYMENT_FOR_GRADE,
        Effect.REFUSE,
        {"grade": "E"},
        (
            "Paiement d’avance",
            "Un client noté {grade} paie avant d’être livré : aucune limite de crédit ne lui est accordée.",
        ),
        (
            "Payment in advance",
            "A customer graded {grade} pays before delivery: no credit limit is granted to him.",
        ),
    ),
    _article(
        5,
        Check.NO_CREDIT_IN_INSOLVENCY,
        Effect.REFUSE,
        {},
        (
            "Pas de crédit pendant une procédure collective",
            "Une société en sauvegarde, en redressement ou en liquidation judiciaire est servie au comptant.",
        ),
        (
            "No credit during insolvency proceedings",
            "A company in safeguard, reorganisation or liquidation proceedings is served for cash.",
        ),
    ),
    _article(
        6,
        Check.NO_DELIVERY_WHEN_BLOCKED,
        Effect.REFUSE,
        {},
        (
            "Pas de livraison à un client bloqué",
            (
                "Un compte bloqué n’est ni commandé ni livré. Le blocage se lève par une décision motivée, jamais en "
                "rouvrant une commande."
            ),
        ),
        (
            "No delivery to a customer on hold",
            (
                "Nothing is ordered for or delivered to an account on hold. A hold is lifted by a decision with its "
                "reason, never by opening an order again."
            ),
        ),
    ),
    _article(
        7,
        Check.NO_RAISE_WHILE_OVERDUE,
        Effect.REFUSE,
        {"days": 30},
        (
            "Pas de hausse de limite avec un retard ancien",
            "Aucune limite n’est augmentée tant qu’une facture est échue depuis plus de {days}.",
        ),
        (
            "No raise while an old invoice is overdue",
            "No limit is raised while an invoice has been overdue for more than {days}.",
        ),
    ),
    _article(
        8,
        Check.MAXIMUM_UNINSURED,
        Effect.ESCALATE,
        {"amount": Decimal(250000)},
        (
            "Risque propre maximal",
            "Au-delà de {amount} que ni l’assureur ni une garantie ne couvrent, la direction financière décide.",
        ),
        (
            "Largest risk of our own",
            "Beyond {amount} that neither the insurer nor a guarantee covers, the finance director decides.",
        ),
    ),
    _article(
        9,
        Check.GUARANTEE_OVER,
        Effect.ESCALATE,
        {"amount": Decimal(500000), "share": Decimal("0.2")},
        (
            "Garantie pour les grands encours",
            "Une limite supérieure à {amount} est garantie à hauteur d’au moins {share}.",
        ),
        (
            "Guarantee for large accounts",
            "A limit above {amount} is guaranteed for at least {share} of it.",
        ),
    ),
    _article(
        10,
        Check.COMMITTEE_OVER,
        Effect.ESCALATE,
        {"amount": Decimal(300000)},
        (
            "Comité de crédit",
            "Toute limite supérieure à {amount} est décidée en comité, avis motivés et compte rendu à l’appui.",
        ),
        (
            "Credit committee",
            "Any limit above {amount} is decided in committee, with reasoned votes and minutes.",
        ),
    ),
    _article(
        11,
        Check.MARGIN_FLOOR,
        Effect.WARN,
        {"share": Decimal("0.15")},
        (
            "Marge minimale",
            (
                "Sous {share} de marge, une seule facture impayée efface le gain d’une année. Le commercial dit "
                "pourquoi il propose malgré tout."
            ),
        ),
        (
            "Lowest margin",
            (
                "Below a margin of {share}, one unpaid invoice takes the gain of a year. Sales says why it proposes "
                "all the same."
            ),
        ),
    ),
    _article(
        12,
        Check.TEXT_ONLY,
        Effect.WARN,
        {},
        (
            "Vendre, c’est être payé",
            (
                "Le commercial suit ses factures jusqu’à l’encaissement et prévient le credit manager dès qu’un client "
                "change d’habitude."
            ),
        ),
        (
            "A sale is made once it is paid",
            (
                "Sales follows its invoices until the money is in, and tells the credit manager as soon as a customer "
                "changes its habits."
            ),
        ),
    ),
    _article(
        13,
        Check.NO_ORDER_WHILE_OVERDUE,
        Effect.ESCALATE,
        {"days": 30, "amount": Decimal(1000)},
        (
            "Commande d’un client en retard",
            (
                "Quand plus de {amount} sont échus, la plus ancienne facture depuis plus de {days}, le credit manager "
                "décide de la commande."
            ),
        ),
        (
            "Orders of a customer who is late",
            (
                "Where more than {amount} is overdue and the oldest invoice for more than {days}, the credit manager "
                "decides about the order."
            ),
        ),
    ),
)
