"""The guests of the erasure proof, with random words and tokens that occur nowhere else."""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel

from pilot.business_days import business_day
from pilot.events import (
    CONSENT_VERSION,
    Client,
    ConsentDecided,
    Event,
    PageOpened,
    ReplySent,
    SessionCompleted,
    SessionStarted,
    StageMarks,
    UtteranceCommitted,
    UtteranceEdited,
    make_event,
)
from pilot.identifiers import new_code, new_identifier, new_receipt_token, new_reference, receipt_hash
from storage.erasure.files_beside import spellings
from storage.home import Home
from storage.store.cafes.case_answers import give_verdict
from storage.store.cafes.case_changes import open_case, set_answer, set_status
from storage.store.cafes.danger_reports import DangerReport, add_report
from storage.store.cafes.feedback_labels import Correction, add_label
from storage.store.engine import Store
from storage.store.payouts import claims, onboardings, recipient_devices
from storage.store.payouts import recipient_statuses as statuses
from storage.store.payouts.recipient_statuses import RecipientStatus
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt

CAFE = "aurora"
REPLICA = "edge1"
RUBRIC = "2026-11"
RAIL = "stripe_fake"
MANAGER = "proof"
STEP = timedelta(seconds=4)
WORD_BYTES = 5
DANGER_LETTERS = 16
SAID = (
    'Kardemummabullen var torr klockan elva, nästan "{0}" i kanten, och {1} vid kassan såg det också.',
    "Baka en gång till efter lunch, så blir den som på morgonen, sa {2} till mig i kön.",
)


@dataclass(frozen=True, slots=True)
class Guest:
    """One guest with all identifying data.

    Attributes:
        session_id: The session.
        token: The secret of the receipt's address.
        device: The day's hash of the device.
        device_token: The hash of the remembered device.
        words: Words that only this guest says.
        events: The events that the edge would record.
        receipt: The guest's receipt in the store.
        account: The provider's id of the guest's account.
        label: A manager's reason for labelling the feedback, which occurs nowhere else.
        danger: The kind of a danger that the guest reported, which occurs nowhere else.
        cases: The cases that link the session.
    """

    session_id: str
    token: str
    device: str
    device_token: str
    words: tuple[str, ...]
    events: tuple[Event, ...]
    receipt: Receipt
    account: str
    label: str
    danger: str
    cases: list[str] = field(default_factory=list)

    @property
    def marks(self) -> Mapping[str, frozenset[bytes]]:
        """Return the bytes to search for, in every spelling, by mark."""
        return {
            "words": frozenset(spelled for word in self.words for spelled in spellings(word)),
            "token": spellings(self.token),
            "device": spellings(self.device) | spellings(self.device_token),
            "account": spellings(self.account),
            "label": spellings(self.label),
            "danger": spellings(self.danger),
            # The database stores a link's two identifiers side by side.
            "case": frozenset(spelled for case in self.cases for spelled in spellings(case + self.session_id)),
        }

    def save(self, home: Home) -> None:
        """Save a danger and the receipt, as the edge does, a label, and a case with a verdict."""
        mine = self.receipt
        danger = DangerReport(
            self.session_id, 1, mine.cafe, mine.day, mine.simulated, self.danger, "now", "guest", mine.created_at
        )
        add_report(home.store(), danger)
        receipts.save(home.store(), mine)
        correction = Correction("food", "queue", "negative")
        add_label(home.store(), self.session_id, useful=True, corrections=[correction], by=MANAGER, reason=self.label)
        self._answer(home.store())

    def _answer(self, store: Store) -> None:
        mine = self.receipt
        case = open_case(
            store,
            cafe=mine.cafe,
            subject="food",
            origin="manual",
            week=mine.day,
            sessions=[self.session_id],
            simulated=mine.simulated,
            by=MANAGER,
        )
        set_status(store, case.id, "done", note="Baked again after lunch", by=MANAGER)
        set_answer(store, case.id, answer="Vi bakar en gång till efter lunch.", by=MANAGER)
        give_verdict(store, case_id=case.id, session_id=self.session_id, verdict="better")
        self.cases.append(case.id)

    def request_account(self, home: Home, reward_id: str) -> None:
        """Choose a bank account instead of the voucher, and leave before the onboarding is complete."""
        store = home.store()
        who = claims.recipient(store, rail=RAIL, account=self.account, simulated=True).id
        onboardings.request(store, reward_id, recipient_id=who)
        recipient_devices.remember(store, device=self.device_token, rail=RAIL, recipient_id=who)
        statuses.save(store, RecipientStatus(who, "inactive", True, 1, "", self.account, None, store.now()))


def make_guest(*, at: datetime) -> Guest:
    """Return a guest who speaks at `at`, marked as simulated."""
    words = tuple(f"ö{secrets.token_hex(WORD_BYTES)}å" for _ in range(3))
    device, device_token = (hashlib.sha256(secrets.token_bytes(16)).hexdigest() for _ in range(2))
    token, reference, code = new_receipt_token(), new_reference(), new_code()
    contents: list[BaseModel] = [
        PageOpened(code=code, language="sv", device_hash=device),
        SessionStarted(
            mode="text",
            language="sv",
            client=Client(browser="Safari", os="iOS"),
            device_hash=device,
            code=code,
            network_hash=device,
        ),
        ConsentDecided(
            granted=True,
            version=CONSENT_VERSION,
            scope=("transcript", "device_token"),
            device_token_hash=device_token,
        ),
    ]
    for turn, said in enumerate(SAID, start=1):
        contents += _turn(turn, said.format(*words))
    contents += [
        UtteranceEdited(turn=1, transcript=SAID[0].format(*words) + " Tack!"),
        SessionCompleted(
            turns=len(SAID),
            language="sv",
            receipt_hash=receipt_hash(token),
            reference=reference,
            preliminary_score=71,
            preliminary_eligible=True,
            rubric_version=RUBRIC,
        ),
    ]
    session = new_identifier(at=at)
    events = tuple(
        _recorded(each, session=session, place=place, at=at + STEP * place) for place, each in enumerate(contents)
    )
    receipt = Receipt(
        receipt_hash(token), reference, session, CAFE, business_day(at), "sv", True, events[-1].at, 71, True, RUBRIC
    )
    account = f"acct_proof{secrets.token_hex(8)}"
    label = f"ä{secrets.token_hex(WORD_BYTES)}ö"
    danger = "".join(secrets.choice(string.ascii_lowercase) for _ in range(DANGER_LETTERS))
    return Guest(session, token, device, device_token, words, events, receipt, account, label, danger)


def _turn(turn: int, said: str) -> list[BaseModel]:
    return [
        UtteranceCommitted(
            turn=turn,
            revision=1,
            mode="text",
            language="sv",
            transcript=said,
            confidence=None,
            low_confidence=False,
            speech_samples=0,
            question="Hur var ditt besök?",
        ),
        # An answer may repeat the guest's words.
        ReplySent(
            turn=turn,
            text=f"Du sa: {said}",
            author="scripted",
            purpose="follow_up",
            marks=StageMarks(),
            speech_end_page_ms=None,
        ),
    ]


def _recorded(content: BaseModel, *, session: str, place: int, at: datetime) -> Event:
    return make_event(
        content,
        event_id=new_identifier(at=at),
        at=at,
        session_id=session,
        cafe=CAFE,
        edge=REPLICA,
        epoch=1,
        seq=place,
        simulated=True,
    )
