"""The words for permissions and for what the audit trail records."""

from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

PERMISSIONS = MappingProxyType(
    {
        "ledger.see_customers": _("See customers, documents and balances"),
        "credit.see_opinions": _("See payment behaviour and credit opinions"),
        "kpis.see_tenant_figures": _("See the indicators of the whole company"),
        "ledger.edit_customer": _("Change customers"),
        "ledger.edit_recipients": _("Change who receives reminders"),
        "credit.propose_limit": _("Propose credit limits"),
        "credit.put_on_hold": _("Put customers on hold"),
        "dunning.pause": _("Pause reminders"),
        "dunning.record_promise": _("Record promises to pay"),
        "ledger.import_ledger": _("Import invoices and customers"),
        "ledger.import_bank": _("Import bank statements"),
        "ledger.apply_cash": _("Apply cash"),
        "disputes.open_dispute": _("Open disputes"),
        "ledger.export": _("Export lists"),
        "accounts.read_audit": _("Read the audit trail"),
    }
)

EVENTS = MappingProxyType(
    {
        "accounts.sign_in": _("signed in"),
        "accounts.sign_out": _("signed out"),
        "accounts.fail_sign_in": _("a wrong password was typed"),
        "accounts.fail_second_factor": _("a wrong second factor was given"),
        "accounts.deny_access": _("asked for what the roles do not allow"),
        "accounts.change_password": _("changed the password"),
        "accounts.set_password": _("set a password"),
        "accounts.reset_password": _("reset the password by e-mail"),
        "accounts.change_address": _("changed the e-mail address"),
        "accounts.add_second_factor": _("added a second factor"),
        "accounts.remove_second_factor": _("removed a second factor"),
        "accounts.renew_recovery_codes": _("made new recovery codes"),
        "accounts.open_tenant": _("opened the company"),
        "accounts.change_company": _("changed the company's settings"),
        "accounts.invite_member": _("invited a colleague"),
        "accounts.accept_invitation": _("a colleague accepted the invitation"),
        "accounts.grant_role": _("gave a role"),
        "accounts.change_role": _("changed the reach of a role"),
        "accounts.revoke_role": _("took a role away"),
        "accounts.deactivate_member": _("closed the company to a colleague"),
        "accounts.reactivate_member": _("opened the company to a colleague again"),
        "accounts.set_manager": _("changed somebody's manager"),
        "accounts.add_scope": _("added a node to the scope tree"),
        "accounts.rename_scope": _("renamed a node of the scope tree"),
        "accounts.move_scope": _("moved a node of the scope tree"),
        "accounts.remove_scope": _("removed a node of the scope tree"),
        "accounts.issue_token": _("issued an API key"),
        "accounts.collect_token": _("collected the secret of an API key"),
        "accounts.revoke_token": _("revoked an API key"),
        "accounts.export_tenant": _("exported the whole company"),
        "accounts.import_tenant": _("opened the company from an archive"),
        "ledger.check_books": _("held the books against their entries: they agree"),
        "ledger.find_differences": _("held the books against their entries: they differ"),
        "credit.grant_limit": _("granted a credit limit"),
        "disputes.close_dispute": _("closed a dispute"),
        "disputes.open_dispute": _("opened a dispute"),
        "disputes.take_back_dispute": _("took a dispute back"),
        "dunning.add_rule": _("added an assignment rule"),
        "dunning.archive_scenario": _("archived a scenario"),
        "dunning.assign_scenarios": _("let customers follow other scenarios"),
        "dunning.call_off_plan": _("called a payment plan off"),
        "dunning.cancel_reminder": _("cancelled a reminder"),
        "dunning.change_rule": _("changed an assignment rule"),
        "dunning.confirm_reminders": _("confirmed reminders"),
        "dunning.delete_rule": _("deleted an assignment rule"),
        "dunning.discard_draft": _("discarded a draft"),
        "dunning.duplicate_scenario": _("duplicated a scenario"),
        "dunning.end_plan": _("ended a payment plan"),
        "dunning.end_override": _("left a customer's scenario to the rules"),
        "dunning.end_pause": _("took reminders up again"),
        "dunning.hold_reminder": _("held a reminder"),
        "dunning.install_scenarios": _("installed the ready scenarios"),
        "dunning.move_rule": _("moved an assignment rule"),
        "dunning.open_draft": _("opened a draft of a scenario"),
        "dunning.override_scenario": _("chose a customer's scenario"),
        "dunning.pause_reminders": _("paused reminders"),
        "dunning.plan_reminders": _("planned the day's reminders"),
        "dunning.propose_plan": _("proposed a payment plan"),
        "dunning.publish_scenario": _("published a scenario"),
        "dunning.reconcile_outbox": _("compared the outbox with the mail server"),
        "dunning.record_outcome": _("recorded the outcome of a task"),
        "dunning.record_promise": _("took down a promise"),
        "dunning.release_reminder": _("released a reminder"),
        "dunning.release_run": _("released a held run"),
        "dunning.remove_step": _("took a step out of a draft"),
        "dunning.restore_scenario": _("took a scenario out of the archive"),
        "dunning.report_contact": _("took down a contact"),
        "dunning.resume_sending": _("let sending go on"),
        "dunning.retry_reminder": _("had a reminder tried again"),
        "dunning.rule_plan": _("decided about a payment plan"),
        "dunning.rule_promise": _("decided about a promise"),
        "dunning.send_reminder": _("sent a reminder"),
        "dunning.settle_outcome": _("settled the outcome of a reminder"),
        "dunning.start_scenario": _("began a scenario"),
        "dunning.stop_sending": _("stopped sending"),
        "dunning.switch_rule": _("switched an assignment rule"),
        "dunning.withdraw_promise": _("took a promise back"),
        "dunning.write_parameters": _("changed the parameters of a draft"),
        "dunning.write_step": _("changed a step of a draft"),
        "dunning.open_text": _("opened the draft of a message text"),
        "dunning.write_text": _("wrote in the draft of a message text"),
        "dunning.discard_text": _("discarded the draft of a message text"),
        "dunning.show_text": _("showed a message text on customers"),
        "dunning.test_text": _("sent a message text to themselves as a test"),
        "dunning.publish_text": _("published a message text"),
        "kpis.add_note": _("wrote a note"),
        "ledger.allocate": _("allocated a payment"),
        "ledger.change_terms": _("changed payment terms"),
        "ledger.classify": _("classified a customer"),
        "ledger.define_terms": _("defined payment terms"),
        "ledger.export": _("exported a list"),
        "ledger.import_file": _("imported a file"),
        "ledger.open_customer": _("opened a customer's account"),
        "ledger.open_entity": _("opened a legal entity"),
        "ledger.record_document": _("recorded a document"),
        "ledger.record_exchange_rate": _("recorded an exchange rate"),
        "ledger.redate_line": _("moved a due date"),
        "ledger.reverse_allocation": _("reversed an allocation"),
        "ledger.set_owners": _("named who looks after a customer"),
        "ledger.undo_import": _("undid an import"),
        "ledger.upsert_contact": _("changed a contact"),
        "portal.issue_link": _("gave a customer his link"),
        "portal.revoke_link": _("ended a customer's link"),
    }
)


FACTS = MappingProxyType(
    {
        "after": _("after"),
        "before": _("before"),
        "code": _("code"),
        "currency": _("currency"),
        "differences": _("differences"),
        "expires_at": _("ends"),
        "from_path": _("from"),
        "keys_ended": _("keys ended"),
        "kind": _("kind"),
        "kinds": _("kinds"),
        "manager": _("manager"),
        "method": _("method"),
        "owner": _("owner"),
        "path": _("path"),
        "reach": _("reach"),
        "role": _("role"),
        "roles": _("roles"),
        "route": _("page"),
        "rows": _("rows"),
        "rows_differing": _("rows that differ"),
        "rule": _("rule"),
        "scope": _("scope"),
        "scopes": _("rights"),
        "to_path": _("to"),
    }
)


def fact_label(key: str) -> str:
    """Return what a fact of an event is called; its own name when it has no other."""
    return str(FACTS.get(key, key.replace("_", " ")))


def permission_label(permission: str) -> str:
    """Return a permission in words; the name itself when it has none."""
    return str(PERMISSIONS.get(permission, permission))


def event_label(action: str) -> str:
    """Return an action of the audit trail in words; the name itself when it has none."""
    return str(EVENTS.get(action, action))
