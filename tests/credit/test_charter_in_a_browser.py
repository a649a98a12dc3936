"""The pages of the charter in a real Chromium: accessible in both themes, on a phone and on a screen."""

import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.test import Client, override_settings

from accounts.look_ups import tenant_of_slug
from accounts.models import Membership, User
from kernel.tenancy import tenant_scope
from otc.demo.services import make_tenant
from otc.demo.wexcombe import WEXCOMBE
from tests.browser import PLAIN_FILES, Answer, faults_of_pages, needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db, needs_chromium, pytest.mark.slow]
PAGES = {
    "/unsigned": ("sales_rep", "/charter"),
    "/landing": ("sales_rep", "/home"),
    "/signed": ("credit_manager", "/charter"),
    "/draft": ("credit_analyst", "/charter/draft"),
    "/article": ("credit_analyst", "/charter/draft?article=3"),
    "/changes": ("credit_manager", "/charter/draft/changes"),
    "/compliance": ("credit_manager", "/charter/compliance"),
    "/back-test": ("credit_manager", "/charter/back-test"),
}


def client_of(tenant_id: UUID, role: str) -> Client:
    with tenant_scope(tenant_id):
        member = Membership.objects.select_related("user").filter(grants__role=role).first()
        assert member is not None
        assert member.user is not None
        user = member.user
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["tenant"] = str(tenant_id)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def answers() -> dict[str, Answer]:
    make_tenant(WEXCOMBE, now=datetime.now(UTC))
    tenant_id = tenant_of_slug(WEXCOMBE.slug)
    assert tenant_id is not None
    User.objects.update(language="fr")
    found = {}
    with override_settings(STORAGES=PLAIN_FILES):
        for name, (role, url) in PAGES.items():
            answer = client_of(tenant_id, role).get(url)
            assert answer.status_code == 200, url
            found[name] = (answer.content, answer.headers["Content-Security-Policy"])
    return found


def test_the_pages_of_the_charter_have_no_fault_in_any_look(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "charter") == []
