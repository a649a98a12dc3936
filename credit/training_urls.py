"""The routes of lessons, hours and trainings, in page order."""

from django.urls import URLPattern, path

from credit.views import training

urlpatterns: list[URLPattern] = [
    path("training", training.training, name="training"),
    path("training/lessons/<uuid:lesson_id>", training.lesson, name="lesson"),
    path("training/progress", training.progress, name="training_progress"),
    path("training/texts", training.lesson_texts, name="lesson_texts"),
    path("training/texts/<slug:code>/<slug:language>", training.lesson_text, name="lesson_text"),
    path("training/hours", training.hours, name="credit_hours"),
    path("training/hours/log", training.log_time, name="log_time"),
    path("training/hours/<uuid:entry_id>/remove", training.remove_time, name="remove_time"),
    path("training/hours/target", training.set_target, name="set_training_target"),
    path("training/sessions", training.plan_training, name="plan_training"),
    path("training/sessions/<uuid:session_id>", training.end_training, name="end_training"),
]
