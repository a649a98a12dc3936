"""Decisions and formulas of the ledger: pure functions on values, no Django and no clock."""
