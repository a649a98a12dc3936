"""Mailgun: what it reports about messages we sent through it, and what customers write back to it.

Off until OTC_MAILGUN_SIGNING_KEY is set. Signatures and payloads are read by django-anymail; on top of it a call is
believed for twelve hours only and once only. Mailgun signs a time and a token and not the body: the body is trusted
as far as TLS goes, so the addresses have to be https. Set its webhooks to `/hooks/mailgun/events`, and a route with
`forward()` to `/hooks/mailgun/inbound/mime`.

Published descriptions this follows, read in November 2026, below documentation.mailgun.com/docs/mailgun/user-manual:
- webhooks/securing-webhooks: HMAC-SHA-256 of timestamp and token, in hexadecimal; how to meet replays
- webhooks/webhook-payloads: one example an event, after which the payloads of our tests are made
- receive-forward-store/receive-http: fields of a forwarded message, 200 and 406, how long it is tried again
"""
