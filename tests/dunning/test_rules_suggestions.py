"""What replies in French and English suggest, phrase by phrase; the mail is of Wednesday 18 November 2026."""

from datetime import date
from decimal import Decimal

import pytest

from dunning.rules.folding import fold
from dunning.rules.quoting import new_words
from dunning.rules.said_dates import Reading, said_dates
from dunning.rules.suggestions import (
    Intent,
    Suggestion,
    amounts_in,
    documents_in,
    ibans_in,
    suggestion_of,
)

WRITTEN = date(2026, 11, 18)
FRIDAY = date(2026, 11, 20)
NEXT_FRIDAY = date(2026, 11, 27)
MONTH_END = date(2026, 11, 30)

PAID, PROMISE, DISPUTE = Intent.PAID, Intent.PROMISE, Intent.DISPUTE
COPY, WRONG, AWAY, OTHER = Intent.COPY, Intent.WRONG_CONTACT, Intent.OUT_OF_OFFICE, Intent.OTHER


def read(text: str, **facts: object) -> Suggestion:
    return suggestion_of(text, written_date=WRITTEN, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "intent", "day"),
    [
        # Paid, in French.
        ("Bonjour, nous avons payé cette facture le 12/11.", PAID, date(2026, 11, 12)),
        ("La facture a déjà été réglée par virement.", PAID, None),
        ("Virement effectué hier, merci de vérifier.", PAID, date(2026, 11, 17)),
        ("Le règlement a été envoyé le 3 novembre.", PAID, date(2026, 11, 3)),
        ("Sauf erreur de notre part, c’est déjà payé.", PAID, None),
        ("Nous avons procédé au virement vendredi dernier.", PAID, date(2026, 11, 13)),
        ("Ces factures sont soldées depuis le mois dernier.", PAID, None),
        ("Merci de ne pas nous relancer, nous avons réglé le 10/11.", PAID, date(2026, 11, 10)),
        ("Le chèque est parti lundi.", PAID, date(2026, 11, 16)),
        ("Vous trouverez ci-joint l’avis de virement.", PAID, None),
        # Paid, in English.
        ("We have already paid this invoice.", PAID, None),
        ("This was settled on 12 November.", PAID, date(2026, 11, 12)),
        ("Payment was made yesterday.", PAID, date(2026, 11, 17)),
        ("Please find attached proof of payment.", PAID, None),
        ("We paid it last Friday by bank transfer.", PAID, date(2026, 11, 13)),
        ("The transfer has been sent this morning.", PAID, None),
        ("I don't understand your mail: the invoice has been paid.", PAID, None),
        # Not paid, whatever the words in it.
        ("Je n'ai pas payé.", OTHER, None),
        ("Nous n’avons pas encore réglé cette facture.", OTHER, None),
        ("We have not paid yet.", OTHER, None),
        ("We haven't paid this one.", OTHER, None),
        ("Avez-vous été payés ?", OTHER, None),
        ("Has it been paid?", OTHER, None),
        ("Pouvez-vous confirmer que vous avez été payés ?", OTHER, None),
        ("Nous ne paierons pas cette facture.", OTHER, None),
        ("We will not pay this invoice.", OTHER, None),
        ("We refuse to pay this.", OTHER, None),
        ("This invoice should be paid by our head office.", OTHER, None),
        ("La facture est impayée, je le sais.", OTHER, None),
        ("If it was paid, please tell me.", OTHER, None),
        # Promises, in French.
        ("Le virement partira vendredi.", PROMISE, FRIDAY),
        ("Je règle vendredi, bonne journée.", PROMISE, FRIDAY),
        ("Nous paierons fin de semaine prochaine.", PROMISE, NEXT_FRIDAY),
        ("Vous serez payés le 25/11.", PROMISE, date(2026, 11, 25)),
        ("La facture sera réglée en fin de mois.", PROMISE, MONTH_END),
        ("Le paiement est prévu pour le 5 décembre.", PROMISE, date(2026, 12, 5)),
        ("Nous vous réglerons sous 8 jours.", PROMISE, date(2026, 11, 26)),
        ("Virement programmé pour demain.", PROMISE, date(2026, 11, 19)),
        ("Votre facture est mise en paiement le 30.", PROMISE, MONTH_END),
        ("Nous n’avons pas encore payé mais le virement sera fait lundi.", PROMISE, date(2026, 11, 23)),
        ("On vous paie la semaine prochaine.", PROMISE, NEXT_FRIDAY),
        ("Nous allons procéder au règlement sous trois jours ouvrés.", PROMISE, date(2026, 11, 23)),
        ("Je m’engage à vous payer au plus tard le 15 janvier.", PROMISE, date(2027, 1, 15)),
        ("Règlement prévu fin décembre.", PROMISE, date(2026, 12, 31)),
        ("Vous recevrez notre virement mardi prochain.", PROMISE, date(2026, 11, 24)),
        ("La facture échue le 15/10 sera payée vendredi.", PROMISE, FRIDAY),
        # Promises, in English.
        ("We will pay on Friday.", PROMISE, FRIDAY),
        ("You'll receive our payment by the end of the month.", PROMISE, MONTH_END),
        ("Payment is scheduled for 25/11.", PROMISE, date(2026, 11, 25)),
        ("We will settle this by end of next week.", PROMISE, NEXT_FRIDAY),
        ("It will be paid within 10 days.", PROMISE, date(2026, 11, 28)),
        ("The invoice is in our next payment run on November 26th.", PROMISE, date(2026, 11, 26)),
        ("We're going to transfer the money tomorrow.", PROMISE, date(2026, 11, 19)),
        ("We can pay within 5 business days, we will send the payment then.", PROMISE, date(2026, 11, 25)),
        ("We have not paid yet, but we will transfer on Monday.", PROMISE, date(2026, 11, 23)),
        ("We will pay soon.", PROMISE, None),
        # Disputes.
        ("Nous contestons cette facture, le prix est incorrect.", DISPUTE, None),
        ("La marchandise n’a pas été livrée.", DISPUTE, None),
        ("Nous n’avons pas reçu la commande.", DISPUTE, None),
        ("Trois pièces étaient cassées, la livraison est incomplète.", DISPUTE, None),
        ("Nous attendons un avoir de votre part.", DISPUTE, None),
        ("Nous ne sommes pas d’accord avec le montant.", DISPUTE, None),
        ("Cette facture nous a été facturée deux fois.", DISPUTE, None),
        ("The goods were damaged on arrival.", DISPUTE, None),
        ("We dispute this invoice.", DISPUTE, None),
        ("The price is wrong: we agreed 10% less.", DISPUTE, None),
        ("We are still waiting for a credit note.", DISPUTE, None),
        ("The quantity does not match our order.", DISPUTE, None),
        ("We were overcharged.", DISPUTE, None),
        ("Il n’y a aucun litige sur cette facture.", OTHER, None),
        ("We do not dispute the amount.", OTHER, None),
        # Copies.
        ("Pouvez-vous nous renvoyer la facture ?", COPY, None),
        ("Merci de nous transmettre un duplicata.", COPY, None),
        ("Nous n’avons pas reçu cette facture.", COPY, None),
        ("Could you please send me a copy of the invoice?", COPY, None),
        ("We never received this invoice.", COPY, None),
        ("I cannot find the invoice in our system.", COPY, None),
        # The wrong person.
        ("Je ne suis pas la bonne personne.", WRONG, None),
        ("Je ne travaille plus dans cette société.", WRONG, None),
        ("Veuillez contacter compta@client.example.", WRONG, None),
        ("Madame Exemple a quitté l’entreprise.", WRONG, None),
        ("I am no longer in charge of this.", WRONG, None),
        ("Please contact our accounts payable department.", WRONG, None),
        ("You have the wrong person.", WRONG, None),
        # Away, without any machine's header.
        ("Je suis absente jusqu’au 30/11.", AWAY, MONTH_END),
        ("I am out of the office until 30 November.", AWAY, MONTH_END),
        # Nothing to go by.
        ("Bonjour, bien reçu. Cordialement", OTHER, None),
        ("Thank you for your message.", OTHER, None),
        ("", OTHER, None),
    ],
)  # fmt: skip
def test_a_phrase_suggests_what_it_says(text: str, intent: Intent, day: date | None) -> None:
    found = read(text)
    assert (found.intent, found.day) == (intent, day), found


def test_the_words_that_decided_are_shown_as_they_were_written() -> None:
    found = read("Bonjour,\nLe règlement partira VENDREDI prochain.\nMerci")
    assert found.reasons == ("règlement partira", "VENDREDI prochain")


def test_a_dispute_beside_a_promise_is_put_first_and_both_are_told() -> None:
    found = read("Nous paierons le solde le 25/11 mais contestons 120 € pour casse.")
    assert (found.intent, found.also) == (DISPUTE, (PROMISE,))
    assert found.amounts == (Decimal(120),)


def test_whoever_asks_for_a_copy_and_names_a_day_promises() -> None:
    assert read("Envoyez-moi une copie de la facture, je paierai vendredi.").intent is PROMISE
    assert read("Envoyez-moi une copie de la facture et je paierai.").intent is COPY


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Nous contestons le prix", "price"),
        ("Nous contestons : la livraison est arrivée en retard", "delivery"),
        ("The goods were damaged, faulty from the start", "delivery"),
        ("Produits défectueux, nous contestons", "quality"),
        ("We dispute it: VAT is wrong", "administrative"),
        ("We dispute this", "administrative"),
    ],
)
def test_a_dispute_belongs_to_the_family_its_words_name_first(text: str, family: str) -> None:
    assert read(text).dispute_type == family


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 250,50 €", ["1250.50"]),
        ("1.250,50 EUR", ["1250.50"]),
        ("€1,250.50 and 300 euros", ["1250.50", "300"]),
        ("71\u202f508 €", ["71508"]),
        ("12k€", ["12000"]),
        ("le 25/11 ou 2026", []),
    ],
)
def test_amounts_are_read_with_their_currency(text: str, expected: list[str]) -> None:
    assert amounts_in(text) == tuple(map(Decimal, expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Facture FA-2607-0455 réglée", ["FA-2607-0455"]),
        ("facture fa 2607 0455", ["FA-2607-0455"]),
        ("la 2607-0455 svp", ["FA-2607-0455"]),
        ("FA-2607-04551", []),
        ("le 26/07 à 0455", []),
        ("F-1", []),
    ],
)
def test_invoice_numbers_are_found_among_the_open_documents(text: str, expected: list[str]) -> None:
    assert list(documents_in(text, ["FA-2607-0455", "FA-2607-0456", "F-1"])) == expected


def test_an_account_number_counts_only_when_its_check_digits_agree() -> None:
    text = (
        "Nouveau compte : FR76 3000 6000 0112 3456 7890 189, merci. Ref DE00 1234 5678 9012 3456 78"
    )
    assert ibans_in(text) == ("FR7630006000011234567890189",)


def test_the_other_address_is_taken_from_a_wrong_contact_alone() -> None:
    assert read("Veuillez contacter compta@client.example.").address == "compta@client.example"
    assert read("Nous paierons vendredi. jean@client.example").address == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Payé.\n\nLe 17/11/2026 à 10:00, Échéo <a@b.example> a écrit :\n> Bonjour", "Payé."),
        ("Paid.\n\nOn Tue, 17 Nov 2026 at 10:00, Echeo\n<a@b.example> wrote:\n> Hello", "Paid."),
        ("OK\n-----Original Message-----\nFrom: x", "OK"),
        ("OK\n\nDe : Échéo\nEnvoyé : mardi\nÀ : moi\n\nVotre facture reste impayée", "OK"),
        ("OK\n-- \nJean\nNous paierons toujours", "OK"),
        ("> cité\nRéponse dessous", "Réponse dessous"),
    ],
)
def test_what_is_quoted_is_not_what_the_writer_says(text: str, expected: str) -> None:
    assert new_words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29/02", date(2028, 2, 29)),
        ("le 31", date(2026, 12, 31)),
        ("2026-12-01", date(2026, 12, 1)),
        ("01.12.26", date(2026, 12, 1)),
        ("vendredi en huit", NEXT_FRIDAY),
        ("mercredi", date(2026, 11, 25)),
        ("fin du mois prochain", date(2026, 12, 31)),
        ("mi-décembre", date(2026, 12, 15)),
        ("vendredi de la semaine prochaine", NEXT_FRIDAY),
        ("48 heures", None),
        ("sous 48h", FRIDAY),
        ("99/99", None),
    ],
)
def test_days_are_told_from_the_day_of_the_mail(text: str, expected: date | None) -> None:
    found = said_dates(fold(text).plain, Reading(WRITTEN))
    if text == "29/02":
        assert found == ()  # neither this year's nor the next has one: nobody guesses
    else:
        assert [one.day for one in found] == ([expected] if expected else [])


def test_a_month_comes_first_where_the_customer_lives_in_the_united_states() -> None:
    assert read("We will pay on 12/01.", country="US").day == date(2026, 12, 1)
    assert read("We will pay on 12/01.", country="GB").day == date(2027, 1, 12)


def test_friday_said_on_a_friday_is_the_next_one_and_the_year_turns() -> None:
    assert suggestion_of("We will pay on Friday.", written_date=FRIDAY).day == NEXT_FRIDAY
    assert suggestion_of("Nous paierons le 5/01.", written_date=date(2026, 12, 30)).day == date(
        2027, 1, 5
    )


@pytest.mark.parametrize(
    "text",
    ["a ", "nous avons ", "contacter ", "1 ", "FR76 ", "25/11 ", "Le x\n", "goods ", "1,111,"],
)
@pytest.mark.timeout(5)
def test_no_text_holds_the_reader_up_however_many_invoices_are_open(text: str) -> None:
    numbers = [f"FA-2607-{number:05d}" for number in range(2000)]
    endless = text * (50_000 // len(text))
    words = new_words(endless)
    assert read(words, documents=numbers).documents == ()
    assert ibans_in(words) == ()
