"""The phrases by which a reply is understood, in French and English, on folded text (lower case, no accents).

One pattern a meaning, each alternative a way people say it. A statement that can be denied ("we have paid",
"we dispute") is looked for in clauses without a negation only; one that says no by itself ("not received the
invoice") stands on its own.
"""

import re
from types import MappingProxyType


def _any(*alternatives: str) -> "re.Pattern[str]":
    return re.compile("|".join(f"(?:{one})" for one in alternatives))


# Where a statement ends and the next begins inside a sentence.
SPLIT = re.compile(
    r"(?:,(?!\d)|:(?!\d)|\s-\s|\(|\bmais\b|\bbut\b|\bhowever\b|\bcar\b|\bbecause\b|\bsince we\b|\bpuisque\b|\bcependant\b|\btoutefois\b|"
    r"\balors que\b|\bwhereas\b|\balthough\b|\band\b|\bet\b|\bor c'est\b|\bdonc\b|\bexcept\b|\bsauf\b|\bhormis\b)"
)

DENIED = _any(
    r"\bn'(?!hesitez)(?:a|o|e|y|i|u)\w*",
    r"\bne\b.{1,60}?\b(?:pas|plus|jamais|rien|point|aucun\w*)\b",
    r"\b(?:pas|jamais) (?:encore |ete |bien )*(?:pay|regl|vir|sold|acquitt|effectu|emis|fait|contest|de litige)",
    r"\b(?:not|never|cannot|unable|nor)\b",
    r"n't\b",
    r"\b(?:aucun|sans|zero|no|without)(?:e)? (?:litige|dispute|contestation|desaccord|paiement|payment|virement|reglement|transfer)\b",
    r"\bfaute de\b|\bunpaid\b|\bimpaye",
)

# Said of what is not yet so, or asked.
UNLESS = _any(
    r"^[\s,(]*(?:et |and )?(?:si|if|quand|when|lorsqu\w*|once|des que|as soon as|unless|until|tant que|whether|apres que|in case|au cas ou)\b(?!.*\b(?:paierons|reglerons|virerons|we will|nous allons)\b)",
    r"\b(?:pouvez|pourriez|could you|can you|please) (?:vous |me |nous )*(?:confirm\w*|verif\w*|check|dire)\b",
    r"\b(?:confirmer|verifier|savoir|confirm|know|check) (?:si|if|whether|que vous|that you)\b",
    r"\b(?:doit|doivent|devrait|devait|must|should|have to|has to|needs? to|were to) (?:etre |be |have been |avoir ete )",
    r"\b(?:vous|you) (?:avez|have|nous avez|dites|said|say)\b.{0,30}(?:pay|regl)",
)

REFUSAL = _any(
    r"\b(?:refus\w+|refuse\w*|declin\w+) (?:de |to )?(?:pay|regl)\w*",
)

_PAID_FR = r"(?:paye|regle|vire|acquitte|solde|rembourse|honore)(?:e|s|es)?"
_ADV_FR = r"(?:\s(?:deja|bien|donc|tout|toutes?|tous|integralement|entierement|totalement|pourtant|ete|recemment|hier|effectivement|desormais|ce matin|en effet|nous-memes|par virement|la|le|les|l'))*"
_ADV_EN = r"(?:\s(?:already|just|now|all|both|since|indeed|also|fully|recently|been|in fact|actually|certainly|duly|the|it|this|that|them|everything))*"
_PAID_EN = r"(?:paid|settled|wired|remitted|transferred|cleared)"
_MEANS_FR = r"(?:virements?|paiements?|reglements?|cheques?)"
_DONE_FR = r"(?:effectue|fait|emis|envoye|parti|realise|execute|passe|transmis|poste|lance|adresse|valide)(?:e|s|es)?"
_MEANS_EN = r"(?:payments?|transfers?|wires?|cheques?|checks?|remittances?|funds|money)"
_DONE_EN = r"(?:made|sent|done|processed|executed|released|issued|initiated|posted|mailed|completed|submitted|remitted)"

# "will be paid on the 25th" is no payment made.
_NOT_TO_BE = r"\b(?<!le )(?<!du )(?<!be )(?<!etre )(?<!sera )(?<!seras )(?<!serez )(?<!serons )(?<!seront )(?<!soit )(?<!soient )"

PAID = _any(
    rf"\b(?:ai|avons|avez|a|ont|avait|avions){_ADV_FR}\s{_PAID_FR}\b",
    rf"\b(?:est|sont|etait|etaient|c'est|a ete|ont ete){_ADV_FR}\s{_PAID_FR}\b",
    rf"\bdeja\s(?:ete\s)?{_PAID_FR}\b",
    rf"{_NOT_TO_BE}{_PAID_FR}\s(?:le \d|hier|depuis|vendredi dernier|lundi dernier|la semaine derniere|par virement|par cheque|ce jour|ce matin|integralement)",
    rf"\b(?:ai|avons|a|ont){_ADV_FR}\s{_DONE_FR}\s(?:(?:le|un|ce|votre|notre|les|des|du|son)\s)?{_MEANS_FR}\b",
    rf"\b(?:ai|avons|a|ont){_ADV_FR}\sprocede\s(?:au|a un|aux)\s{_MEANS_FR}\b",
    rf"\b{_MEANS_FR}\s(?:(?:a|ont|est|sont)\s)?(?:(?:deja|bien|ete)\s)*{_DONE_FR}\b",
    rf"\b(?:vous trouverez|ci-joint|voici).{{0,30}}\b(?:preuve|avis|justificatif|ordre|confirmation) (?:de |du |d')?{_MEANS_FR}",
    rf"\b(?:we|i|they)\s?(?:already|just|have|'ve|had){_ADV_EN}\s?{_PAID_EN}\b",
    rf"\b(?:have|has|had|'ve){_ADV_EN}\s{_PAID_EN}\b",
    rf"\b(?:was|were|got){_ADV_EN}\s{_PAID_EN}\b",
    rf"\b(?:is|are|'s)\s(?:already|now|fully|all)(?:\sfully)?\s{_PAID_EN}\b",
    rf"\b(?:we|i)\s{_PAID_EN}\b",
    rf"\balready\s{_PAID_EN}\b",
    rf"{_NOT_TO_BE}{_PAID_EN}\s(?:in full|yesterday|last|on the|on \d|by (?:bank )?transfer|this (?:morning|week))",
    rf"\b{_MEANS_EN}\s(?:was|were|has been|have been|'s been|went|left)(?:\s(?:already|just|now))?\s?(?:{_DONE_EN}|out|yesterday|our account)\b",
    rf"\b{_MEANS_EN}\s{_DONE_EN}\b",
    rf"\b(?:have|has|'ve){_ADV_EN}\s{_DONE_EN}\s(?:(?:the|a|your|our|this)\s)?(?:bank\s|wire\s)?{_MEANS_EN}\b",
    rf"\b(?:we|i)\s(?:already\s)?(?:made|sent)\s(?:(?:the|a|your|our|this)\s)?(?:bank\s|wire\s)?{_MEANS_EN}\b",
    rf"\b(?:please find|attached|here is).{{0,30}}\b(?:proof|confirmation|advice) of (?:the )?{_MEANS_EN}",
)

_PAY_FR = r"(?:payer|paye\w*|regler|regle\w*|virer|vire\w*|solder|solde\w*|proceder au|effectuer|effectue\w*|faire (?:le|un|partir)|emettre|emis\w*|honorer)"
_PAY_EN = r"(?:pay|be paid|settle|be settled|transfer|wire|process|be processed|release|be released|remit|clear|be cleared|be made|be sent|make (?:the |a |your )?(?:payment|transfer)|send (?:the |you |your |a )*(?:payment|transfer|cheque|check|money|funds)|go out|arrive|reach you|be executed)"

PROMISE = _any(
    r"\b(?:paierai|paierons|payerai|payerons|paiera|reglerai|reglerons|reglera|virerai|virerons|solderai|solderons|effectuerai|effectuerons|procederai|procederons|paieront|regleront)\b",
    rf"\b(?:ferai|ferons|fera|enverrai|enverrons|emettrons|emettrai|lancerons|lancerai) (?:partir )?(?:le|un|votre|notre|ce) {_MEANS_FR}\b",
    rf"\b(?:sera|seront|serez|serons|vais|va|allons|vont|devrait|devraient|devons|comptons|compte|prevoyons de|pensons|pouvons|m'engage a|engageons a)\s(?:etre |vous |la |le |les |tout |bien |donc |pouvoir |me |nous )*{_PAY_FR}",
    rf"\b{_MEANS_FR} (?:(?:est|sont|a ete|bien) )*(?:prevu|programme|planifie|a venir|en cours|interviendra|partira|suivra|arrivera|en preparation)\w*",
    rf"\b{_MEANS_FR} (?:sera|seront|aura lieu|va)\b",
    r"\bmis(?:e|es)? en (?:paiement|reglement)\b|\bpasse\w* en paiement\b|\ben paiement (?:le|au|pour)\b",
    rf"\b(?:recevrez|aurez) (?:le|votre|notre|un) {_MEANS_FR}\b",
    rf"\b(?:promets|promettons|garantis|garantissons) (?:de |un |le )*(?:payer|regler|virer|{_MEANS_FR})",
    rf"\b(?:will|'ll|shall|going to|gonna|plan to|intend to|aim to|expect to|promise to|commit to|hope to|should)\s(?:now |then |certainly |definitely |also |have it |be able to |make sure to |all )*{_PAY_EN}\b",
    rf"\b{_MEANS_EN} (?:is|are|has been|have been|was) (?:now )?(?:scheduled|planned|set|booked|approved|due|in progress|being processed|on its way)",
    r"\b(?:scheduled|planned|set|queued|approved) for (?:payment|our next)|\bin (?:our|the|this|next) (?:next )?(?:\w+ )?(?:payment|pay) run",
    rf"\byou (?:will|'ll|should|can) (?:receive|have|get|expect) (?:the |your |our )*(?:\w+ )?{_MEANS_EN}\b",
    rf"\b{_MEANS_EN} (?:will|'ll|should)\b",
)

# The present tense promises only together with a day: "je règle vendredi".
PROMISE_WITH_DAY = _any(
    r"\b(?:je|nous|on|j')\s?(?:vous )?(?:regle|reglons|paie|paye|payons|vire|virons|effectue|effectuons|procede|procedons|solde|soldons)\b",
    rf"\b{_MEANS_FR}\b",
    r"\b(?:we|i) (?:pay|settle|transfer|wire|are paying|'re paying|am paying|'m paying)\b",
    rf"\b{_MEANS_EN}\b",
)

DISPUTE_DENIABLE = _any(
    r"\bcontest\w+|\blitige\b|\bdesaccord\b|\breclamation\b",
    r"\b(?:we |i )?(?:dispute|are disputing|'re disputing|contest)\b|\bin dispute\b|\bdisputed\b|\bdisagree\b",
    r"\bover-?charged\b|\bcharged twice\b|\bbilled twice\b|\bfacture(?:e|s|es)? (?:deux fois|en double)\b|\bdouble facturation\b|\bdoublon\b|\bduplicate (?:invoice|billing|charge)\b",
    r"\b(?:waiting|wait|pending|awaiting|need|require|expect\w*|issue|send us) (?:for |on )?(?:the |a |your )?credit (?:note|memo)",
    r"\ben attente (?:de |d'|de l'|d'un |de votre )*avoir\b|\b(?:attends|attendons|demande|demandons|etablir|emettre|recevoir|faire|reclamons) (?:un |l'|votre |cet )*avoir\b|\bavoir (?:attendu|demande|promis|a recevoir)\b",
    r"\berreur (?:de |sur |dans )(?:le |la |les |l'|votre )?(?:prix|facturation|quantite|tarif|montant|facture|tva|remise|adresse)\b|\bfacture (?:est )?(?:erronee|fausse|incorrecte)\b",
    r"\b(?:prix|tarif|montant|quantite|tva|remise)s? (?:(?:est|sont|n'est|facture|applique)\w* )*(?:incorrect|errone|faux|fausse|superieur|different|trop eleve)\w*",
    r"\b(?:incorrect|wrong|erroneous) (?:price|amount|quantity|vat|rate|discount|invoice|tax|po|purchase order|billing)",
    r"\b(?:price|amount|quantity|vat|rate|invoice|discount) (?:is|are|was|were|looks?) (?:incorrect|wrong|too high|higher|missing|erroneous)",
    r"\b(?:price|quantity|pricing) (?:difference|discrepancy|mismatch|variance|error)",
    r"\b(?:marchandise|produit|article|materiel|piece|colis|palette|livraison)s?\b.{0,40}\b(?:defectueu|casse|abime|endommage|manquant|incomplet|en retard|avarie|perdu)\w*",
    r"\b(?:goods|items?|products?|delivery|parts?|shipment|material|pallets?|units?)\b.{0,40}\b(?:damaged|missing|faulty|defective|broken|short|incomplete|late|lost)\b",
    r"\b(?:livraison|commande) (?:partielle|incomplete)|\bil manqu\w+|\bmanquants?\b|\bpartial delivery\b|\bshort[- ]shipped\b|\bshort delivery\b",
)

DISPUTE = _any(
    r"\bpas d'accord\b|\bdo(?:es)?(?: not|n't) agree\b|\bnot agree(?:d)?\b",
    r"\b(?:non|pas|jamais)(?: ete)? (?:livre|conforme|commande)\w*|\bnot (?:as ordered|conform\w*|delivered|been delivered)\b",
    r"\bne (?:correspond|correspondent) pas\b|\b(?:does|do)(?: not|n't) (?:match|correspond)\b",
    r"\b(?:pas|jamais)(?: encore)? recu (?:la |les |cette |le |notre |votre |de |l'|ces )*(?:marchandise|commande|colis|livraison|produit|materiel|article|avoir|palette)\w*",
    r"\b(?:marchandise|colis|livraison|commande|materiel)s? (?:n'\w+ |non |jamais |pas |toujours )+(?:ete )?(?:recu|livre|arrive)\w*",
    r"\b(?:not|never|n't)(?: yet| actually)? (?:received?|get|got|gotten) (?:the |our |this |any |all |your |a )*(?:goods|delivery|shipment|order|items|products|credit note|parcel|material|parts)",
    r"\b(?:goods|shipment|delivery|items|order) (?:were |was |have |has |had )?(?:not|never|n't)(?: been)? (?:received|delivered|arrived)|\bnever (?:arrived|ordered|delivered)\b",
    r"\b(?:remise|discount)\b.{0,30}\b(?:pas|not|non|n't|manqu\w+|missing)\b",
    r"\b(?:bon de commande|numero de commande|purchase order|po number)\b.{0,30}\b(?:manqu\w+|missing|absent|pas|not)\b|\b(?:manque|sans|missing|without) (?:le |the |a |notre |our )*(?:bon de commande|numero de commande|purchase order|po number)\b",
)

DISPUTE_TYPES = MappingProxyType(
    {
        "quality": re.compile(r"defectueu|\bcasse|abime|endommag|non conforme|pas conforme|qualite|avarie|damaged|faulty|defective|quality|broken|not conform"),
        "delivery": re.compile(r"livr|marchandise|colis|palette|manqu(?!e (?:le|un)? ?(?:bon|numero))|quantit|partiel|retard|deliver|shipment|goods|missing (?!po|purchase)|\bshort|arrived|recu (?:la|le|notre) commande|parcel"),
        "price": re.compile(r"\bprix\b|tarif|remise|overcharg|\bprice|pricing|discount|\brate\b|montant|\bamount is|too high|trop eleve"),
        "administrative": re.compile(r"bon de commande|numero de commande|purchase order|\bpo\b|\btva\b|\bvat\b|adresse|siret|deux fois|en double|doublon|duplicate|twice"),
    }
)  # fmt: skip

COPY = _any(
    r"\b(?:renvoy|envoy|transmett|transmet|adress|communiqu|faire parvenir|fourni|faire suivre|retourn)\w*\s(?:\S+\s){0,4}?(?:copie|duplicata|double|factures?)\b",
    r"\bduplicata\b|\bcopie (?:de |des |d')",
    r"\b(?:pas|jamais|non)(?: encore| bien)? recu(?:e|s|es)? (?:la |cette |votre |de |les |ces |l'|vos )*(?:facture|original)",
    r"\bfactures? (?:\S+ ){0,3}?(?:n'\w+ |non |jamais |pas )+(?:ete )?(?:recu|parvenu)\w*",
    r"\b(?:ne|n') ?(?:trouv|retrouv|ai pas trouv|avons pas trouv|dispos)\w*\b.{0,25}\bfactures?\b|\bsans la facture\b",
    r"\b(?:send|resend|re-send|forward|provide|share|e-?mail|let (?:me|us) have|get)\s(?:\S+\s){0,5}?(?:copy|copies|duplicate|invoices?)\b",
    r"\bcop(?:y|ies) of (?:the |this |these |your |all |both )*invoices?|\bduplicate (?:copy|of)\b|\binvoice cop(?:y|ies)\b",
    r"\b(?:not|never|n't)(?: yet| actually)? (?:received?|get|got|gotten|have|seen?|find|located?) (?:the |this |these |your |any |a copy of |that |said |an )*invoices?",
    r"\b(?:cannot|can't|unable to) (?:find|locate|see|trace) (?:the |this |these |your |any |that )*invoices?",
)

WRONG_CONTACT = _any(
    r"\bne suis (?:pas|plus) (?:\S+ ){0,3}?(?:bonne personne|bon interlocuteur|bon contact|personne|interlocut\w+|charge|concerne)",
    r"\b(?:pas|plus) (?:la |le )?(?:bonne personne|bon interlocuteur|bon contact|bon service|bon destinataire)",
    r"\bplus (?:en charge|responsable|chez|partie|membre|dans (?:la|l'|cette) ?(?:societe|entreprise|service))|\bne (?:travaille|fait|fais|gere|m'occupe) plus\b",
    r"\b(?:a|ai) quitte (?:la |l'|notre |cette |ses )*(?:societe|entreprise|fonctions|groupe|etablissement)",
    r"\bmauvais(?:e)? (?:interlocuteur|destinataire|contact|adresse|personne|service)",
    r"\b(?:contacter|adresser a|ecrire a|rapprocher de|vous adresser|contactez|ecrivez a|adressez-vous a|adressez a|transmettre a|envoyer a)\b(?! (?:moi|nous|me)\b)[^.]{0,60}(?:@|service|comptab|collegue|madame|monsieur|mme\b|m\.)",
    r"\bwrong (?:person|contact|address|department|recipient|company)",
    r"\b(?:not|n't) (?:the |your )?(?:right|correct|appropriate|proper) (?:person|contact|department|address|recipient)",
    r"\bno longer (?:work|with|in charge|responsible|handl|employ|deal|at)\w*|\b(?:has|have) left (?:the |our )?(?:company|firm|business|organi[sz]ation)",
    r"\b(?:please |kindly )?(?:contact|reach out to|write to|address your|direct (?:this|your)|redirect|speak to|forward (?:this|your) (?:\w+ )?to)\b(?! (?:me|us)\b)[^.]{0,60}(?:@|department|colleague|accounts? payable|mrs?\b|ms\b)",
)

AWAY = _any(
    r"\b(?:je suis|serai) (?:actuellement )?(?:absente?|en conges?|en vacances)\b",
    r"\b(?:absente?|en conges?) (?:du|jusqu'au|jusqu'a)\b",
    r"\bout of (?:the )?office\b|\bon (?:annual |maternity |parental )leave\b|\bon vacation until\b",
)
