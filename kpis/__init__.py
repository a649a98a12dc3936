"""How well it goes: the formulas of credit management, and the questions that feed them.

It owns every indicator a page, a report or a command prints, each with the steps that lead to it. What is
owed is the ledger's, what is contested is the disputes'; this app reads both and changes neither.
"""
