"""One stylesheet and one script reach the browser, small, and made only of what the sources say."""

import gzip
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from otc.static_bundle import BundleError, bundled_css, bundled_js, minified_css

STATIC = Path(__file__).resolve().parents[2] / "static"


def source(name: str) -> str:
    return (STATIC / name).read_text()


def compressed(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def test_the_stylesheet_holds_every_component_and_stays_under_16_kb() -> None:
    merged = bundled_css("css/app.css", source)
    entry = source("css/app.css")
    for path in sorted((STATIC / "css").glob("*.css")):
        assert path.name == "app.css" or f'url("{path.name}")' in entry, path.name
    assert "@import" not in merged
    assert merged.startswith("@layer tokens,reset,base,layout,components,pages,utilities,print;")
    assert merged.count("{") == merged.count("}")
    assert compressed(merged) <= 16 * 1024


def test_the_script_holds_every_module_and_stays_under_25_kb() -> None:
    merged = bundled_js("js/app.js", source)
    for path in sorted((STATIC / "js").glob("*.js")):
        assert path.name == "app.js" or f'/{path.name}"' in "".join(
            other.read_text() for other in (STATIC / "js").glob("*.js")
        ), path.name
    assert "\nimport " not in merged
    assert "\nexport " not in merged
    assert compressed(merged) <= 25 * 1024
    assert compressed(merged) - compressed(source("vendor/htmx/htmx.min.js")) <= 6 * 1024


def test_blanks_go_only_where_they_mean_nothing() -> None:
    sheet = '/* x */ .a > .b , .c { color : red ; width: calc(1px + 2px); content: "a  b" }\n'
    assert minified_css(sheet) == '.a>.b,.c{color : red;width: calc(1px + 2px);content: "a b"}'


def test_a_module_comes_once_and_after_what_it_needs() -> None:
    files = {
        "js/app.js": 'import { b } from "./b.js";\nimport { c } from "./c.js";\nb(c);\n',
        "js/b.js": 'import { c } from "./c.js";\nexport const b = (x) => x + c;\n',
        "js/c.js": "// why\nexport const c = 1;\n",
    }
    assert bundled_js("js/app.js", files.__getitem__) == (
        "const c = 1;\nconst b = (x) => x + c;\nb(c);\n"
    )


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {
                "js/app.js": 'import { b } from "./b.js";\nconst x = 1;\n',
                "js/b.js": "export const b = 1;\nconst x = 2;\n",
            },
            "x is already the name",
        ),
        ({"js/app.js": "export default 1;\n"}, "write import"),
        ({"js/app.js": 'import b from "./b.js";\n'}, "write import"),
    ],
)
def test_a_script_that_cannot_be_merged_is_refused(files: dict[str, str], words: str) -> None:
    with pytest.raises(BundleError, match=words):
        bundled_js("js/app.js", files.__getitem__)


def test_an_import_of_an_import_is_refused() -> None:
    files = {"css/app.css": '@import url("b.css");\n', "css/b.css": '@import url("c.css");\n'}
    with pytest.raises(BundleError, match="one level deep"):
        bundled_css("css/app.css", files.__getitem__)


def test_collectstatic_serves_the_merged_files_under_a_name_of_their_content(
    tmp_path: Path,
) -> None:
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "otc.static_bundle.BundledStaticFilesStorage"},
    }
    finders = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages, STATICFILES_FINDERS=finders):
        call_command("collectstatic", interactive=False, verbosity=0)
    hashed = list((tmp_path / "css").glob("app.*.css"))
    assert len(hashed) == 1
    assert hashed[0].read_text() == bundled_css("css/app.css", source)
    assert (tmp_path / "css" / f"{hashed[0].name}.br").exists()
    assert (tmp_path / "js" / "app.js").read_text() == bundled_js("js/app.js", source)
