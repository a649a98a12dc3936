"""A row of everything for a tenant, with a mark in whatever people read: what a leak would show (P8)."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from accounts.look_ups import hashed
from accounts.models import (
    ApiToken,
    Invitation,
    Membership,
    SavedView,
    Scope,
    SoloAct,
    SoloRepresentative,
)
from accounts.services import audit
from credit.models import (
    AccountExport,
    AgendaFile,
    ApprovalCeiling,
    CharterArticle,
    CharterBreach,
    CharterJudgement,
    CharterSignature,
    CharterVersion,
    Circuit,
    CircuitVersion,
    Committee,
    CommitteeMinutes,
    CommitteeSeat,
    CommitteeSession,
    CommitteeTask,
    CommitteeVersion,
    CommitteeVote,
    CompanyProfile,
    CountryTag,
    Cover,
    CoverImport,
    CreditCheck,
    CreditLimit,
    CreditRequest,
    CustomerMargin,
    DeclaredInvoice,
    Delegation,
    FinancialStatement,
    GroupLimit,
    Guarantee,
    HeldClass,
    Hold,
    HoldRelease,
    InsuranceDeclaration,
    InsurerPolicy,
    LegalEvent,
    Lesson,
    LessonText,
    LookUp,
    MinutesFile,
    OrderPolicy,
    RequestFile,
    RequestMessage,
    Score,
    ScorecardVersion,
    ScoreContest,
    ScoreOverride,
    ScoringRun,
    SessionSeat,
    TimeEntry,
    TrainingSeat,
    TrainingSession,
    TrainingTarget,
    VoteLink,
    WatchAlert,
)
from credit.rules.ready_scorecard import READY_CARD
from credit.rules.scorecard import as_stored
from disputes.models import Dispute
from dunning.models import (
    AssignmentRule,
    Clarity,
    Closure,
    ContactRule,
    DepartureNotice,
    FollowUp,
    FormalNotice,
    FormerName,
    HandOver,
    InterestClaim,
    LegalDeadline,
    Letter,
    LetterBatch,
    LineOverride,
    MailTask,
    PaymentPlan,
    Promise,
    PromiseLine,
    Reminder,
    Reply,
    Residual,
    ResidualExport,
    Scenario,
    SideMail,
    StoredSimulation,
    WaiverRequest,
)
from dunning.services.plan import plan_reminders
from kernel.money import Money
from kernel.permissions import system_actor
from ledger.models import (
    Contact,
    Customer,
    CustomerGroup,
    Document,
    DocumentFile,
    DocumentKind,
    DueLine,
    Entity,
    ImportBatch,
    Order,
    OrderState,
    PaymentTerms,
    StoredContent,
    TimelineEntry,
)
from ledger.services import NewDocument, NewLine, record_document
from otc import roles
from tests.cast import NOW, TODAY, House


def fill(house: House, mark: str) -> None:
    """Give a tenant a row of everything, each with `mark` in what people read."""
    member_id = house.member("credit_manager")
    actor = system_actor(house.tenant_id)
    with house.scope():
        entity = Entity.objects.get()
        entity.address = f"{mark} street"
        entity.save()
        customer = Customer.objects.create(
            code=f"{mark[::-1]}-C1",  # without the mark: an address may repeat what was asked
            name=f"{mark} customer",
            sort_name=f"{mark} customer".casefold(),
            portfolio_id=house.portfolio_id,
            group=CustomerGroup.objects.create(code=f"{mark}-G", name=f"{mark} group"),
            terms=PaymentTerms.objects.create(code=f"{mark}-T", label=f"{mark} terms", days=30),
            collector_id=member_id,
        )
        Contact.objects.create(
            customer=customer, name=f"{mark} contact", email=f"{mark}@x.example", is_primary=True
        )
        ImportBatch.objects.create(
            kind="receivables",
            file_name=f"{mark}.csv",
            file_digest=mark,
            file_date=TODAY,
            state="applied",
            applied_at=NOW,
        )
        document = record_document(
            NewDocument(
                entity=entity,
                customer=customer,
                kind=DocumentKind.INVOICE,
                number=f"{mark}-F1",
                issue_date=date(2026, 1, 1),
                amount=Money(Decimal(9876), "EUR"),
                lines=(NewLine(date(2026, 2, 1), Decimal(9876)),),
            ),
            actor=actor,
            today=TODAY,
        )
        line = document.due_lines.get()
        Dispute.objects.create(
            number=1,
            due_line=line,
            customer=customer,
            amount=10,
            currency="EUR",
            type="price",
            reason=mark,
            opened_date=TODAY,
        )
        CreditLimit.objects.create(
            customer=customer, amount=5, currency="EUR", valid_from=TODAY, reason=mark
        )
        TimelineEntry.objects.create(
            customer=customer,
            kind="note",
            at=NOW,
            text_code="ledger.customer_opened",
            facts={"code": mark},
            words=mark,
        )
        SavedView.objects.create(
            membership_id=member_id, page="items", name=f"{mark} view", query="q=1", is_shared=True
        )
        Invitation.objects.create(
            membership_id=member_id, secret_hash=hashed(mark), expires_at=NOW + timedelta(days=9)
        )
        ApiToken.objects.create(
            name=f"{mark} key", owner_id=member_id, prefix=mark[:8], secret_hash=hashed(f"key {mark}"),
            scopes=list(roles.ACTIONS), expires_at=NOW + timedelta(days=300),
        )  # fmt: skip
        Scope.objects.filter(path="/").update(name=f"{mark} group of companies")
        plan = plan_reminders(today=TODAY, now=NOW, actor=actor, opens_now=True)
        assert plan.planned
        fill_what_follows(customer, line, member_id, mark)
        fill_charter(customer, member_id, mark)
        fill_requests(customer, entity, member_id, mark)
        fill_insurance(customer, document, member_id, mark)
        fill_holds(customer, entity, member_id, mark)
        fill_relations(customer, member_id, mark)
        fill_scores(customer, member_id, mark)
        audit.record(actor=actor, action="ledger.export", object_kind=mark)


def fill_what_follows(customer: Customer, line: DueLine, member_id: UUID, mark: str) -> None:
    """Add what comes of a chase: words given, messages that came back, files handed over, deadlines."""
    entity_id, reminder = line.entity_id, Reminder.objects.filter(customer=customer).earliest("pk")
    promise = Promise.objects.create(
        customer=customer,
        entity_id=entity_id,
        currency="EUR",
        amount=10,
        promised_date=TODAY,
        deadline=TODAY,
        made_date=TODAY,
        source="call",
        words=mark,
        recorded_by_id=member_id,
    )
    PromiseLine.objects.create(promise=promise, due_line=line, amount=10, open_before=10)
    scenario = reminder.scenario_version.scenario
    made = ResidualExport.objects.create(
        number=1, made_by_id=member_id, made_at=NOW, file_name="write-offs.csv", file=mark.encode(),
        file_digest="0" * 64,
    )  # fmt: skip
    Residual.objects.create(
        due_line=line, customer=customer, amount=1, state="exported", proposed_date=TODAY, decided_by_id=member_id,
        decided_at=NOW, export=made,
    )  # fmt: skip
    Closure.objects.create(first_date=TODAY, last_date=TODAY, name=mark)
    FormerName.objects.create(scenario=scenario, name=mark, changed_at=NOW)
    LineOverride.objects.create(
        due_line=line,
        customer=customer,
        scenario=scenario,
        reason=mark,
        from_date=TODAY,
        until_date=TODAY,
    )
    PaymentPlan.objects.create(
        number=1,
        customer=customer,
        entity_id=entity_id,
        currency="EUR",
        amount=10,
        reason=mark,
        proposed_by_id=member_id,
        proposed_date=TODAY,
    )
    StoredSimulation.objects.create(
        scenario=Scenario.objects.earliest("pk"),
        question=mark,
        versions=[],
        first_day=TODAY,
        last_day=TODAY,
        asked_date=TODAY,
        asked_at=NOW,
        customers=1,
        problem=mark,
    )
    reply = Reply.objects.create(
        event_key=mark,
        source="webhook",
        received_at=NOW,
        sender_name=mark,
        sender_address=f"{mark}@x.example",
        subject=mark,
        text=mark,
        words=mark,
        customer=customer,
        reminder=reminder,
        suggestion="paid",
    )
    MailTask.objects.create(
        customer=customer, kind="payment", reply=reply, detail=mark, created_at=NOW
    )
    for kind in ("ask_sales", "call_back"):
        FollowUp.objects.create(
            customer=customer, kind=kind, due_at=NOW, words=mark, opened_at=NOW, owner_id=member_id
        )
    DepartureNotice.objects.create(
        reminder=reminder, customer=customer, told_id=member_id, told_at=NOW, deadline=NOW
    )
    ContactRule.objects.create(
        customer=customer, kind="protected", reason=mark, from_date=TODAY, author_id=member_id
    )
    Clarity.objects.create(
        reminder=reminder, customer=customer, is_clear=False, words=mark, answered_at=NOW
    )
    SideMail.objects.create(
        kind="question",
        key=mark,
        member_id=member_id,
        customer=customer,
        object_id=customer.pk,
        recipient=f"{mark}@x.example",
        subject=mark,
        text=mark,
        leaves_at=NOW,
    )
    HandOver.objects.create(
        number=1,
        customer=customer,
        entity_id=entity_id,
        currency="EUR",
        target="lawyer",
        recipient=mark,
        reason=mark,
        principal=10,
        proposed_by_id=member_id,
        proposed_at=NOW,
    )
    AssignmentRule.objects.create(
        position=1, name=mark, scenario=Scenario.objects.get(is_default=True)
    )
    LegalDeadline.objects.create(
        customer=customer,
        kind="prescription",
        start_date=TODAY,
        due_date=TODAY + timedelta(days=20),
        source=mark,
        subject=customer.pk,
        label=mark,
        owner_id=member_id,
    )
    FormalNotice.objects.create(
        year=2026,
        sequence=1,
        reminder=reminder,
        customer=customer,
        entity_id=entity_id,
        currency="EUR",
        language="fr",
        issued_date=TODAY,
        issued_at=NOW,
        deadline_date=TODAY + timedelta(days=8),
        principal=10,
        interest=1,
        fixed_charge=40,
        snapshot={"mark": mark},
        file_name=f"{mark}.pdf",
        pdf=mark.encode(),
        digest="0" * 64,
    )
    batch = LetterBatch.objects.create(
        entity_id=entity_id, year=2026, sequence=1, batch_date=TODAY, created_at=NOW
    )
    Letter.objects.create(
        batch=batch,
        place=1,
        entity_id=entity_id,
        reminder=reminder,
        customer=customer,
        state="to_post",
        year=2026,
        sequence=1,
        address=[mark],
        text=mark,
        pdf=mark.encode(),
        digest="0" * 64,
    )
    claim = InterestClaim.objects.create(
        year=2026,
        sequence=1,
        document=line.document,
        customer=customer,
        entity_id=entity_id,
        currency="EUR",
        interest=9,
        fixed_charge=40,
        computed_until=TODAY,
        first_computed_date=TODAY,
    )
    WaiverRequest.objects.create(
        claim=claim,
        interest=1,
        fixed_charge=0,
        reason=mark,
        proposed_by_id=member_id,
        proposed_at=NOW,
    )
    DocumentFile.objects.create(
        document=line.document,
        name=f"{mark}.pdf",
        media_type="application/pdf",
        size=len(mark),
        digest="0" * 64,
        stored=StoredContent.objects.create(digest="0" * 64, content=mark.encode()),
        added_at=NOW,
    )


def fill_charter(customer: Customer, member_id: UUID, mark: str) -> None:
    """Add a published charter, signed and broken, and the draft of its next version."""
    for number in (1, 2):
        version = CharterVersion.objects.create(number=number)
        CharterArticle.objects.create(
            version=version,
            number=1,
            check_code="text_only",
            effect="warn",
            **dict.fromkeys(("title_fr", "title_en", "text_fr", "text_en"), mark),
        )
        if number == 1:
            CharterVersion.objects.update(
                is_draft=False,
                published_by=member_id,
                published_at=NOW,
                published_date=date(2026, 1, 1),
                digest="0" * 64,
            )
            CharterSignature.objects.create(
                version=version, membership_id=member_id, name=mark, signed_at=NOW, digest="0" * 64
            )
            judgement = CharterJudgement.objects.create(
                version=version, kind="opening", outcome="refused", day=TODAY, customer=customer
            )
            CharterBreach.objects.create(
                judgement=judgement, article_number=1, check_code="text_only", effect="refuse"
            )


def fill_relations(customer: Customer, member_id: UUID, mark: str) -> None:
    """Add a lesson told, hours, a training, a margin, a back-test kept, and what solo mode keeps."""
    now = {"written_at": NOW}
    Lesson.objects.create(
        member_id=member_id, code="order_held", customer=customer, object_id=member_id, told_at=NOW
    )
    LessonText.objects.create(
        code="dispute", language="fr", title=mark, body=mark, written_by_id=member_id, **now
    )
    session = TrainingSession.objects.create(
        title=mark, day=TODAY, minutes=30, trainer_id=member_id, created_at=NOW
    )
    TrainingSeat.objects.create(session=session, member_id=member_id)
    TimeEntry.objects.create(
        member_id=member_id, day=TODAY, kind="other", minutes=5, words=mark, **now
    )
    TrainingTarget.objects.create(share="0.5", changed_by_id=member_id, changed_at=NOW)
    CustomerMargin.objects.create(
        customer=customer,
        valid_from=TODAY,
        expected="0.1",
        entered_by_id=member_id,
        entered_at=NOW,
    )
    chosen = SoloRepresentative.objects.create(
        name=mark,
        email=f"{mark[:8].lower().strip()}@solo.example",
        seat=Membership.objects.create(name=f"{mark} seat"),
        chosen_by_id=member_id,
        chosen_at=NOW,
        in_force_at=NOW,
    )
    SoloAct.objects.create(
        asked_by_id=member_id,
        representative=chosen,
        code="release_refused",
        words=mark,
        path="/credit/holds",
        question=hashed(f"solo {mark}"),
        asked_at=NOW,
        due_at=NOW + timedelta(days=1),
        lapses_at=NOW + timedelta(days=14),
    )


def fill_holds(customer: Customer, entity: Entity, member_id: UUID, mark: str) -> None:
    """Add an order that was checked and held, its release that waits, a guarantee, and how orders are checked."""
    amount = {"amount": 10, "currency": "EUR"}
    GroupLimit.objects.create(
        group=customer.group,
        valid_from=TODAY,
        reason=mark,
        requested_by_id=member_id,
        requested_at=NOW,
        **amount,
    )
    order = Order.objects.create(
        entity=entity,
        customer=customer,
        number=mark,
        order_date=TODAY,
        currency="EUR",
        ordered_amount=10,
        stage="order",
        as_of_date=TODAY,
        changed_at=NOW,
    )
    OrderState.objects.create(
        order=order,
        customer=customer,
        entity=entity,
        from_date=TODAY,
        currency="EUR",
        ordered_amount=10,
        delivered_amount=0,
        invoiced_amount=0,
        stage="order",
    )
    hold = Hold.objects.create(
        customer=customer,
        entity=entity,
        order_number=mark,
        origin="person",
        state="in_force",
        reason=mark,
        falls_on=TODAY,
        placed_by_id=member_id,
        created_at=NOW,
        **amount,
    )
    HoldRelease.objects.create(
        hold=hold,
        state="waiting",
        reason=mark,
        until_date=TODAY,
        asked_by_id=member_id,
        asked_at=NOW,
    )
    Guarantee.objects.create(
        customer=customer,
        kind="bank",
        valid_from=TODAY,
        given_by=mark,
        reference=mark,
        entered_by_id=member_id,
        entered_at=NOW,
        **amount,
    )
    OrderPolicy.objects.create(
        entity=entity, stage="order", beyond="no", written_by_id=member_id, written_at=NOW
    )
    CreditCheck.objects.create(
        customer=customer,
        entity=entity,
        order_number=mark,
        stage="order",
        answer="no",
        rule="no_limit",
        hold=hold,
        origin="api",
        checked_at=NOW,
        **amount,
    )


def fill_scores(customer: Customer, member_id: UUID, mark: str) -> None:
    """Add a scorecard and its draft, a score, what people said about it, an alert and a year's accounts."""
    content = as_stored(READY_CARD)
    version = ScorecardVersion.objects.create(
        number=1,
        is_draft=False,
        content=content,
        published_by_id=member_id,
        published_at=NOW,
        published_date=TODAY,
    )
    ScorecardVersion.objects.create(number=2, content=content)
    Score.objects.create(
        customer=customer, day=TODAY, version=version, points=50, grade="C", lines=[]
    )
    ScoringRun.objects.create(
        day=TODAY, version=version, customers=1, changed=1, reclassed=1, alerts=1, finished_at=NOW
    )
    HeldClass.objects.create(customer=customer, written="C")
    ScoreOverride.objects.create(
        customer=customer,
        grade="B",
        card_grade="C",
        reason=mark,
        from_date=TODAY,
        until_date=TODAY,
        state="waiting",
        made_by_id=member_id,
        made_at=NOW,
    )
    FinancialStatement.objects.create(
        customer=customer,
        year_end=TODAY,
        currency="EUR",
        equity=Decimal(9876),
        source=mark,
        entered_at=NOW,
    )
    CompanyProfile.objects.create(customer=customer, sector="4321", source=mark, entered_at=NOW)
    WatchAlert.objects.create(
        customer=customer,
        kind="grade_fell",
        day=TODAY,
        facts={"before": "A", "after": mark},
        created_at=NOW,
    )
    ScoreContest.objects.create(customer=customer, received_date=TODAY, words=mark, recorded_at=NOW)


def fill_requests(customer: Customer, entity: Entity, member_id: UUID, mark: str) -> None:
    """Add a granted request for credit with its file, thread and export, a circuit, and who may do what."""
    request = CreditRequest.objects.create(
        number=f"DC-{mark[::-1]}",  # without the mark, as the customer's code
        kind="limit",
        customer=customer,
        name=mark,
        entity=entity,
        portfolio=customer.portfolio,
        requested_by_id=member_id,
        asked_amount=10,
        currency="EUR",
        words=mark,
        created_at=NOW,
    )
    RequestFile.objects.create(
        request=request, file_name=mark, media_type="image/png", size=1, digest="0" * 64,
        content=mark.encode(), added_at=NOW,
    )  # fmt: skip
    RequestMessage.objects.create(request=request, kind="note", words=mark, at=NOW)
    AccountExport.objects.create(
        request=request, body={"name": mark}, state="file_only", created_at=NOW
    )
    circuit = Circuit.objects.create(code=f"c-{mark[::-1].lower()}", name=mark)
    CircuitVersion.objects.create(circuit=circuit, number=1)
    colleague = Membership.objects.create(name=mark)
    ApprovalCeiling.objects.create(membership_id=member_id, amount=1, currency="EUR", set_at=NOW)
    Delegation.objects.create(
        delegator=colleague, delegate_id=member_id, starts_on=TODAY, ends_on=TODAY, reason=mark,
        made_by=colleague, made_at=NOW,
    )  # fmt: skip
    CountryTag.objects.create(membership_id=member_id, country="IT", set_at=NOW)
    fill_committee(customer, colleague, member_id, mark)


def fill_committee(customer: Customer, colleague: Membership, member_id: UUID, mark: str) -> None:
    """Add a committee with a session that votes on a customer flagged by hand, its vote, task and minutes."""
    committee = Committee.objects.create(
        code=f"k-{mark[::-1].lower()}", name=mark, scope=Scope.objects.get(path="/"), created_at=NOW
    )
    version = CommitteeVersion.objects.create(
        committee=committee, number=1, quorum=2, arbiter=colleague, written_by=colleague, written_at=NOW,
    )  # fmt: skip
    CommitteeSeat.objects.create(version=version, position=1, member_id=member_id)
    session = CommitteeSession.objects.create(
        committee=committee, version=version, state="called", meets_at=NOW, place=mark, quorum=2,
        closes_at=NOW + timedelta(days=900), arbiter=colleague, created_by=colleague, created_at=NOW, called_at=NOW,
    )  # fmt: skip
    seat = SessionSeat.objects.create(session=session, position=1, member_id=member_id)
    file = AgendaFile.objects.create(
        committee=committee, session=session, source="hand", measure="discuss", state="on_agenda",
        customer=customer, name=mark, reference=customer.code, reason=mark, flagged_by=colleague, flagged_at=NOW,
    )  # fmt: skip
    VoteLink.objects.create(file=file, seat=seat, person_id=member_id, made_at=NOW)
    CommitteeVote.objects.create(
        file=file, seat=seat, voter_id=member_id, position="no", reason=mark, at=NOW
    )
    CommitteeTask.objects.create(
        file=file, customer=customer, kind="other", words=mark, due_date=TODAY, made_at=NOW
    )
    minutes = CommitteeMinutes.objects.create(
        session=session, year=2026, sequence=1, snapshot={"house": mark}, digest="0" * 64, frozen_at=NOW,
    )  # fmt: skip
    for language in ("fr", "en"):
        MinutesFile.objects.create(
            minutes=minutes, language=language, pdf=mark.encode(), digest="0" * 64, drawn_at=NOW
        )


def fill_insurance(customer: Customer, document: Document, member_id: UUID, mark: str) -> None:
    """Add a policy, a cover with the file it came in, a declaration, a look-up and an event."""
    InsurerPolicy.objects.create(
        number=mark, insurer=mark, currency="EUR", insured_share=1, stop_rule="never",
        valid_from=TODAY, written_by_id=member_id, written_at=NOW,
    )  # fmt: skip
    batch = CoverImport.objects.create(
        insurer=mark, policy_number=mark, origin="file", state="previewed", file_name=mark,
        headers=[mark], rows=[[2, [mark]]], received_at=NOW,
    )  # fmt: skip
    Cover.objects.create(
        customer=customer, policy_number=mark, state="granted", amount=7, currency="EUR",
        valid_from=TODAY, reference=mark, came_with=batch, recorded_at=NOW,
    )  # fmt: skip
    declaration = InsuranceDeclaration.objects.create(
        number=mark[:20], kind="overdue", policy_number=mark, insurer=mark, language="fr", csv=mark,
        csv_digest="0" * 64, made_by_id=member_id, made_at=NOW,
    )  # fmt: skip
    DeclaredInvoice.objects.create(
        declaration=declaration, document=document, customer=customer, kind="overdue",
        open_amount=1, currency="EUR", maximum_date=TODAY, declare_by=TODAY,
    )  # fmt: skip
    LookUp.objects.create(
        source="commercial", siren="552049447", state="found", facts={"siren": "552049447", "name": mark},
        asked_at=NOW, answered_at=NOW,
    )  # fmt: skip
    LegalEvent.objects.create(
        siren="552049447",
        kind="receivership",
        event_date=TODAY,
        source="bodacc",
        notice_id=mark,
        recorded_at=NOW,
    )
