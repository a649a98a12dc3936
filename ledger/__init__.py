"""What is owed: entities, customers, contacts, documents with due lines, dated allocations, and how facts come in.

Opinions about these facts live elsewhere: trust in `credit`, contestation in `disputes`, asking in `dunning`,
measuring in `kpis`.
"""
