"""The lake's tables: the meaning of a row, and each column's type, unit and meaning.

Free of any engine: `storage` turns a table into an Arrow schema, and `docs/data-dictionary.md` is generated from it.
"""

from __future__ import annotations

from pilot.kpis import KPIS
from pilot.lake_tables.columns import CAFE as CAFE
from pilot.lake_tables.columns import DAY as DAY
from pilot.lake_tables.columns import SESSION as SESSION
from pilot.lake_tables.columns import SIMULATED as SIMULATED
from pilot.lake_tables.columns import Column as Column
from pilot.lake_tables.columns import Kind as Kind
from pilot.lake_tables.columns import Table as Table
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE, THEMES, VOICE_LATENCY, VOLUME_ANOMALIES
from pilot.lake_tables.money_tables import REWARD_PARITY as REWARD_PARITY
from pilot.lake_tables.money_tables import REWARDS as REWARDS
from pilot.lake_tables.payout_tables import LEDGER_AUDIT, PAYMENTS, PAYOUT_BATCHES, PAYOUTS
from pilot.lake_tables.report_tables import BUSINESS_IMPACT, CAPACITY_PLAN, PILOT_REPORT
from pilot.lake_tables.retention_table import RETENTION
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.service_tables import PROBES as PROBES

RAW_EVENTS = Table(
    "raw_events",
    "One event as an edge replica recorded it, duplicates removed and tombstones applied.",
    ("event_id",),
    (
        DAY,
        Column("event_id", "text", "The event, a UUIDv7."),
        Column("event", "text", "Its name in the contract."),
        Column("at", "moment", "When the edge recorded it."),
        SESSION,
        CAFE,
        Column("edge", "text", "The replica that recorded it."),
        Column("epoch", "integer", "Rises by one each time the session is resumed."),
        Column("seq", "integer", "Counts up without gaps within an epoch."),
        SIMULATED,
        Column("schema_version", "integer", "Version of the event contract."),
        Column("data", "json", "The event's own fields.", free_text=True),
        Column("segment", "text", "The landing segment that it came from."),
    ),
)

SESSIONS = Table(
    "sessions",
    "One visit of one customer to the page, from opening it to sending or leaving.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("code", "text", "The short code that was scanned.", required=False),
        Column("language", "text", "sv or en, as last chosen.", required=False),
        Column("mode", "text", "voice or text at start; mixed if turns of both kinds follow.", required=False),
        Column("device_hash", "text", "Day-salted hash of the device.", required=False),
        Column("device_token_hash", "text", "Hash of the 30-day token, only with its own consent.", required=False),
        Column(
            "network_hash", "text", "Day-salted hash of the network: an IPv4 address or an IPv6 /64.", required=False
        ),
        Column("browser", "text", "Browser family.", required=False),
        Column("in_app", "boolean", "Whether the page was shown inside another app.", required=False),
        Column("opened_at", "moment", "When the page was opened.", required=False),
        Column("started_at", "moment", "When the customer pressed start.", required=False),
        Column("consent", "boolean", "Whether consent was given; empty if undecided.", required=False),
        Column("consent_version", "text", "Version of the consent's text.", required=False),
        Column("microphone", "text", "The browser's last answer about the microphone.", required=False),
        Column("first_turn_at", "moment", "When the first turn was committed.", required=False),
        Column("last_event_at", "moment", "When the last event was recorded."),
        Column("completed_at", "moment", "When the feedback was sent.", required=False),
        Column("outcome", "text", "completed, abandoned, open (as of the build) or opened_only (never started)."),
        Column("abandon_reason", "text", "Why it was abandoned.", required=False),
        Column("turns", "integer", "Turns committed."),
        Column("failed_turns", "integer", "Turns without an answer to the words said."),
        Column("epochs", "integer", "1 plus the number of resumes."),
        Column("missing_events", "integer", "Gaps in the sequence numbers: events that never arrived."),
        Column("reference", "text", "The spoken reference.", required=False),
        Column("receipt_hash", "text", "Hash of the receipt's token.", required=False),
        Column("preliminary_score", "integer", "The score shown at once.", "points, 0-100", required=False),
        Column("duration_s", "float", "From start to the last event.", "seconds", required=False),
    ),
)

TURNS = Table(
    "turns",
    "One thing that a customer said or typed, with the answer it got.",
    ("session_id", "turn"),
    (
        DAY,
        SESSION,
        Column("turn", "integer", "1, 2, 3 within the session."),
        CAFE,
        SIMULATED,
        Column("language", "text", "sv or en."),
        Column("mode", "text", "voice or text."),
        Column("committed_at", "moment", "When the last revision was committed; the failure's time if there is none."),
        Column(
            "transcript",
            "text",
            "The text that counts: the edit, else the last revision.",
            required=False,
            free_text=True,
        ),
        Column(
            "heard", "text", "The recogniser's text, or the customer's first typed one.", required=False, free_text=True
        ),
        Column("edited", "boolean", "Whether the customer corrected it."),
        Column("question", "text", "The question that it answers.", required=False, free_text=True),
        Column("confidence", "float", "The recogniser's confidence.", "0-1", required=False),
        Column("low_confidence", "boolean", "Too unsure to score, and not corrected by the customer."),
        Column("speech_s", "float", "Voiced time.", "seconds", required=False),
        Column("revisions", "integer", "Revisions committed."),
        Column("discarded_speculations", "integer", "Recognitions or questions started and discarded."),
        Column("failure", "text", "Why the turn got no answer.", required=False),
        Column("reply", "text", "The answer.", required=False, free_text=True),
        Column("reply_author", "text", "scripted or ollama.", required=False),
        Column("reply_purpose", "text", "follow_up, ask_again, no_speech or thanks.", required=False),
        Column("soft_end_ms", "float", "End of speech to its detection.", "ms", required=False),
        Column("recognition_start_ms", "float", "End of speech to the recognition's start.", "ms", required=False),
        Column("recognition_end_ms", "float", "End of speech to the final transcript.", "ms", required=False),
        Column("commit_ms", "float", "End of speech to the turn's commit.", "ms", required=False),
        Column("first_token_ms", "float", "End of speech to the answer's first token.", "ms", required=False),
        Column("sent_ms", "float", "End of speech to the answer leaving the edge.", "ms", required=False),
        Column("response_ms", "float", "End of speech to first words shown, page's clock.", "ms", required=False),
        Column(
            "within_target",
            "boolean",
            "Voice turn answered within 2 s; missing counts as late, an implausible one as nothing.",
            required=False,
        ),
        Column(
            "implausible",
            "boolean",
            "The page's mark is before the edge had sent the answer, or ten minutes late: it is left out.",
            required=False,
        ),
    ),
)

SCORED_FEEDBACK = Table(
    "scored_feedback",
    "One completed session with its score.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("language", "text", "sv or en."),
        Column("completed_at", "moment", "When the feedback was sent."),
        Column("turns_scored", "integer", "Turns that count; low-confidence ones do not."),
        Column("turns_left_out", "integer", "Turns too unsure to score."),
        Column("words", "integer", "Words scored."),
        Column("score", "integer", "Usefulness by the rubric.", "points, 0-100"),
        Column("eligible", "boolean", "Whether the score is above the first reward tier and no signal opposes it."),
        Column("specificity", "float", "Items, places, people, times, amounts named.", "0-1"),
        Column("evidence", "float", "Reasons, consequences, comparisons.", "0-1"),
        Column("breadth", "float", "Aspects that a claim is made about.", "0-1"),
        Column("actionability", "float", "Something that the café can act on.", "0-1"),
        Column("authenticity", "float", "Reads like a visit that happened.", "0-1"),
        Column("aspects", "texts", "Themes that a claim is made about, sorted."),
        Column(
            "themes", "json", "Each of these themes with its polarity: positive, negative or mixed.", required=False
        ),
        Column("quotes", "json", "Position of each theme's claim: theme, polarity, turn, start, end.", required=False),
        Column("flags", "texts", "For the café's manager: staff_named, urgent_allergy, ...", required=False),
        Column("signals", "texts", "Signals against the score: silence, injection, stuffing, ..."),
        Column("rubric_version", "text", "Version of the rubric."),
        Column("scorer_version", "text", "Version of the scorer."),
    ),
)

FINGERPRINTS = Table(
    "fingerprints",
    "Keyed hashes of a completed session's word pairs: they reveal copies, not words.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("completed_at", "moment", "When the feedback was sent."),
        Column("words", "integer", "Words that count, fillers left out."),
        Column("text_hash", "text", "Keyed hash of all its words in their order."),
        Column("pairs", "text", "Keyed hashes of its distinct word pairs, 32 bits each, sorted; base64."),
    ),
)

SESSION_SIGNALS = Table(
    "session_signals",
    "One signal between sessions that holds or caps a completed session's reward, or only notes a fact.",
    ("session_id", "signal"),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("signal", "text", "The reason's name; docs/signals.md says what each means."),
        Column("severity", "text", "hold (a person decides), cap (the score counts as less) or note."),
        Column("cap", "integer", "The most that the score counts as.", "points, 0-100", required=False),
        Column("held_until", "moment", "The guest's deadline for an answer.", required=False),
        Column("related", "texts", "Other sessions involved."),
        Column("counts", "json", "The figures behind it."),
        Column("signals_version", "text", "Version of the rules."),
    ),
)

JUDGEMENTS = Table(
    "judgements",
    "A language model's score of a session, beside the paid one; it decides no reward.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("transcript_hash", "text", "Keyed hash of the transcript that was judged."),
        Column("prompt_version", "text", "Version of the prompt."),
        Column("model", "text", "The model that judged."),
        Column("judged_score", "integer", "The mean of the sub-scores.", "points, 0-100"),
        Column("sub_scores", "json", "The model's sub-scores, 0-100; 0 for those without a quote from the session."),
        Column("quotes", "json", "Position of the quotes: turn, first and one past the last character. No words."),
        Column("quotes_refused", "integer", "Quotes that do not occur in the session."),
    ),
)

CUSTOMER_COUNTS = Table(
    "customer_counts",
    "One café's number of customers on a business day, as last reported to the store.",
    ("cafe", "simulated"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("customers", "integer", "Paying customers.", "customers"),
        Column("source", "text", "manager, till, api or simulator."),
        Column("reported_at", "moment", "When it was reported."),
    ),
)

UPTIME = Table(
    "uptime",
    "One café's service on a business day, probed from outside.",
    ("cafe", "simulated", "target"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("target", "text", "The probed target."),
        Column("probes", "integer", "Probes made."),
        Column("up_s", "float", "Time covered by a successful probe.", "seconds"),
        Column("down_s", "float", "Time covered by a failed probe, or by none while the edge was silent.", "seconds"),
        Column("unknown_s", "float", "Time so far that no probe covers while the edge was not silent.", "seconds"),
        Column("planned_s", "float", "Time of planned maintenance.", "seconds", required=False),
        Column("planned_down_s", "float", "The planned part of the time down.", "seconds", required=False),
        Column("as_of", "moment", "The moment up to which the day is counted."),
    ),
)

PILOT_KPIS = Table(
    "pilot_kpis",
    "One success metric of one café on one business day.",
    ("cafe", "simulated", "kpi"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("kpi", "text", f"{', '.join(KPIS)}."),
        Column("numerator", "float", "What counts towards it.", required=False),
        Column("denominator", "float", "What it is counted among.", required=False),
        Column("value", "float", "The metric: a share, or seconds for voice_response.", required=False),
        Column("low", "float", "Lower end of the 95 % interval.", required=False),
        Column("high", "float", "Upper end of the 95 % interval.", required=False),
        Column("target", "float", "The target."),
        Column("verdict", "text", "met, missed, cannot_tell or missing."),
        Column("why", "text", "Codes of why it has no verdict or no value, separated by commas.", required=False),
        Column("why_details", "json", "The figures behind why: shares 0-1, days.", required=False),
        Column("unit", "text", "share or seconds."),
        Column("as_of", "moment", "The moment up to which the day is counted."),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RAW_EVENTS,
        SESSIONS,
        TURNS,
        SCORED_FEEDBACK,
        FINGERPRINTS,
        SESSION_SIGNALS,
        REWARDS,
        REWARD_PARITY,
        PAYMENTS,
        PAYOUT_BATCHES,
        PAYOUTS,
        LEDGER_AUDIT,
        JUDGEMENTS,
        CUSTOMER_COUNTS,
        PROBES,
        UPTIME,
        THEMES,
        SATISFACTION,
        THEME_DAYPARTS,
        VOICE_LATENCY,
        VOLUME_ANOMALIES,
        PILOT_KPIS,
        QUALITY_VERDICTS,
        QUARANTINE,
        RETENTION,
        PILOT_REPORT,
        BUSINESS_IMPACT,
        CAPACITY_PLAN,
    )
}
