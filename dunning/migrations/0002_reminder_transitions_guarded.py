"""The table of dunning.rules.outbox as a trigger: no statement, however written, moves a reminder another way."""

from django.db import migrations

# Frozen here as a migration must be; a test holds it equal to the rule's table.
TRANSITIONS = {
    "planned": ["cancelled", "done", "held", "ready"],
    "ready": ["cancelled", "claimed", "held", "planned"],
    "held": ["cancelled", "planned", "ready"],
    "claimed": ["cancelled", "failed", "handing", "held", "planned", "ready"],
    "handing": ["failed", "ready", "sent", "unknown"],
    "unknown": ["cancelled", "ready", "sent"],
    "sent": ["bounced", "complained", "delivered"],
    "delivered": ["bounced", "complained"],
    "failed": ["cancelled", "ready"],
    "bounced": [],
    "complained": [],
    "cancelled": [],
    "done": [],
}

ALLOWED = ", ".join(
    f"('{before}', '{after}')" for before, states in TRANSITIONS.items() for after in states
)

GUARD = f"""
CREATE FUNCTION dunning_reminder_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN ({ALLOWED}) THEN
        RAISE EXCEPTION 'a reminder that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reminder_transition';
    END IF;
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION dunning_reminder_transition() TO otc_web, otc_worker;
CREATE TRIGGER reminder_transition BEFORE UPDATE OF state ON dunning_reminder
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION dunning_reminder_transition();
"""

REMOVAL = """
DROP TRIGGER reminder_transition ON dunning_reminder;
DROP FUNCTION dunning_reminder_transition();
"""


class Migration(migrations.Migration):
    dependencies = [("dunning", "0001_scenarios_reminders_and_the_outbox")]

    operations = [migrations.RunSQL(GUARD, REMOVAL)]
