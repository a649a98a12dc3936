"""Words for what takes a letter out of its batch."""

from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from dunning.rules.letters import WhyOut

WHY_OUT = MappingProxyType(
    {
        WhyOut.PAID.value: _("paid meanwhile"),
        WhyOut.EXCLUDED.value: _(
            "kept out of the chase meanwhile: a dispute, a promise or a pause"
        ),
        WhyOut.SUPERSEDED.value: _("another step is due by now"),
        WhyOut.HELD_BACK.value: _("held back: credit notes, money to allocate, or no contact"),
        WhyOut.NOT_DUE.value: _("nothing is due any more"),
        WhyOut.CANCELLED.value: _("the reminder was dropped by a person"),
        WhyOut.HELD.value: _("the reminder is held"),
        WhyOut.CHANGED.value: _("amounts, address or account changed: it is drawn anew"),
        WhyOut.TO_CONFIRM.value: _("a person has to confirm it"),
        WhyOut.NO_ADDRESS.value: _("no complete postal address"),
        WhyOut.STOPPED.value: _("its scenario is stopped"),
        WhyOut.BY_PERSON.value: _("taken out by a person"),
        WhyOut.NOT_DRAWN.value: _("it could not be drawn"),
    }
)


def why_words(why: str) -> str:
    """Return why a letter was taken out, for people."""
    return str(WHY_OUT.get(why, why))
