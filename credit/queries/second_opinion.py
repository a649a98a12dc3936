"""The shipped second opinion, read once for each process."""

import json
from functools import cache
from pathlib import Path

from credit.rules.second_opinion import Model, model_of

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "second_opinion.json"


@cache
def shipped_model() -> Model:
    """Return the trees that come with the product, with what was measured of them."""
    return model_of(json.loads(SHIPPED.read_text(encoding="utf-8")))
