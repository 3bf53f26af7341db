"""The first exchange: `hello` becomes a new session, or goes on with one."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.business_days import session_day
from pilot.cafes import Cafe
from pilot.identifiers import device_hash, new_identifier, readable
from voice_edge.edge import Edge
from voice_edge.errors import EdgeError, SnapshotRefused
from voice_edge.protocol import CafeName, CloseCode, Hello, PageLimits, VoiceOffer, Welcome
from voice_edge.snapshot import unseal
from voice_edge.state import SessionState

MAX_TURN_SECONDS = 45.0
PROTOCOL_VERSIONS = (1,)


class TurnedAway(EdgeError):
    """The page is turned away, with a close code."""

    def __init__(self, what: str, *, code: str, close: CloseCode, retryable: bool) -> None:
        super().__init__(what, code=code, remedy="Scan the code at the table again.", retryable=retryable)
        self.close = close


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who connects, as far as HTTP tells: for the day-salted device hash only, never kept."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Greeted:
    """A session to go on with.

    Attributes:
        refused: Why the snapshot that came with `hello` was not used.
    """

    state: SessionState
    cafe: Cafe
    resumed: bool
    refused: SnapshotRefused | None = None


async def greet(hello: Hello, *, edge: Edge, visitor: Visitor) -> Greeted:
    """Return the session that a `hello` opens or resumes.

    Raises:
        TurnedAway: another version, an unknown or retired code, or nobody can tell.
        CodesUnknown: the store is away.
    """
    if hello.v not in PROTOCOL_VERSIONS:
        raise TurnedAway("The page speaks another version.", code="version", close=CloseCode.PROTOCOL, retryable=False)
    refused: SnapshotRefused | None = None
    if hello.resume:
        try:
            return _resumed(hello.resume, edge=edge)
        except SnapshotRefused as error:
            refused = error
    code = readable(hello.code)
    known = await edge.codes.find(code) if code else None
    cafe = edge.cafe(known.cafe) if known else None
    if code is None or known is None or known.retired or cafe is None:
        raise TurnedAway(
            "The code is unknown or retired.", code="unknown_code", close=CloseCode.UNKNOWN_CODE, retryable=False
        )
    session_id = new_identifier(at=edge.clock.now())
    state = SessionState(
        session_id=session_id,
        cafe=cafe.id,
        code=code,
        language=hello.language if hello.language in cafe.languages else cafe.languages[0],
        simulated=hello.simulated or edge.demo,
        device_hash=device_hash(
            secret=edge.secret,
            day=session_day(session_id).isoformat(),
            user_agent=visitor.user_agent,
            address=visitor.address,
            device_token=hello.device_token,
        ),
        client=hello.client,
    )
    return Greeted(state=state, cafe=cafe, resumed=False, refused=refused)


def welcome(greeted: Greeted, *, edge: Edge) -> Welcome:
    """Return the answer to `hello`."""
    state, limits = greeted.state, edge.limits
    return Welcome(
        session_id=state.session_id,
        cafe=CafeName(id=greeted.cafe.id, name=greeted.cafe.name),
        language=state.language,
        voice=VoiceOffer(qualified=edge.hearing is not None and edge.hearing.qualified(state.language)),
        limits=PageLimits(
            text_characters=limits.text_characters,
            turn_seconds=MAX_TURN_SECONDS,
            total_seconds=limits.total_seconds,
            idle_seconds=limits.idle_seconds,
        ),
        resumed=greeted.resumed,
        turns=state.known_turns(),
    )


def _resumed(snapshot: str, *, edge: Edge) -> Greeted:
    state = unseal(snapshot, secret=edge.secret, at=edge.clock.now())
    cafe = edge.cafe(state.cafe)
    if cafe is None or state.phase == "left":
        raise SnapshotRefused("The session has ended.")
    state.epoch += 1
    return Greeted(state=state, cafe=cafe, resumed=True)
