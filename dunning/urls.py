"""The routes of dunning, in page order."""

from django.urls import URLPattern, path

from dunning.views import agenda, scenario_rules, scenarios

urlpatterns: list[URLPattern] = [
    path("agenda", agenda.day, name="agenda"),
    path("agenda/confirm", agenda.confirm, name="confirm_reminders"),
    path("agenda/stop", agenda.stop, name="stop_sending"),
    path("agenda/resume", agenda.resume, name="resume_sending"),
    path("agenda/runs/<uuid:run_id>/release", agenda.release_run, name="release_run"),
    path("agenda/<uuid:reminder_id>", agenda.reminder, name="reminder"),
    path("agenda/<uuid:reminder_id>/letter.pdf", agenda.print_letter, name="print_letter"),
    path("agenda/<uuid:reminder_id>/hold", agenda.hold, name="hold_reminder"),
    path("agenda/<uuid:reminder_id>/release", agenda.release, name="release_reminder"),
    path("agenda/<uuid:reminder_id>/cancel", agenda.cancel, name="cancel_reminder"),
    path("agenda/<uuid:reminder_id>/retry", agenda.retry, name="retry_reminder"),
    path("agenda/<uuid:reminder_id>/settle", agenda.settle, name="settle_reminder"),
    path("agenda/<uuid:reminder_id>/close", agenda.close, name="close_reminder"),
    path("scenarios", scenarios.scenarios, name="scenarios"),
    path("scenarios/install", scenarios.install, name="install_scenarios"),
    path("scenarios/new", scenarios.new, name="new_scenario"),
    path("scenarios/rules", scenario_rules.rules, name="scenario_rules"),
    path("scenarios/rules/new", scenario_rules.add, name="add_scenario_rule"),
    path("scenarios/rules/suggested", scenario_rules.suggest, name="suggest_scenario_rule"),
    path("scenarios/rules/<uuid:rule_id>", scenario_rules.change, name="change_scenario_rule"),
    path("scenarios/rules/<uuid:rule_id>/move", scenario_rules.move, name="move_scenario_rule"),
    path(
        "scenarios/rules/<uuid:rule_id>/switch",
        scenario_rules.switch,
        name="switch_scenario_rule",
    ),
    path(
        "scenarios/rules/<uuid:rule_id>/delete",
        scenario_rules.delete,
        name="delete_scenario_rule",
    ),
    path("scenarios/<slug:code>", scenarios.scenario, name="scenario"),
    path("scenarios/<slug:code>/archive", scenarios.archive, name="archive_scenario"),
    path("scenarios/<slug:code>/restore", scenarios.restore, name="restore_scenario"),
    path("scenarios/<slug:code>/draft", scenarios.open_draft, name="open_draft"),
    path("scenarios/<slug:code>/discard", scenarios.discard, name="discard_draft"),
    path("scenarios/<slug:code>/steps", scenarios.write_step, name="write_step"),
    path(
        "scenarios/<slug:code>/steps/<int:number>/duplicate",
        scenarios.duplicate_step,
        name="duplicate_step",
    ),
    path(
        "scenarios/<slug:code>/steps/<int:number>/delete",
        scenarios.remove_step,
        name="remove_step",
    ),
    path(
        "scenarios/<slug:code>/parameters",
        scenarios.write_parameters,
        name="write_parameters",
    ),
    path("scenarios/<slug:code>/changes", scenarios.changes, name="scenario_changes"),
    path("scenarios/<slug:code>/publish", scenarios.publish, name="publish_scenario"),
]
