"""The routes of accounts, in page order. Views of allauth are declared here, one by one, public or signed in."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.usersessions import views as sessions
from django.urls import URLPattern, path, re_path

from accounts.views import company, entrance, people, profile, solo, trail
from kernel.http import public, signed_in

_ENTRANCE: list[URLPattern] = [
    path("login", entrance.sign_in, name="account_login"),
    path("login/demo/<uuid:membership_id>", entrance.sign_in_demo, name="demo_sign_in"),
    path("login/passkey", public(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("login/second-factor", public(mfa.authenticate), name="mfa_authenticate"),
    path("logout", public(account.logout), name="account_logout"),
    path("signup", entrance.sign_up, name="account_signup"),
    path("inactive", public(account.account_inactive), name="account_inactive"),
    path("password/forgotten", public(account.password_reset), name="account_reset_password"),
    path(
        "password/forgotten/sent",
        public(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        public(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/done",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path(
        "confirm-email",
        public(account.email_verification_sent),
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)$",
        public(account.confirm_email),
        name="account_confirm_email",
    ),
    path("invitation/<str:secret>", entrance.invitation, name="invitation"),
]

_OWN: list[URLPattern] = [
    path("me", profile.profile, name="profile"),
    path("me/theme", profile.set_theme, name="set_theme"),
    path("me/language", profile.set_language, name="set_language"),
    path("me/email", signed_in(account.email), name="account_email"),
    path("me/password", signed_in(account.password_change), name="account_change_password"),
    path("me/password/set", signed_in(account.password_set), name="account_set_password"),
    path("me/confirm", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("me/confirm/code", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "me/confirm/passkey",
        signed_in(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("me/second-factor", signed_in(mfa.index), name="mfa_index"),
    path("me/second-factor/app", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("admin/solo", solo.solo, name="solo"),
    path("solo/<str:token>", solo.confirm, name="confirm_solo_act"),
    path(
        "me/second-factor/app/remove", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"
    ),
    path(
        "me/second-factor/codes",
        signed_in(codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "me/second-factor/codes/new",
        signed_in(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "me/second-factor/codes/download",
        signed_in(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("me/passkeys", signed_in(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("me/passkeys/add", signed_in(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path(
        "me/passkeys/<int:pk>/rename", signed_in(passkeys.edit_webauthn), name="mfa_edit_webauthn"
    ),
    path(
        "me/passkeys/<int:pk>/remove",
        signed_in(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path("me/sessions", signed_in(sessions.list_usersessions), name="usersessions_list"),
    path("me/keys/<uuid:token_id>/collect", profile.collect_key, name="collect_key"),
    path("switch", profile.switch_tenant, name="switch_tenant"),
]

_ADMINISTRATION: list[URLPattern] = [
    path("admin", company.administration, name="administration"),
    path("admin/company", company.company, name="company"),
    path("admin/users", people.people, name="people"),
    path("admin/users/invite", people.invite, name="invite"),
    path("admin/users/<uuid:member_id>", people.person, name="person"),
    path("admin/users/<uuid:member_id>/roles", people.grant, name="grant_role"),
    path(
        "admin/users/<uuid:member_id>/roles/<uuid:grant_id>/revoke",
        people.revoke,
        name="revoke_role",
    ),
    path("admin/users/<uuid:member_id>/deactivate", people.deactivate, name="deactivate_member"),
    path("admin/users/<uuid:member_id>/reactivate", people.reactivate, name="reactivate_member"),
    path("admin/users/<uuid:member_id>/invite-again", people.invite_again, name="invite_again"),
    path("admin/users/<uuid:member_id>/manager", people.change_manager, name="change_manager"),
    path("admin/entities", company.scopes, name="scopes"),
    path("admin/entities/add", company.add_scope, name="add_scope"),
    path("admin/entities/transfer", company.transfer_portfolios, name="transfer_portfolios"),
    path("admin/entities/<uuid:scope_id>/move", company.move_scope, name="move_scope"),
    path("admin/entities/<uuid:scope_id>/rename", company.rename_scope, name="rename_scope"),
    path("admin/entities/<uuid:scope_id>/remove", company.remove_scope, name="remove_scope"),
    path("admin/keys", company.keys, name="keys"),
    path("admin/keys/<uuid:token_id>/revoke", company.revoke_key, name="revoke_key"),
    path("audit", trail.audit_trail, name="audit_trail"),
]

urlpatterns: list[URLPattern] = [*_ENTRANCE, *_OWN, *_ADMINISTRATION]
