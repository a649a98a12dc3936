"""The routes of dunning, in page order."""

from django.urls import URLPattern, path

from dunning import views

urlpatterns: list[URLPattern] = [
    path("agenda", views.day, name="agenda"),
    path("agenda/confirm", views.confirm, name="confirm_reminders"),
    path("agenda/stop", views.stop, name="stop_sending"),
    path("agenda/resume", views.resume, name="resume_sending"),
    path("agenda/runs/<uuid:run_id>/release", views.release_run, name="release_run"),
    path("agenda/<uuid:reminder_id>", views.reminder, name="reminder"),
    path("agenda/<uuid:reminder_id>/letter.pdf", views.print_letter, name="print_letter"),
    path("agenda/<uuid:reminder_id>/hold", views.hold, name="hold_reminder"),
    path("agenda/<uuid:reminder_id>/release", views.release, name="release_reminder"),
    path("agenda/<uuid:reminder_id>/cancel", views.cancel, name="cancel_reminder"),
    path("agenda/<uuid:reminder_id>/retry", views.retry, name="retry_reminder"),
    path("agenda/<uuid:reminder_id>/settle", views.settle, name="settle_reminder"),
    path("agenda/<uuid:reminder_id>/close", views.close, name="close_reminder"),
]
