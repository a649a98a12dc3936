"""The routes of dunning, in page order."""

from django.urls import URLPattern, path

from dunning import scenario_rule_views, scenario_views, views

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
    path("scenarios", scenario_views.scenarios, name="scenarios"),
    path("scenarios/install", scenario_views.install, name="install_scenarios"),
    path("scenarios/new", scenario_views.new, name="new_scenario"),
    path("scenarios/rules", scenario_rule_views.rules, name="scenario_rules"),
    path("scenarios/rules/new", scenario_rule_views.add, name="add_scenario_rule"),
    path("scenarios/rules/suggested", scenario_rule_views.suggest, name="suggest_scenario_rule"),
    path("scenarios/rules/<uuid:rule_id>", scenario_rule_views.change, name="change_scenario_rule"),
    path(
        "scenarios/rules/<uuid:rule_id>/move", scenario_rule_views.move, name="move_scenario_rule"
    ),
    path(
        "scenarios/rules/<uuid:rule_id>/switch",
        scenario_rule_views.switch,
        name="switch_scenario_rule",
    ),
    path(
        "scenarios/rules/<uuid:rule_id>/delete",
        scenario_rule_views.delete,
        name="delete_scenario_rule",
    ),
    path("scenarios/<slug:code>", scenario_views.scenario, name="scenario"),
    path("scenarios/<slug:code>/archive", scenario_views.archive, name="archive_scenario"),
    path("scenarios/<slug:code>/restore", scenario_views.restore, name="restore_scenario"),
    path("scenarios/<slug:code>/draft", scenario_views.open_draft, name="open_draft"),
    path("scenarios/<slug:code>/discard", scenario_views.discard, name="discard_draft"),
    path("scenarios/<slug:code>/steps", scenario_views.write_step, name="write_step"),
    path(
        "scenarios/<slug:code>/steps/<int:number>/duplicate",
        scenario_views.duplicate_step,
        name="duplicate_step",
    ),
    path(
        "scenarios/<slug:code>/steps/<int:number>/delete",
        scenario_views.remove_step,
        name="remove_step",
    ),
    path(
        "scenarios/<slug:code>/parameters",
        scenario_views.write_parameters,
        name="write_parameters",
    ),
    path("scenarios/<slug:code>/changes", scenario_views.changes, name="scenario_changes"),
    path("scenarios/<slug:code>/publish", scenario_views.publish, name="publish_scenario"),
]
