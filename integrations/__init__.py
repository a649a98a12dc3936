"""One folder per outside system: client, mapping, tasks."""
