"""The verbs of the chase: plan a day, confirm, hold, release, cancel, pause, send, and settle what is unknown."""
