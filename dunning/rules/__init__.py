"""Decisions of the chase as pure functions on frozen values: no Django, no clock, no database.

`steps` says which step a line stands at, `grouping` what one message holds, `gates` what keeps it back,
`calendar` when it may leave, `coverage` that no overdue line slips through, `outbox` which way a row may
move, `content` what the writer of messages is given.
"""
