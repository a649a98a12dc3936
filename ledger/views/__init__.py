"""The pages of the ledger, one module each."""
