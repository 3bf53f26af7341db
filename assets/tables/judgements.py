"""The asset `judgements`: a language model's rating, off unless PILOT_JUDGEMENTS is set."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.framework.freshness import NIGHTLY
from assets.tables.scored_feedback import scored_feedback
from operations.model_judge import Judge, JudgeRun
from pilot.lake_tables.tables import JUDGEMENTS, SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.feedback.judgements import PROMPT_VERSION, agreement, judgement, still_valid, table, transcript_hash
from pipelines.signals.fingerprints import turns_by_session
from storage.store.privacy import tombstones

SECONDS_A_DAY = 900.0  # for one day's sessions; the next run judges the rest


@daily_table(
    JUDGEMENTS,
    group="feedback",
    kinds={"delta", "ollama"},
    code_version=PROMPT_VERSION,
    deps=[scored_feedback],
    freshness=NIGHTLY,
)
def judgements(day: TableDay) -> RebuildResult:
    """Compares ratings with the score, which they never change.

    A rating is valid for one transcript, prompt and model.
    """
    settings = day.home.settings
    visits = {row["session_id"]: row for row in day.read(SESSIONS).iter_rows(named=True)}
    said = turns_by_session(day.read(SESSIONS), day.read(TURNS))
    hashes = {session: transcript_hash(turns, key=day.home.secret()) for session, turns in said.items()}
    valid = still_valid(day.read(JUDGEMENTS), hashes, model=settings.ollama_model)
    asked = {session: said[session] for session in sorted(said.keys() - set(valid["session_id"]))}
    judged = JudgeRun()
    if settings.judgements and asked:
        with Judge(url=settings.ollama_url, model=settings.ollama_model) as judge:
            judged = judge.judge(asked, seconds=SECONDS_A_DAY)
    new = table(
        [
            judgement(visits[session], transcript=hashes[session], model=settings.ollama_model, by=answers)
            for session, answers in judged.by_session.items()
        ]
    )
    # A guest may have requested erasure while the model was running.
    erased = tombstones.for_day(day.home.store(), day.day)
    frame = pl.concat([valid, new]).filter(~pl.col("session_id").is_in(list(erased)))
    found = agreement(frame, day.read(SCORED_FEEDBACK))
    return day.write(
        frame,
        switched_on=int(settings.judgements),
        asked=len(judged.by_session),
        troubles=dict(judged.failures),
        quotes_refused=int(frame["quotes_refused"].sum()),
        compared=found.sessions,
        disagreements=len(found.disagreements),
        **{
            name: round(value, 3)
            for name, value in (("spearman", found.spearman), ("mean_error", found.mean_error))
            if value is not None
        },
    )
