"""The routes of scores, in page order."""

from django.urls import URLPattern, path

from credit.views import scorecards, scores

urlpatterns: list[URLPattern] = [
    path("scores", scores.look_up, name="score_look_up"),
    path("scores/<uuid:customer_id>", scores.customer_score, name="customer_score"),
    path("scores/<uuid:customer_id>/override", scores.override, name="override_grade"),
    path("scores/<uuid:customer_id>/accounts", scores.enter_statement, name="enter_statement"),
    path("scores/<uuid:customer_id>/company", scores.describe, name="describe_company"),
    path("scores/<uuid:customer_id>/contest", scores.contest, name="contest_score"),
    path("scores/overrides/<uuid:override_id>", scores.decide_override, name="decide_override"),
    path("scores/overrides/<uuid:override_id>/end", scores.end_override, name="end_grade_override"),
    path("scores/contests/<uuid:contest_id>", scores.answer_contest, name="answer_contest"),
    path("watch", scores.watch, name="watch"),
    path("watch/<uuid:alert_id>", scores.see_alert, name="see_alert"),
    path("scorecards", scorecards.scorecards, name="scorecards"),
    path("scorecards/open", scorecards.open_draft, name="scorecard_open"),
    path("scorecards/draft", scorecards.draft, name="scorecard_draft"),
    path("scorecards/draft/grades", scorecards.write_grades, name="scorecard_grades"),
    path("scorecards/draft/discard", scorecards.discard, name="scorecard_discard"),
    path("scorecards/draft/publish", scorecards.publish, name="scorecard_publish"),
    path("scorecards/draft/write/<slug:criterion>", scorecards.write, name="scorecard_write"),
    path("scorecards/parameters", scorecards.settings, name="score_settings"),
]
