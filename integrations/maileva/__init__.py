"""Maileva (La Poste): qualified registered e-letters (LREQ), and whether their addressee took them.

Off until OTC_MAILEVA_URL, OTC_MAILEVA_USER and OTC_MAILEVA_SENDER are set; the sender's identity was verified by
Maileva before. A sending is a draft until it is submitted: it is made, gets its document and its recipient, and only
then the reminder is marked as about to leave and the sending submitted. It bears the reminder's name as `custom_id`,
by which it is found again when an answer was lost; a draft found there never left. There is no signed webhook in the
description, so what became of a letter is asked for each hour.

Tested against answers made after the published description, not against the provider itself. Source: the OpenAPI
description of Maileva's LREQ API (`/sendings`, `/sendings/{id}/documents`, `/recipients`, `/submit`; statuses of
recipients ACCEPTED, REFUSED, NOT_CLAIMED…), read in November 2026 in its form generated for TypeScript; access
tokens by OAuth 2.0 client credentials, RFC 6749 section 4.4.
"""
