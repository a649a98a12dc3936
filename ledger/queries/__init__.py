"""Questions across the tables of the ledger; answers are dataclasses or QuerySets, nothing is ever written."""
