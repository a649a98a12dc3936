"""ClamAV's daemon, asked over its own socket whether a file carries a virus.

The protocol is that of clamd(8), command `INSTREAM`: null-terminated commands begin with `z`, the bytes follow in
chunks with their length in front as four bytes in network order, a chunk of length 0 ends them, and the daemon answers
`stream: OK`, `stream: NAME FOUND` or `… ERROR`.
"""
