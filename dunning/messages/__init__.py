"""What a reminder says: from plain facts to a subject, an HTML part, a text part and attachments.

`compose` is the whole interface towards the engine. `engine` runs the texts that people write, within
limits; `fields` publishes what those may read; `bodies` lays the message out; `shipped` holds our own
texts and checks a tenant's.
"""

from dunning.messages.composing import compose

__all__ = ["compose"]
