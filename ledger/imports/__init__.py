"""The one door for outside facts: files come in through a gate, a sandbox, a preview, one transaction.

It owns what a file may look like and how its lines become customers, documents, due lines and
allocations. What these mean afterwards belongs to `ledger`.
"""
