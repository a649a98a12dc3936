"""Decisions of the ledger: due dates, allocation, identifiers, calendars, late-payment interest.

Pure functions on values; what the law says on a day is read from the dated tables in `ledger/reference`.
"""
