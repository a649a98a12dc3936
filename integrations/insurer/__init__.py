"""A credit insurer's system over HTTP: the covers of a policy, page by page."""
