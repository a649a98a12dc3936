from pathlib import Path

import pytest

from tests.cast import House
from tests.ledger.imports.support import Desk


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)
