"""What may be allowed in the ledger."""

from kernel.permissions import Verb

SEE_CUSTOMERS = "ledger.see_customers"
EDIT_CUSTOMER = "ledger.edit_customer"
EDIT_RECIPIENTS = "ledger.edit_recipients"
PROPOSE_REFUND_IBAN = "ledger.propose_refund_iban"
APPROVE_REFUND_IBAN = "ledger.approve_refund_iban"
IMPORT_LEDGER = "ledger.import_ledger"
IMPORT_BANK = "ledger.import_bank"
APPLY_CASH = "ledger.apply_cash"
PROPOSE_WRITE_OFF = "ledger.propose_write_off"
APPROVE_WRITE_OFF = "ledger.approve_write_off"
EXPORT = "ledger.export"

# The verbs that suffice to keep a view of a list: whoever sees it may.
SEEING = (Verb.READ, Verb.DO)
