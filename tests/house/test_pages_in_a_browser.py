"""The bases and components in a real Chromium: accessible, within the policy, few requests, and usable by keyboard."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory, override_settings
from django.utils import translation
from playwright.sync_api import Browser, Page, Route

from otc import styleguide_samples as samples
from tests.browser import (
    HOST,
    PLAIN_FILES,
    TYPES,
    faults_in_every_look,
    needs_chromium,
    open_browser,
    static_file,
)

PALETTE = """{"groups": [{"label": "Go to", "items": [
  {"label": "Bâti-Loire", "url": "/customers/1", "icon": "users", "meta": "C-10482"},
  {"label": "Items", "url": "/items", "icon": "list", "meta": ""}]}]}"""

pytestmark = [pytest.mark.browser, needs_chromium]


def item(url: str, label: str, icon: str, **more: Any) -> SimpleNamespace:
    rest = {"key": "", "counter": None, "is_hot": False, "is_current": False}
    return SimpleNamespace(url=url, label=label, icon=icon, **{**rest, **more})


SHELL = SimpleNamespace(
    tenant_name="Orvanne Industries",
    tenants=[("belleroche", "Belleroche SARL")],
    switch_url="/switch",
    groups=[
        SimpleNamespace(label="", items=[item("/home", "Home", "home", is_current=True, key="h")]),
        SimpleNamespace(
            label="Receivables",
            items=[
                item("/customers", "Customers", "users", key="c"),
                item("/disputes", "Disputes", "flag", counter=38, is_hot=True),
            ],
        ),
    ],
    user_name="Camille Exemple",
    user_role="Credit manager",
    profile_url="/me",
    logout_url="/logout",
    notifications=4,
    notifications_url="/news",
)

PAGE = """
{% extends "base.html" %}{% load ui formats charts %}
{% block title %}Home{% endblock %}
{% block breadcrumb %}<span aria-current="page">Home</span>{% endblock %}
{% block heading %}<h1>Home</h1>{% endblock %}
{% block actions %}<a class="btn btn-primary" href="/agenda">Start</a>{% endblock %}
{% block content %}<section class="kpis" aria-label="Indicators">
{% for tile in tiles %}{% include "components/kpi.html" %}{% endfor %}</section>
{% include "components/drill.html" with steps=drill %}
{% include "components/chart.html" with chart=trend id="c1" %}
<form method="post"><div class="card"><div class="table-wrap" tabindex="0" role="group" aria-label="Rows">
<table class="table" data-keylist><thead><tr><th scope="col">Pick</th><th scope="col">Customer</th></tr></thead><tbody>
{% for code, name, letter, owed, late, state, shares in rows %}<tr data-row><td class="check-cell">
<label><input class="check" type="checkbox" name="customer" value="{{ code }}" data-pick="c"
data-amount="{{ owed|plain }}" aria-label="{{ name }}"></label></td><td><a href="/customers/{{ code }}">{{ name }}</a>
</td></tr>{% endfor %}</tbody></table></div></div>
{% include "components/bulk.html" with pick="c" currency="EUR" %}</form>
{% include "components/filters.html" with placeholder="Filter" %}{% endblock %}
"""
VISITOR = """
{% extends "base_public.html" %}{% load ui %}{% block title %}Sign in{% endblock %}
{% block content %}<form method="post"><h1>Sign in</h1><div class="field"><label for="e">E-mail</label>
<input class="input" id="e" type="email"></div><button class="btn btn-primary">Sign in</button></form>
{% include "components/demo_signins.html" with login_url="/login" %}{% endblock %}
"""
PORTAL = """
{% extends "base_portal.html" %}{% load ui %}{% block content %}<section class="p-hero"><h1>Your account</h1>
<div class="p-sum"><div class="big"><p class="k">Due now</p><p class="v">€191,470.75</p></div></div></section>
<div class="stack"><section class="card"><div class="inv-head"><h2>Overdue</h2></div></section></div>
<aside class="stack" aria-label="Payment"><p>IBAN</p></aside>{% endblock %}
"""
PAGES = {"page": PAGE, "visitor": VISITOR, "portal": PORTAL}


@cache
def rendered(name: str) -> str:
    request: HttpRequest = RequestFactory().get(f"/{name}")
    request.htmx = False  # type: ignore[attr-defined]
    figures = {**samples.figures(), **samples.lists(), **samples.all_charts()}
    context = {
        **figures,
        "shell": SHELL,
        "request": request,
        "brand_name": "Orvanne",
        "messages": [],
    }
    if name == "styleguide":
        context["form"] = samples.SampleForm({"siren": "00000048", "mode": "auto", "limit": "1"})
        template = engines["django"].get_template("styleguide.html")
    else:
        template = engines["django"].from_string(PAGES[name])
    with translation.override("fr"):
        return str(template.render(context, request))


def policy() -> str:
    rules = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def answer(route: Route) -> None:
    path = route.request.url.removeprefix(HOST).split("?")[0].lstrip("/")
    if path.startswith("static/"):
        name = path.removeprefix("static/")
        route.fulfill(body=static_file(name), content_type=TYPES[Path(name).suffix])
    elif path == "palette":
        route.fulfill(body=PALETTE, content_type="application/json")
    elif path == "styleguide" or path in PAGES:
        headers = {"Content-Security-Policy": policy()}
        route.fulfill(body=rendered(path), content_type="text/html; charset=utf-8", headers=headers)
    else:
        route.fulfill(body="<!doctype html><title>x</title>", content_type="text/html")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


Opened = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    contexts = []

    def go(name: str, *, width: int = 1440, script: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(f"{HOST}/{name}")
        return page

    with override_settings(STORAGES=PLAIN_FILES):
        yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["styleguide", *PAGES])
def test_axe_finds_nothing(opened: Opened, name: str) -> None:
    assert faults_in_every_look(opened(name), name) == []


@pytest.mark.parametrize("name", ["styleguide", *PAGES])
def test_a_first_view_stays_in_the_policy_and_takes_six_requests_at_most(
    chromium: Browser, opened: Opened, name: str
) -> None:
    page = opened(name)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.reload(wait_until="networkidle")
    assert said == []
    assert len(asked) <= 6


def test_ctrl_k_finds_and_goes(opened: Opened) -> None:
    page = opened("page")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette [role=option]")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#palette [aria-selected=true]")
    assert chosen.inner_text().strip() == "Items"
    page.keyboard.press("Enter")
    page.wait_for_url("**/items")


def test_rows_are_walked_and_ticked_by_keys(opened: Opened) -> None:
    page = opened("page")
    for key in ("j", "j", "k", "x"):
        page.keyboard.press(key)
    assert page.locator("tr.is-cursor a").inner_text() == "Bâti-Loire SAS"
    assert page.locator("[data-pick]:checked").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/C-10482")


def test_single_keys_are_off_while_typing_and_where_the_profile_says_so(opened: Opened) -> None:
    page = opened("page")
    page.locator("input[type=search]").focus()
    page.keyboard.press("?")
    assert not page.locator("#shortcuts").is_visible()
    page.locator("h1").click()
    page.evaluate("document.body.dataset.shortcuts = 'off'")
    page.keyboard.press("?")
    assert not page.locator("#shortcuts").is_visible()
    page.evaluate("delete document.body.dataset.shortcuts")
    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()


def test_g_then_a_letter_goes_there(opened: Opened) -> None:
    page = opened("page")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers")


def test_ticks_are_counted_and_summed_and_shift_takes_a_range(opened: Opened) -> None:
    page = opened("page")
    bar = page.locator(".bulk")
    assert not bar.is_visible()
    boxes = page.locator("[data-pick]")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    assert page.locator("[data-count]").inner_text() == "3"
    assert page.locator("[data-sum]").inner_text().replace("\u202f", " ") == "929 480,75\u00a0€"
    page.locator("[data-pick-none]").click()
    assert not bar.is_visible()


def test_the_theme_changes_at_once_and_is_kept(opened: Opened) -> None:
    page = opened("page")
    page.get_by_role("button", name="Changer de thème").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    kept = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert kept["theme"] == "dark"


@pytest.mark.parametrize("script", [True, False])
def test_the_drawer_opens_and_closes_with_and_without_script(
    opened: Opened, *, script: bool
) -> None:
    page = opened("page", width=390, script=script)
    side = page.locator("#side")
    assert not side.is_visible()
    page.locator(".menu-btn").click()
    assert side.is_visible()
    page.locator(".side-close").click()
    assert not side.is_visible()


def test_what_needs_a_script_is_not_offered_without_one(opened: Opened) -> None:
    page = opened("page", script=False)
    assert page.locator(".needs-js:visible").count() == 0
    assert page.locator(".bulk").is_visible()
