"""The first exchange: `hello` opens a new session or resumes one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pilot.business_days import local_time, session_day
from pilot.cafes import Cafe
from pilot.identifiers import device_hash, new_identifier, readable
from pilot.networks import network_hash
from voice_edge.conversation.snapshot import unseal
from voice_edge.conversation.state import SessionState
from voice_edge.doors.doors import Visit
from voice_edge.doors.entrance import CLOSES, Refusal
from voice_edge.doors.rates import Scope, counted_address
from voice_edge.edge import Edge
from voice_edge.errors import EdgeError, SnapshotRefused
from voice_edge.protocol import CafeName, CloseCode, Hello, PageLimits, VoiceOffer, Welcome

MAX_TURN_SECONDS = 45.0
PROTOCOL_VERSIONS = (1,)


class TurnedAway(EdgeError):
    """The connection is refused, with a close code."""

    def __init__(
        self,
        what: str,
        *,
        code: str,
        close: CloseCode,
        retryable: bool,
        opens_at: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(what, code=code, remedy="Scan the code at the table again.", retryable=retryable)
        self.close = close
        self.opens_at = opens_at
        self.retry_after_s = retry_after_s

    @classmethod
    def from_refusal(cls, refusal: Refusal) -> TurnedAway:
        """Return the error for a refusal of the doors."""
        return cls(
            f"The doors are shut: {refusal.code}.",
            code=refusal.code,
            close=CLOSES[refusal.code],
            retryable=refusal.retryable,
            opens_at=refusal.opens_at_text,
            retry_after_s=refusal.retry_after_s,
        )


@dataclass(frozen=True, slots=True)
class Visitor:
    """Client data from HTTP: used only for the day-salted hashes of device and network, never stored."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session that `hello` opened or resumed.

    Attributes:
        refused: Why the snapshot in `hello` was refused; None if it was not.
        known_device: Whether the device token in `hello` is ours and has not expired.
    """

    state: SessionState
    cafe: Cafe
    resumed: bool
    refused: SnapshotRefused | None = None
    known_device: bool = False


async def greet(hello: Hello, *, edge: Edge, visitor: Visitor) -> OpenedSession:
    """Return the session that a `hello` opens or resumes.

    Raises:
        TurnedAway: other protocol version, unknown or retired code, exceeded limit, or closed café.
        CodesUnknown: the store is unavailable.
    """
    if hello.v not in PROTOCOL_VERSIONS:
        raise TurnedAway("The page speaks another version.", code="version", close=CloseCode.PROTOCOL, retryable=False)
    address = counted_address(visitor.address)
    await _count(edge, "hello", address)
    known_device = edge.doors.is_known_device(hello.device_token)
    refused: SnapshotRefused | None = None
    code_before = ""
    if hello.resume:
        try:
            resumed = await resumed_session(hello.resume, edge=edge)
        except SnapshotRefused as error:
            refused = error
        else:
            state = resumed.state
            if state.phase == "greeted":  # Not started yet: the doors apply as to a new session.
                _expect_open(resumed.cafe, edge=edge, simulated=state.simulated)
            if state.phase != "greeted" or state.age_seconds(edge.clock.now()) <= edge.limits.idle_seconds:
                return _arrived(resumed, edge=edge, known_device=known_device, address=address)
            # A page that was only open: a new session, so that its guest has the whole time.
            code_before = state.code
    code = readable(hello.code or code_before)
    known = await edge.codes.find(code) if code else None
    cafe = edge.cafe(known.cafe) if known else None
    if code is None or known is None or known.retired or cafe is None:
        await _count(edge, "unknown_code", address)
        raise TurnedAway(
            "The code is unknown or retired.", code="unknown_code", close=CloseCode.UNKNOWN_CODE, retryable=False
        )
    simulated = hello.simulated or edge.demo
    _expect_open(cafe, edge=edge, simulated=simulated)
    session_id = new_identifier(at=edge.clock.now())
    day = session_day(session_id).isoformat()
    hashed = device_hash(
        secret=edge.secret,
        day=day,
        user_agent=visitor.user_agent,
        address=visitor.address,
        device_token=hello.device_token if known_device else None,
    )
    state = SessionState(
        session_id=session_id,
        cafe=cafe.id,
        code=code,
        language=hello.language if hello.language in cafe.languages else cafe.languages[0],
        simulated=simulated,
        device_hash=hashed,
        network_hash=network_hash(secret=edge.secret, day=day, address=visitor.address),
        client=hello.client,
    )
    greeted = OpenedSession(state=state, cafe=cafe, resumed=False, refused=refused)
    return _arrived(greeted, edge=edge, known_device=known_device, address=address)


def welcome(greeted: OpenedSession, *, edge: Edge) -> Welcome:
    """Return the reply to `hello`."""
    state, limits = greeted.state, edge.limits
    closes_at = edge.doors.closes_soon(greeted.cafe)
    known = "known" if greeted.known_device else "ask"
    return Welcome(
        session_id=state.session_id,
        cafe=CafeName(id=greeted.cafe.id, name=greeted.cafe.name),
        language=state.language,
        voice=VoiceOffer(
            qualified=edge.recogniser is not None and edge.recogniser.qualified(state.language),
            offered=edge.doors.voice_offered,
        ),
        limits=PageLimits(
            text_characters=limits.text_characters,
            turn_seconds=MAX_TURN_SECONDS,
            total_seconds=limits.total_seconds,
            idle_seconds=limits.idle_seconds,
        ),
        resumed=greeted.resumed,
        turns=state.known_turns(),
        device_token="off" if state.simulated else known,
        closes_at=local_time(closes_at).isoformat() if closes_at is not None else None,
    )


async def resumed_session(snapshot: str, *, edge: Edge) -> OpenedSession:
    """Return the session in a snapshot; the doors do not apply to it, so that it can finish.

    A snapshot may be older than the session's end: the end applies, wherever it was recorded.

    Raises:
        SnapshotRefused: the snapshot is damaged or expired, or the session has ended or exceeds the total limit.
    """
    state = unseal(snapshot, secret=edge.secret, at=edge.clock.now())
    cafe = edge.cafe(state.cafe)
    end = await edge.ends.find(state.session_id)
    over = end.how != "sent" if end is not None else edge.budgets.is_spent(state.session_id)
    if cafe is None or state.phase == "left" or over:
        raise SnapshotRefused("The session has ended.")
    if end is not None:
        state.phase, state.reference, state.preliminary_eligible = "completed", end.reference, end.eligible
    elif state.phase != "completed" and state.age_seconds(edge.clock.now()) > edge.limits.total_seconds:
        raise SnapshotRefused("The session exceeds the total limit.")
    state.epoch += 1
    return OpenedSession(state=state, cafe=cafe, resumed=True)


def _arrived(greeted: OpenedSession, *, edge: Edge, known_device: bool, address: str | None) -> OpenedSession:
    state = greeted.state
    edge.metrics.count_opening(resumed=greeted.resumed)
    edge.doors.register(
        Visit(
            session_id=state.session_id,
            cafe=greeted.cafe,
            code=state.code,
            device_hash=state.device_hash,
            known_device=known_device,
            simulated=state.simulated,
            address=address,
        )
    )
    if greeted.resumed and state.phase in ("started", "talking", "review"):
        edge.doors.resume(state.session_id, consented=state.consented)
    return replace(greeted, known_device=known_device)


def _expect_open(cafe: Cafe, *, edge: Edge, simulated: bool) -> None:
    refusal = edge.doors.refusal(cafe, simulated=simulated)
    if refusal is not None:
        raise TurnedAway.from_refusal(refusal)


async def _count(edge: Edge, scope: Scope, subject: str | None) -> None:
    wait = await edge.doors.rates.hit(scope, subject)
    if wait is not None:
        raise TurnedAway.from_refusal(Refusal("too_many", retry_after_s=wait))
