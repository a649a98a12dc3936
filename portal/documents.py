"""The statement of account, as the customer's page hands it on."""

from dunning.documents.account import statement_view

__all__ = ["statement_view"]
