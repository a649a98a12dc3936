"""The fixed words around a message or a document, in each language we write.

They are content, not interface: a letter speaks the customer's language whatever the language of the
colleague who sends it, and never half of it. So each language is one complete value and a missing word
is a type error. Texts that a tenant may edit are the Liquid files of `templates/`.
"""

from dataclasses import dataclass

from kernel.formats import is_french


@dataclass(frozen=True, slots=True)
class Labels:
    """Every fixed word; `%s` stands for a value already formatted."""

    language: str
    to_pay_now: str
    soon_due: str
    promised_by: str
    principal_due: str
    view_and_pay: str
    propose_date: str
    already_paid: str
    report_dispute: str
    document: str
    issued: str
    due: str
    late: str
    original: str
    open: str
    note: str
    total: str
    order: str
    credit_note: str
    unallocated_payment: str
    rest_of: str
    disputed_part: str
    estimated_due_date: str
    disputed_line: str
    more_lines: str
    not_due_besides: str
    copies_on_page: str
    or_by_transfer: str
    by_transfer: str
    scan: str
    holder: str
    reference: str
    qr_alternative: str
    receivables_desk: str
    sent_by: str
    contact_of: str
    link_personal: str
    link_personal_until: str
    change_recipient: str
    was_it_clear: str
    bank_details_never_change: str
    statement: str
    statement_at: str
    account: str
    amounts_in: str
    for_the_attention_of: str
    accounts_payable: str
    disputed_not_claimed: str
    not_due: str
    balance: str
    group_late: str
    group_disputed: str
    group_not_due: str
    group_credits: str
    group_unclaimed: str
    buckets: tuple[str, str, str, str, str]
    ageing_alternative: str
    settle: str
    answer_online: str
    your_contact: str
    page: str
    colon: str
    to_deduct: str
    days_late: str
    currency: str
    notice: str
    management: str
    our_references: str
    notice_references: str
    previous_reminder: str
    notice_place: str
    registered: str
    notice_subject: str
    principal: str
    late_interest: str
    fixed_indemnity: str
    total_claimed: str
    late_terms: str
    payment_line: str
    notice_draft: str
    penalty: str
    charge: str
    sheet: str
    sheet_of: str
    sheet_periods: str
    sheet_days: str
    sheet_rate: str
    sheet_basis: str
    sheet_sources: str
    sheet_formula: str
    basis_law: str
    basis_contract: str
    basis_floor: str
    paid: str
    waived: str
    still_asked: str
    penalties_due: str
    penalties_rates: str
    penalties_mention: str


FRENCH = Labels(
    language="fr",
    to_pay_now="À régler maintenant",
    soon_due="Bientôt à échéance",
    promised_by="Promis pour le %s",
    principal_due="Principal à régler",
    view_and_pay="Voir et régler mes factures",
    propose_date="Proposer une date",
    already_paid="C’est déjà payé",
    report_dispute="Signaler un litige",
    document="Facture",
    issued="Date",
    due="Échéance",
    late="Retard",
    original="Montant",
    open="Reste dû",
    note="Note",
    total="Total",
    order="commande %s",
    credit_note="avoir déduit",
    unallocated_payment="règlement reçu, déduit",
    rest_of="reste sur %s",
    disputed_part="%s en litige, non réclamés",
    estimated_due_date="échéance estimée",
    disputed_line="%s (%s) est en litige\u00a0: cette somme n’est pas réclamée.",
    more_lines="et %s autres lignes, dans votre espace et sur le relevé",
    copies_on_page=(
        "Les copies de ces factures sont trop volumineuses pour un message\u00a0: téléchargez-les sur votre page."
    ),
    not_due_besides="À échoir par ailleurs\u00a0: %s, à régler à leur date.",
    or_by_transfer="Ou par virement",
    by_transfer="Par virement",
    scan="Scannez ce code avec l’application de votre banque, ou recopiez\u00a0:",
    holder="Titulaire",
    reference="Référence",
    qr_alternative="Code QR de virement SEPA, %s",
    receivables_desk="comptes clients",
    sent_by="Ce message est envoyé par %s à %s, contact de relance de %s.",
    contact_of="contact de relance de %s",
    link_personal="Le lien est personnel.",
    link_personal_until="Le lien est personnel et expire le %s.",
    change_recipient="Changer de destinataire",
    was_it_clear="Ce message était-il clair ? Dites-le-nous",
    bank_details_never_change="Nos coordonnées bancaires ne changent jamais par e-mail.",
    statement="Relevé de compte",
    statement_at="au %s",
    account="Compte %s",
    amounts_in="montants en %s, toutes taxes comprises",
    for_the_attention_of="À l’attention de %s",
    accounts_payable="la comptabilité fournisseurs",
    disputed_not_claimed="En litige, non réclamé",
    not_due="À échoir",
    balance="Solde du compte",
    group_late="Échu",
    group_disputed="En litige",
    group_not_due="À échoir",
    group_credits="Avoirs et règlements à déduire",
    group_unclaimed="Échu, non réclamé à ce jour",
    buckets=("Non échu", "1–30 j", "31–60 j", "61–90 j", "> 90 j"),
    ageing_alternative="Répartition du solde par ancienneté",
    settle="Régler %s",
    answer_online="Ou répondez en un geste sur votre espace\u00a0:",
    your_contact="Votre interlocuteur\u00a0: %s.",
    page="Page",
    colon="\u00a0: ",
    to_deduct="À déduire",
    days_late="Jours de retard",
    currency="Devise",
    notice="Mise en demeure",
    management="la direction",
    our_references="Nos références",
    notice_references="Compte %s, dossier %s",
    previous_reminder="Relance précédente",
    notice_place="Le %s",
    registered="Lettre recommandée avec avis de réception",
    notice_subject="Mise en demeure de payer la somme de %s",
    principal="Principal",
    late_interest="Pénalités de retard",
    fixed_indemnity="Indemnité forfaitaire de recouvrement",
    total_claimed="Total dû au %s",
    late_terms=(
        "Retard de paiement\u00a0: pénalités de retard et indemnité forfaitaire de 40\u00a0€ par "
        "facture (art. L. 441-10 et D. 441-5 du Code de commerce)."
    ),
    payment_line="Règlement\u00a0: %s, %s, référence %s.",
    notice_draft="projet, numéro à l’émission",
    penalty="Pénalités",
    charge="Indemnité",
    sheet="Décompte des pénalités de retard",
    sheet_of="Facture %s du %s",
    sheet_periods="Période",
    sheet_days="Jours",
    sheet_rate="Taux annuel",
    sheet_basis="Fondement",
    sheet_sources="Sources",
    sheet_formula=(
        "Intérêts simples\u00a0: principal TTC × taux × jours / 365, du lendemain de l’échéance à la date de valeur "
        "comprise, par semestre civil et par paiement partiel, arrondis une seule fois par facture. Indemnité "
        "forfaitaire de 40\u00a0€ une fois par facture. Ni l’une ni les autres ne supportent de TVA."
    ),
    basis_law="taux légal par défaut",
    basis_contract="taux du contrat",
    basis_floor="plancher légal",
    paid="Payé",
    waived="Abandonné",
    still_asked="Reste réclamé",
    penalties_due=(
        "À ce jour, les pénalités de retard s’élèvent à %s%s et les indemnités forfaitaires de recouvrement à %s. "
        "Elles sont dues de plein droit (articles L. 441-10 et D. 441-5 du Code de commerce) et s’ajoutent à la "
        "somme ci-dessus."
    ),
    penalties_rates=" (taux annuel de %s)",
    penalties_mention=(
        "Des pénalités de retard et une indemnité forfaitaire de 40\u00a0€ par facture sont dues de plein droit "
        "(articles L. 441-10 et D. 441-5 du Code de commerce)."
    ),
)


ENGLISH = Labels(
    language="en",
    to_pay_now="To pay now",
    soon_due="Falling due soon",
    promised_by="Promised by %s",
    principal_due="Principal to pay",
    view_and_pay="View and pay my invoices",
    propose_date="Propose a date",
    already_paid="Already paid",
    report_dispute="Report a dispute",
    document="Invoice",
    issued="Date",
    due="Due date",
    late="Overdue",
    original="Amount",
    open="Still owed",
    note="Note",
    total="Total",
    order="order %s",
    credit_note="credit note deducted",
    unallocated_payment="payment received, deducted",
    rest_of="remainder of %s",
    disputed_part="%s disputed, not claimed",
    estimated_due_date="estimated due date",
    disputed_line="%s (%s) is disputed: this amount is not claimed.",
    more_lines="and %s more lines, on your page and on the statement",
    copies_on_page="The copies of these invoices are too large for a message: download them on your page.",
    not_due_besides="Also on your account, not yet due: %s, to be paid on the due dates.",
    or_by_transfer="Or by bank transfer",
    by_transfer="By bank transfer",
    scan="Scan this code with your bank’s application, or copy:",
    holder="Account holder",
    reference="Reference",
    qr_alternative="QR code of a SEPA transfer, %s",
    receivables_desk="accounts receivable",
    sent_by="This message is sent by %s to %s, payment contact at %s.",
    contact_of="payment contact at %s",
    link_personal="The link is personal.",
    link_personal_until="The link is personal and expires on %s.",
    change_recipient="Change the recipient",
    was_it_clear="Was this message clear? Tell us",
    bank_details_never_change="Our bank details never change by e-mail.",
    statement="Statement of account",
    statement_at="as of %s",
    account="Account %s",
    amounts_in="amounts in %s, taxes included",
    for_the_attention_of="For the attention of %s",
    accounts_payable="accounts payable",
    disputed_not_claimed="Disputed, not claimed",
    not_due="Not yet due",
    balance="Account balance",
    group_late="Overdue",
    group_disputed="Disputed",
    group_not_due="Not yet due",
    group_credits="Credit notes and payments to deduct",
    group_unclaimed="Overdue, not claimed at present",
    buckets=("Not due", "1–30 d", "31–60 d", "61–90 d", "> 90 d"),
    ageing_alternative="Balance by age",
    settle="Pay %s",
    answer_online="Or answer in one step on your page:",
    your_contact="Your contact: %s.",
    page="Page",
    colon=": ",
    to_deduct="To deduct",
    days_late="Days overdue",
    currency="Currency",
    notice="Formal notice",
    management="the management",
    our_references="Our references",
    notice_references="Account %s, file %s",
    previous_reminder="Previous reminder",
    notice_place="%s",
    registered="Registered letter with acknowledgement of receipt",
    notice_subject="Formal notice to pay the sum of %s",
    principal="Principal",
    late_interest="Late-payment interest",
    fixed_indemnity="Fixed recovery charge",
    total_claimed="Total due on %s",
    late_terms=(
        "Late payment: interest and a fixed recovery charge of €40 per invoice "
        "(French Commercial Code, art. L. 441-10 and D. 441-5)."
    ),
    payment_line="Payment: %s, %s, reference %s.",
    notice_draft="draft, numbered when issued",
    penalty="Interest",
    charge="Charge",
    sheet="Computation of late-payment interest",
    sheet_of="Invoice %s of %s",
    sheet_periods="Period",
    sheet_days="Days",
    sheet_rate="Yearly rate",
    sheet_basis="Ground",
    sheet_sources="Sources",
    sheet_formula=(
        "Simple interest: principal, tax included, × rate × days / 365, from the day after the due date to the value "
        "date included, by calendar half-year and part payment, rounded once for each invoice. The fixed recovery "
        "charge of €40 is due once for each invoice. Neither bears value-added tax."
    ),
    basis_law="default rate of the law",
    basis_contract="rate of the contract",
    basis_floor="legal floor",
    paid="Paid",
    waived="Waived",
    still_asked="Still asked",
    penalties_due=(
        "To date, late-payment interest amounts to %s%s and fixed recovery charges to %s. They are due by law "
        "(French Commercial Code, articles L. 441-10 and D. 441-5) and come on top of the sum above."
    ),
    penalties_rates=" (yearly rate of %s)",
    penalties_mention=(
        "Late-payment interest and a fixed recovery charge of €40 per invoice are due by law (French Commercial "
        "Code, articles L. 441-10 and D. 441-5)."
    ),
)


def labels_for(language: str) -> Labels:
    """Return the words of `language`; what we do not write yet reads English."""
    return FRENCH if is_french(language) else ENGLISH
