"""The formulas: exact decimals in, a figure with its steps and its reasons out; no database, no clock.

One module a family of formulas, one page in docs/glossary.md. Amounts are tax included unless a name says
otherwise, in one currency that the caller has settled; days are calendar days; rates are fractions.
"""
