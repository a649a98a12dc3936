"""Sinch: text messages, and what became of them.

Off until OTC_SINCH_PLAN and OTC_SINCH_TOKEN are set. It has no key that makes a second request harmless; each batch
bears the reminder's name as its `client_reference`, by which it is found again when an answer was lost. Delivery
reports come to `/hooks/sinch/reports` where OTC_SINCH_HOOK_SECRET is set: signing has to be switched on by Sinch's
account manager. They are also asked for each hour.

Tested against answers made after the published descriptions, not against the provider itself. Read in November 2026,
below developers.sinch.com/docs/sms/api-reference/sms: batches (POST and GET, `client_reference`), delivery-reports
(statuses and codes, `recipient_delivery_report_sms`), webhooks; the signature as sinch-sdk-python 2 checks it:
base64 of HMAC-SHA-256 of `body.nonce.timestamp`.
"""
