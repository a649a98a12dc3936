"""What others wrote is listed with version, licence and sum, and is what the list says."""

from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"


def listed() -> dict[str, str]:
    lines = (STATIC / "vendor" / "MANIFEST").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert all(len(row) == 5 and all(row) for row in rows)
    return {path: digest for path, _version, _licence, digest, _origin in rows}


def test_every_vendored_file_is_what_the_manifest_says() -> None:
    for path, digest in listed().items():
        assert sha256((STATIC / path).read_bytes()).hexdigest() == digest, path


def test_no_vendored_file_is_missing_from_the_manifest() -> None:
    there = {
        path.relative_to(STATIC).as_posix()
        for path in (STATIC / "vendor").rglob("*")
        if path.is_file()
    }
    assert there - set(listed()) <= {"vendor/MANIFEST", "vendor/lucide/icons.txt"}


def test_htmx_is_the_one_of_the_installed_package() -> None:
    import django_htmx  # noqa: PLC0415  only its files are wanted

    folder = Path(django_htmx.__file__).parent / "static" / "django_htmx"
    ours = (STATIC / "vendor" / "htmx" / "htmx.min.js").read_bytes()
    assert ours == (folder / "htmx-2.min.js").read_bytes()
