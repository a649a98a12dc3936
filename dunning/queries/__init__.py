"""Questions across the chase's tables; none of them writes.

`lines` reads open due lines with what the chase knows of them, `facts` sums them up for a whole ledger at
once, `contents` gathers what one message says, `agenda` and `timelines` serve the pages.
"""
