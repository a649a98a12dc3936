"""What the compose file mounts is what the scripts beside it make."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_secret_of_the_compose_file_is_made_once(tmp_path: Path) -> None:
    shutil.copy2(ROOT / "deploy" / "make-secrets", tmp_path)
    wanted = set(re.findall(r"\./deploy/secrets/(\w+)", (ROOT / "docker-compose.yml").read_text()))

    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)

    assert wanted <= made.keys()
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_a_setting_is_read_from_the_file_that_a_secret_mounts(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a b'c\n")
    done = subprocess.run(
        [
            ROOT / "deploy" / "entrypoint",
            "sh",
            "-c",
            'printf %s "$OTC_SECRET_KEY" "${OTC_SECRET_KEY_FILE-none}"',
        ],
        env={"PATH": "/usr/bin:/bin", "OTC_SECRET_KEY_FILE": str(tmp_path / "key")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "a b'cnone"
