"""The contracts of pyproject.toml catch what they promise to catch: each violation is planted and seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    "otc",
    "kernel",
    "accounts",
    "ledger",
    "credit",
    "disputes",
    "dunning",
    "kpis",
    "portal",
    "integrations",
]


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The apps with empty modules and the project's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for app in APPS:
        (tmp_path / app).mkdir()
        for module in ("__init__", "views", "services", "queries", "models", "rules"):
            (tmp_path / app / f"{module}.py").touch()
    return tmp_path


def broken_contracts(folder: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": "", "COLUMNS": "200"},
    )
    return done.stdout if done.returncode else ""


def test_the_skeleton_keeps_every_contract(skeleton: Path) -> None:
    assert broken_contracts(skeleton) == ""


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("kernel/models.py", "import ledger.models"),
        ("accounts/services.py", "from otc import rules"),
        ("ledger/queries.py", "import dunning.queries"),
        ("credit/services.py", "import disputes.services"),
        ("portal/views.py", "import integrations.services"),
        ("dunning/services.py", "import dunning.views"),
        ("ledger/models.py", "import ledger.queries"),
        ("kpis/rules.py", "from django.db import models"),
        ("credit/rules.py", "import credit.models"),
    ],
)
def test_a_planted_violation_is_caught(skeleton: Path, module: str, line: str) -> None:
    (skeleton / module).write_text(line + "\n")
    assert "BROKEN" in broken_contracts(skeleton)
