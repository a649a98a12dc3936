"""The words of circuits: the names of the shipped ones, and what is said of a draft that cannot be published."""

from collections.abc import Sequence
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Membership
from credit.models import Circuit, CircuitVersion, RequestKind, StepKind
from credit.rules.circuits import OTHER, Facts, Fault, Flaw
from kernel.money import Money

READY_NAMES = MappingProxyType(
    {
        "openings": gettext_lazy("Account openings"),
        "limits": gettext_lazy("Limits and reviews"),
        "short": gettext_lazy("Advice and temporary raises"),
    }
)

READY_PIECES = MappingProxyType(
    {
        "kbis": pgettext_lazy("paper", "Extract of the company register"),
        "accounts": pgettext_lazy("paper", "Annual accounts"),
        "rib": pgettext_lazy("paper", "Bank details"),
        "order": pgettext_lazy("paper", "Signed quote or order"),
        "terms_signed": pgettext_lazy("paper", "Terms of sale, signed"),
        "vat_certificate": pgettext_lazy("paper", "VAT number"),
    }
)


def findings_as_text(found: Sequence[Fault | Membership], version: CircuitVersion) -> str:
    """Return everything that keeps a draft from being published, one sentence each."""
    return " ".join(sentence(one, version) for one in found)


def sentence(found: Fault | Membership, version: CircuitVersion) -> str:
    """Return one finding in words, with the way out."""
    if isinstance(found, Membership):
        return _("%(name)s does not work here any more: name somebody else.") % {"name": found.name}
    facts = {
        "name": version.circuit.name,
        "number": found.number,
        "step": StepKind(found.kind).label if found.kind else "",
        "people": _people(found.people),
        "example": _case(found.example) if found.example else "",
    }
    if found.flaw is Flaw.NO_DECISION and found.example is not None:
        return _("Nobody would decide %(example)s: add a decision for it.") % facts
    return {
        Flaw.EMPTY: _("%(name)s has no step: add a decision at least."),
        Flaw.NO_DECISION: _("%(name)s has no step that decides: add a decision."),
        Flaw.NO_END: _(
            "Step %(number)s, %(step)s, comes after the last decision: nothing would wait for it. Move it before."
        ),
        Flaw.NOBODY: _("Step %(number)s, %(step)s, is nobody's: name a role or a person."),
        Flaw.LOOP: _("%(people)s: this leads back to where it began. Name somebody else."),
        Flaw.UNREACHABLE: _(
            "No request ever reaches step %(number)s, %(step)s: its conditions exclude one another, or the circuit's."
        ),
        Flaw.EXPORT_TOO_EARLY: _(
            "Step %(number)s opens the account before the last decision: move it to the end."
        ),
    }[found.flaw] % facts


def _people(idents: Sequence[str]) -> str:
    names = {
        str(pk): name
        for pk, name in Membership.objects.filter(pk__in=idents).values_list("pk", "name")
    }
    return " → ".join(names.get(ident, ident) for ident in idents)


def _case(facts: Facts) -> str:
    said = [
        RequestKind(facts.kind).label.lower(),
        str(Money(facts.amount, facts.currency)),
    ]
    if facts.grade:
        said.append(_("grade %(grade)s") % {"grade": facts.grade})
    said += [value for value in (facts.country, facts.entity) if value != OTHER]
    return ", ".join(said)


def kinds(codes: Sequence[str]) -> str:
    """Return kinds of request in words."""
    return ", ".join(str(RequestKind(code).label) for code in codes if code in RequestKind.values)


def scope_of(circuit: Circuit) -> str:
    """Return for which requests a circuit is, in words."""
    said = [kinds(circuit.kinds) or _("Every request")]
    said += [", ".join(codes) for codes in (circuit.countries, circuit.entities) if codes]
    return " · ".join(said)
