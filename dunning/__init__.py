"""How we ask: scenarios and their steps, the reminders they lead to, and the outbox that lets each leave once.

It owns the plan of every day, the messages with all that became of them, and the calls and decisions asked of
people. What is owed is the ledger's, what is contested the disputes'; the way out is a port (`channels`) that
`integrations` fills.
"""
