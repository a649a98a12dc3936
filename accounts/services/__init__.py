"""The verbs of accounts, one module for each subject."""
