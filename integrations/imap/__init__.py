"""A mailbox looked into over IMAP (RFC 3501), where no provider calls us. Off until OTC_IMAP_URL is set.

Python's own imaplib speaks; `client` reads, `tasks` looks every two minutes. What was taken in is marked as seen and
stays in the mailbox; what belongs to no tenant stays there too, flagged for the people who keep the mailbox.
"""
