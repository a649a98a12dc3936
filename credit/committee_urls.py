"""The routes of committees, in page order."""

from django.urls import URLPattern, path

from credit.views import committee_session, committees

urlpatterns: list[URLPattern] = [
    path("committees", committees.committees, name="committees"),
    path("committees/new", committees.new, name="new_committee"),
    path("committees/flag", committees.flag, name="flag_for_committee"),
    path(
        "committees/tasks/<uuid:committee_task_id>/done",
        committees.task_done,
        name="committee_task_done",
    ),
    path(
        "committees/sessions/<uuid:committee_session_id>",
        committee_session.page,
        name="committee_session",
    ),
    path(
        "committees/sessions/<uuid:committee_session_id>/fill",
        committee_session.fill,
        name="fill_committee_session",
    ),
    path(
        "committees/sessions/<uuid:committee_session_id>/call",
        committee_session.call,
        name="call_committee_session",
    ),
    path(
        "committees/sessions/<uuid:committee_session_id>/cancel",
        committee_session.cancel,
        name="cancel_committee_session",
    ),
    path(
        "committees/sessions/<uuid:committee_session_id>/close",
        committee_session.close,
        name="close_committee_session",
    ),
    path("committees/files/<uuid:agenda_file_id>", committee_session.vote, name="committee_file"),
    path(
        "committees/files/<uuid:agenda_file_id>/postpone",
        committee_session.postpone,
        name="postpone_committee_file",
    ),
    path(
        "committees/files/<uuid:agenda_file_id>/arbitrate",
        committee_session.arbitrate,
        name="arbitrate_committee_file",
    ),
    path(
        "committees/minutes/<uuid:minutes_id>.pdf",
        committee_session.minutes_paper,
        name="committee_minutes",
    ),
    path("committees/<uuid:committee_id>", committees.committee, name="committee"),
    path("committees/<uuid:committee_id>/agree", committees.agree, name="agree_committee"),
    path(
        "committees/<uuid:committee_id>/sessions/new",
        committees.new_session,
        name="new_committee_session",
    ),
    path(
        "credit/requests/<slug:number>/committee",
        committee_session.flag,
        name="flag_request_for_committee",
    ),
]
