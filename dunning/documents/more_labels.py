"""The fixed words of messages and statements in the languages that a tenant may add; notices stay French or English.

What no message or statement shows keeps its English word: the other documents are not written in these languages.
"""

from dataclasses import replace
from types import MappingProxyType

from dunning.documents.labels import ENGLISH, Labels, labels_for

GERMAN = replace(
    ENGLISH,
    language="de",
    to_pay_now="Jetzt zu zahlen",
    soon_due="Demnächst fällig",
    promised_by="Zugesagt bis %s",
    principal_due="Zu zahlende Hauptforderung",
    view_and_pay="Meine Rechnungen ansehen und bezahlen",
    propose_date="Zahlungstermin vorschlagen",
    already_paid="Bereits bezahlt",
    report_dispute="Reklamation melden",
    document="Rechnung",
    issued="Datum",
    due="Fällig",
    late="Verzug",
    original="Betrag",
    open="Offen",
    note="Hinweis",
    total="Summe",
    order="Bestellung %s",
    credit_note="Gutschrift abgezogen",
    unallocated_payment="eingegangene Zahlung, abgezogen",
    rest_of="Rest von %s",
    disputed_part="%s strittig, nicht gefordert",
    estimated_due_date="geschätzte Fälligkeit",
    disputed_line="%s (%s) ist strittig: Dieser Betrag wird nicht gefordert.",
    more_lines="und %s weitere Posten, auf Ihrer Seite und im Kontoauszug",
    copies_on_page=(
        "Die Kopien dieser Rechnungen sind für eine Nachricht zu groß: Laden Sie sie auf Ihrer Seite herunter."
    ),
    not_due_besides="Außerdem noch nicht fällig: %s, zu zahlen bei Fälligkeit.",
    or_by_transfer="Oder per Überweisung",
    by_transfer="Per Überweisung",
    scan="Scannen Sie diesen Code mit der App Ihrer Bank oder übernehmen Sie:",
    holder="Kontoinhaber",
    reference="Verwendungszweck",
    qr_alternative="QR-Code für eine SEPA-Überweisung, %s",
    receivables_desk="Debitorenbuchhaltung",
    sent_by="Diese Nachricht sendet %s an %s, Ansprechpartner für Zahlungen bei %s.",
    contact_of="Ansprechpartner für Zahlungen bei %s",
    link_personal="Der Link ist persönlich.",
    link_personal_until="Der Link ist persönlich und gilt bis zum %s.",
    change_recipient="Empfänger ändern",
    was_it_clear="War diese Nachricht klar? Sagen Sie es uns",
    bank_details_never_change="Unsere Bankverbindung ändert sich nie per E-Mail.",
    statement="Kontoauszug",
    statement_at="zum %s",
    account="Konto %s",
    amounts_in="Beträge in %s, einschließlich Steuern",
    for_the_attention_of="Zu Händen von %s",
    accounts_payable="Kreditorenbuchhaltung",
    disputed_not_claimed="Strittig, nicht gefordert",
    not_due="Noch nicht fällig",
    balance="Kontosaldo",
    group_late="Überfällig",
    group_disputed="Strittig",
    group_not_due="Noch nicht fällig",
    group_credits="Abzuziehende Gutschriften und Zahlungen",
    group_unclaimed="Überfällig, derzeit nicht gefordert",
    buckets=("Nicht fällig", "1–30 Tg.", "31–60 Tg.", "61–90 Tg.", "> 90 Tg."),
    ageing_alternative="Saldo nach Alter",
    settle="%s bezahlen",
    answer_online="Oder antworten Sie in einem Schritt auf Ihrer Seite:",
    your_contact="Ihr Ansprechpartner: %s.",
    page="Seite",
    to_deduct="Abzuziehen",
    days_late="Tage in Verzug",
    currency="Währung",
    late_terms=(
        "Zahlungsverzug: Zinsen und eine Pauschale von 40\u00a0€ je Rechnung (französisches Handelsgesetzbuch, "
        "Art. L. 441-10 und D. 441-5)."
    ),
    payment_line="Zahlung: %s, %s, Verwendungszweck %s.",
    penalties_due=(
        "Bis heute betragen die Verzugszinsen %s%s und die Pauschalen für Beitreibungskosten %s. Sie sind kraft "
        "Gesetzes geschuldet (französisches Handelsgesetzbuch, Art. L. 441-10 und D. 441-5) und kommen zum obigen "
        "Betrag hinzu."
    ),
    penalties_rates=" (Jahressatz %s)",
    penalties_mention=(
        "Verzugszinsen und eine Pauschale von 40\u00a0€ je Rechnung sind kraft Gesetzes geschuldet (französisches "
        "Handelsgesetzbuch, Art. L. 441-10 und D. 441-5)."
    ),
)

SPANISH = replace(
    ENGLISH,
    language="es",
    to_pay_now="A pagar ahora",
    soon_due="Próximo vencimiento",
    promised_by="Prometido para el %s",
    principal_due="Principal a pagar",
    view_and_pay="Ver y pagar mis facturas",
    propose_date="Proponer una fecha",
    already_paid="Ya está pagado",
    report_dispute="Señalar un litigio",
    document="Factura",
    issued="Fecha",
    due="Vencimiento",
    late="Retraso",
    original="Importe",
    open="Pendiente",
    note="Nota",
    total="Total",
    order="pedido %s",
    credit_note="abono deducido",
    unallocated_payment="pago recibido, deducido",
    rest_of="resto de %s",
    disputed_part="%s en litigio, no reclamados",
    estimated_due_date="vencimiento estimado",
    disputed_line="%s (%s) está en litigio: este importe no se reclama.",
    more_lines="y %s líneas más, en su página y en el extracto",
    copies_on_page=(
        "Las copias de estas facturas son demasiado grandes para un mensaje: descárguelas en su página."
    ),
    not_due_besides="Además, aún sin vencer: %s, a pagar en su vencimiento.",
    or_by_transfer="O por transferencia",
    by_transfer="Por transferencia",
    scan="Escanee este código con la aplicación de su banco, o copie:",
    holder="Titular",
    reference="Referencia",
    qr_alternative="Código QR de transferencia SEPA, %s",
    receivables_desk="cuentas por cobrar",
    sent_by="Este mensaje lo envía %s a %s, contacto de pagos de %s.",
    contact_of="contacto de pagos de %s",
    link_personal="El enlace es personal.",
    link_personal_until="El enlace es personal y caduca el %s.",
    change_recipient="Cambiar el destinatario",
    was_it_clear="¿Era claro este mensaje? Díganoslo",
    bank_details_never_change="Nuestros datos bancarios nunca cambian por correo electrónico.",
    statement="Extracto de cuenta",
    statement_at="a %s",
    account="Cuenta %s",
    amounts_in="importes en %s, impuestos incluidos",
    for_the_attention_of="A la atención de %s",
    accounts_payable="cuentas por pagar",
    disputed_not_claimed="En litigio, no reclamado",
    not_due="Sin vencer",
    balance="Saldo de la cuenta",
    group_late="Vencido",
    group_disputed="En litigio",
    group_not_due="Sin vencer",
    group_credits="Abonos y pagos por deducir",
    group_unclaimed="Vencido, no reclamado por ahora",
    buckets=("Sin vencer", "1–30 d", "31–60 d", "61–90 d", "> 90 d"),
    ageing_alternative="Saldo por antigüedad",
    settle="Pagar %s",
    answer_online="O responda en un paso en su página:",
    your_contact="Su interlocutor: %s.",
    page="Página",
    to_deduct="Por deducir",
    days_late="Días de retraso",
    currency="Moneda",
    late_terms=(
        "Retraso en el pago: intereses e indemnización fija de 40\u00a0€ por factura (Código de Comercio francés, "
        "art. L. 441-10 y D. 441-5)."
    ),
    payment_line="Pago: %s, %s, referencia %s.",
    penalties_due=(
        "A día de hoy, los intereses de demora ascienden a %s%s y las indemnizaciones fijas por gastos de cobro a %s. "
        "Se deben de pleno derecho (Código de Comercio francés, artículos L. 441-10 y D. 441-5) y se suman al importe "
        "anterior."
    ),
    penalties_rates=" (tipo anual del %s)",
    penalties_mention=(
        "Los intereses de demora y una indemnización fija de 40\u00a0€ por factura se deben de pleno derecho (Código "
        "de Comercio francés, artículos L. 441-10 y D. 441-5)."
    ),
)

ITALIAN = replace(
    ENGLISH,
    language="it",
    to_pay_now="Da pagare ora",
    soon_due="In scadenza",
    promised_by="Promesso per il %s",
    principal_due="Capitale da pagare",
    view_and_pay="Vedere e pagare le mie fatture",
    propose_date="Proporre una data",
    already_paid="Già pagato",
    report_dispute="Segnalare una contestazione",
    document="Fattura",
    issued="Data",
    due="Scadenza",
    late="Ritardo",
    original="Importo",
    open="Residuo",
    note="Nota",
    total="Totale",
    order="ordine %s",
    credit_note="nota di credito dedotta",
    unallocated_payment="pagamento ricevuto, dedotto",
    rest_of="residuo di %s",
    disputed_part="%s contestati, non richiesti",
    estimated_due_date="scadenza stimata",
    disputed_line="%s (%s) è contestata: questo importo non viene richiesto.",
    more_lines="e altre %s righe, sulla sua pagina e sull’estratto conto",
    copies_on_page=(
        "Le copie di queste fatture sono troppo grandi per un messaggio: può scaricarle dalla sua pagina."
    ),
    not_due_besides="Inoltre, non ancora scaduto: %s, da pagare alla scadenza.",
    or_by_transfer="Oppure con bonifico",
    by_transfer="Con bonifico",
    scan="Scansioni questo codice con l’applicazione della sua banca, oppure copi:",
    holder="Intestatario",
    reference="Causale",
    qr_alternative="Codice QR di bonifico SEPA, %s",
    receivables_desk="contabilità clienti",
    sent_by="Questo messaggio è inviato da %s a %s, referente per i pagamenti di %s.",
    contact_of="referente per i pagamenti di %s",
    link_personal="Il link è personale.",
    link_personal_until="Il link è personale e scade il %s.",
    change_recipient="Cambiare destinatario",
    was_it_clear="Questo messaggio era chiaro? Ce lo dica",
    bank_details_never_change="Le nostre coordinate bancarie non cambiano mai per e-mail.",
    statement="Estratto conto",
    statement_at="al %s",
    account="Conto %s",
    amounts_in="importi in %s, imposte incluse",
    for_the_attention_of="All’attenzione di %s",
    accounts_payable="contabilità fornitori",
    disputed_not_claimed="Contestato, non richiesto",
    not_due="Non scaduto",
    balance="Saldo del conto",
    group_late="Scaduto",
    group_disputed="Contestato",
    group_not_due="Non scaduto",
    group_credits="Note di credito e pagamenti da dedurre",
    group_unclaimed="Scaduto, non richiesto per ora",
    buckets=("Non scaduto", "1–30 gg", "31–60 gg", "61–90 gg", "> 90 gg"),
    ageing_alternative="Saldo per anzianità",
    settle="Pagare %s",
    answer_online="Oppure risponda in un passo sulla sua pagina:",
    your_contact="Il suo referente: %s.",
    page="Pagina",
    to_deduct="Da dedurre",
    days_late="Giorni di ritardo",
    currency="Valuta",
    late_terms=(
        "Ritardo di pagamento: interessi e indennità fissa di 40\u00a0€ per fattura (Codice di commercio francese, "
        "art. L. 441-10 e D. 441-5)."
    ),
    payment_line="Pagamento: %s, %s, causale %s.",
    penalties_due=(
        "A oggi gli interessi di mora ammontano a %s%s e le indennità fisse per spese di recupero a %s. Sono dovuti di "
        "diritto (Codice di commercio francese, articoli L. 441-10 e D. 441-5) e si aggiungono alla somma indicata "
        "sopra."
    ),
    penalties_rates=" (tasso annuo del %s)",
    penalties_mention=(
        "Gli interessi di mora e un’indennità fissa di 40\u00a0€ per fattura sono dovuti di diritto (Codice di "
        "commercio francese, articoli L. 441-10 e D. 441-5)."
    ),
)

DUTCH = replace(
    ENGLISH,
    language="nl",
    to_pay_now="Nu te betalen",
    soon_due="Binnenkort te betalen",
    promised_by="Toegezegd voor %s",
    principal_due="Te betalen hoofdsom",
    view_and_pay="Mijn facturen bekijken en betalen",
    propose_date="Een datum voorstellen",
    already_paid="Al betaald",
    report_dispute="Een geschil melden",
    document="Factuur",
    issued="Datum",
    due="Vervaldatum",
    late="Te laat",
    original="Bedrag",
    open="Openstaand",
    note="Opmerking",
    total="Totaal",
    order="bestelling %s",
    credit_note="creditnota in mindering gebracht",
    unallocated_payment="ontvangen betaling, in mindering gebracht",
    rest_of="rest van %s",
    disputed_part="%s betwist, niet gevorderd",
    estimated_due_date="geschatte vervaldatum",
    disputed_line="%s (%s) wordt betwist: dit bedrag wordt niet gevorderd.",
    more_lines="en nog %s regels, op uw pagina en op het rekeningoverzicht",
    copies_on_page="De kopieën van deze facturen zijn te groot voor een bericht: download ze op uw pagina.",
    not_due_besides="Daarnaast nog niet vervallen: %s, te betalen op de vervaldatum.",
    or_by_transfer="Of per overschrijving",
    by_transfer="Per overschrijving",
    scan="Scan deze code met de app van uw bank, of neem over:",
    holder="Rekeninghouder",
    reference="Kenmerk",
    qr_alternative="QR-code voor een SEPA-overschrijving, %s",
    receivables_desk="debiteurenadministratie",
    sent_by="Dit bericht is verzonden door %s aan %s, contactpersoon voor betalingen bij %s.",
    contact_of="contactpersoon voor betalingen bij %s",
    link_personal="De link is persoonlijk.",
    link_personal_until="De link is persoonlijk en verloopt op %s.",
    change_recipient="Ontvanger wijzigen",
    was_it_clear="Was dit bericht duidelijk? Laat het ons weten",
    bank_details_never_change="Onze bankgegevens veranderen nooit per e-mail.",
    statement="Rekeningoverzicht",
    statement_at="per %s",
    account="Rekening %s",
    amounts_in="bedragen in %s, inclusief belastingen",
    for_the_attention_of="Ter attentie van %s",
    accounts_payable="crediteurenadministratie",
    disputed_not_claimed="Betwist, niet gevorderd",
    not_due="Nog niet vervallen",
    balance="Saldo van de rekening",
    group_late="Vervallen",
    group_disputed="Betwist",
    group_not_due="Nog niet vervallen",
    group_credits="In mindering te brengen creditnota’s en betalingen",
    group_unclaimed="Vervallen, momenteel niet gevorderd",
    buckets=("Niet vervallen", "1–30 d", "31–60 d", "61–90 d", "> 90 d"),
    ageing_alternative="Saldo naar ouderdom",
    settle="%s betalen",
    answer_online="Of antwoord in één stap op uw pagina:",
    your_contact="Uw contactpersoon: %s.",
    page="Pagina",
    to_deduct="In mindering",
    days_late="Dagen te laat",
    currency="Valuta",
    late_terms=(
        "Te late betaling: rente en een vaste vergoeding van 40\u00a0€ per factuur (Frans Wetboek van Koophandel, "
        "art. L. 441-10 en D. 441-5)."
    ),
    payment_line="Betaling: %s, %s, kenmerk %s.",
    penalties_due=(
        "Tot op heden bedraagt de vertragingsrente %s%s en bedragen de vaste vergoedingen voor invorderingskosten %s. "
        "Zij zijn van rechtswege verschuldigd (Frans Wetboek van Koophandel, artikelen L. 441-10 en D. 441-5) en komen "
        "boven op het bedrag hierboven."
    ),
    penalties_rates=" (jaarlijkse rentevoet %s)",
    penalties_mention=(
        "Vertragingsrente en een vaste vergoeding van 40\u00a0€ per factuur zijn van rechtswege verschuldigd (Frans "
        "Wetboek van Koophandel, artikelen L. 441-10 en D. 441-5)."
    ),
)

MORE = MappingProxyType({each.language: each for each in (GERMAN, SPANISH, ITALIAN, DUTCH)})


def message_labels(language: str) -> Labels:
    """Return the words of a message or statement in `language`; what we do not write yet reads English."""
    return MORE.get(language) or labels_for(language)
