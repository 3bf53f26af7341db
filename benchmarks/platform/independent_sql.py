"""The pilot's figures as hand-written DuckDB SQL over raw events, sharing no code with `pipelines`.

It is what `pilot bench lake` is timed against, and what tests hold every KPI against. It takes what simulated days
hold: an utterance in one revision, one prober, no planned maintenance. Payments it takes from the view `payments`.
"""

from __future__ import annotations

SESSIONS = """
CREATE OR REPLACE TEMP TABLE sql_sessions AS
WITH e AS (
    SELECT day, session_id, cafe, simulated, event, "at", epoch, seq, epoch * 4294967296 + seq AS o,
           CASE WHEN event IN ('page_opened', 'session_started', 'consent_decided', 'microphone_result',
                               'utterance_committed', 'turn_failed', 'session_completed', 'session_abandoned')
           THEN json_extract_string(data, ['$.code', '$.language', '$.mode', '$.device_hash', '$.client.browser',
                '$.client.in_app', '$.granted', '$.version', '$.device_token_hash', '$.result', '$.turn', '$.reference',
                '$.receipt_hash', '$.preliminary_score', '$.reason', '$.network_hash']) END AS f
    FROM raw WHERE event <> 'probe'
), s AS (
    SELECT any_value(day) AS day, session_id, min(cafe) AS cafe, bool_or(simulated) AS simulated,
        coalesce(any_value(f[1]) FILTER (event = 'page_opened'),
                 nullif(any_value(f[1]) FILTER (event = 'session_started'), '')) AS code,
        arg_max(f[2], o) FILTER (event IN ('page_opened', 'session_started', 'session_completed')) AS language,
        CASE WHEN count(DISTINCT f[3]) FILTER (event = 'utterance_committed') > 1 THEN 'mixed'
             ELSE any_value(f[3]) FILTER (event = 'session_started') END AS mode,
        coalesce(any_value(f[4]) FILTER (event = 'session_started'),
                 any_value(f[4]) FILTER (event = 'page_opened')) AS device_hash,
        arg_max(f[9], o) FILTER (event = 'consent_decided') AS device_token_hash,
        nullif(any_value(f[16]) FILTER (event = 'session_started'), '') AS network_hash,
        any_value(f[5]) FILTER (event = 'session_started') AS browser,
        any_value(f[6]) FILTER (event = 'session_started') = 'true' AS in_app,
        min("at") FILTER (event = 'page_opened') AS opened_at,
        min("at") FILTER (event = 'session_started') AS started_at,
        arg_max(f[7], o) FILTER (event = 'consent_decided') = 'true' AS consent,
        arg_max(f[8], o) FILTER (event = 'consent_decided') AS consent_version,
        arg_max(f[10], o) FILTER (event = 'microphone_result') AS microphone,
        min("at") FILTER (event = 'utterance_committed') AS first_turn_at,
        max("at") AS last_event_at,
        min("at") FILTER (event = 'session_completed') AS completed_at,
        bool_or(event IN ('session_started', 'consent_decided', 'microphone_result', 'utterance_committed',
                          'utterance_edited', 'turn_failed', 'session_completed')) AS started,
        arg_max(f[15], o) FILTER (event = 'session_abandoned') AS reason,
        max(epoch) FILTER (event = 'session_abandoned') AS abandoned_epoch,
        count(DISTINCT f[11]) FILTER (event = 'utterance_committed') AS turns,
        list(DISTINCT f[11]) FILTER (event = 'turn_failed') AS failed,
        list(DISTINCT f[11]) FILTER (event = 'utterance_committed') AS committed,
        max(epoch) AS epochs,
        max(seq) + 1 - count(DISTINCT seq) AS missing_events,
        any_value(f[12]) FILTER (event = 'session_completed') AS reference,
        any_value(f[13]) FILTER (event = 'session_completed') AS receipt_hash,
        any_value(f[14]) FILTER (event = 'session_completed')::BIGINT AS preliminary_score
    FROM e GROUP BY session_id
), judged AS (
    SELECT *, CASE WHEN completed_at IS NOT NULL THEN 'completed' WHEN NOT started THEN 'opened_only'
                   WHEN abandoned_epoch = epochs OR $as_of - last_event_at > INTERVAL 15 MINUTE THEN 'abandoned'
                   ELSE 'open' END AS outcome
    FROM s
)
SELECT day, session_id, cafe, simulated, code, language, mode, device_hash, device_token_hash, network_hash,
    browser, in_app,
    opened_at, started_at, consent, consent_version, microphone, first_turn_at, last_event_at, completed_at, outcome,
    CASE WHEN outcome = 'abandoned' THEN CASE WHEN abandoned_epoch = epochs THEN reason ELSE 'silent' END END
        AS abandon_reason,
    turns, coalesce(len(list_filter(failed, lambda turn: NOT list_contains(coalesce(committed, []), turn))), 0)
        AS failed_turns,
    epochs, missing_events, reference, receipt_hash, preliminary_score,
    epoch_us(last_event_at - started_at) / 1e6 AS duration_s
FROM judged ORDER BY cafe, session_id
"""

TURNS = """
CREATE OR REPLACE TEMP TABLE sql_turns AS
WITH e AS (
    SELECT session_id, event, "at", epoch * 4294967296 + seq AS o,
        CASE event
        WHEN 'utterance_committed' THEN json_extract_string(data, ['$.turn', '$.mode', '$.language', '$.transcript',
            '$.confidence', '$.low_confidence', '$.speech_samples', '$.discarded_speculations', '$.question'])
        WHEN 'reply_sent' THEN json_extract_string(data, ['$.turn', '$.text', '$.author', '$.purpose',
            '$.marks.soft_end', '$.marks.recognition_start', '$.marks.recognition_end', '$.marks.commit',
            '$.marks.first_token', '$.marks.sent'])
        ELSE json_extract_string(data, ['$.turn', '$.transcript', '$.response_ms', '$.reason', '$.mode',
            '$.implausible']) END AS f
    FROM raw
    WHERE event IN ('utterance_committed', 'utterance_edited', 'reply_sent', 'reply_shown', 'turn_failed')
), t AS (
    SELECT session_id, f[1]::BIGINT AS turn,
        arg_max(f, o) FILTER (event = 'utterance_committed') AS c,
        max("at") FILTER (event = 'utterance_committed') AS committed_at,
        max(o) FILTER (event = 'utterance_committed') AS committed_order,
        count(*) FILTER (event = 'utterance_committed') AS revisions,
        arg_max(f, o) FILTER (event = 'turn_failed') AS x,
        max("at") FILTER (event = 'turn_failed') AS failed_at,
        max(o) FILTER (event = 'turn_failed') AS failed_order,
        arg_max(f, o) FILTER (event = 'utterance_edited') AS w,
        arg_max(f, o) FILTER (event = 'reply_sent') AS r,
        arg_min(f[3], o) FILTER (event = 'reply_shown')::DOUBLE AS claimed_ms,
        coalesce(arg_min(f[6], o) FILTER (event = 'reply_shown') = 'true', false) AS disowned
    FROM e GROUP BY session_id, turn
), told AS (
    SELECT t.*, disowned OR coalesce(NOT claimed_ms BETWEEN 0 AND 600000, false)
            OR coalesce(claimed_ms < r[10]::DOUBLE - 250, false) AS implausible,
        s.day, s.cafe, s.simulated, coalesce(c[3], s.language) AS language,
        coalesce(c[2], x[5], 'voice') AS mode,
        CASE WHEN committed_at IS NULL OR failed_order > committed_order THEN x[4] END AS failure,
        coalesce(trim(w[2]) <> trim(c[4]), false) AS edited
    FROM t JOIN sql_sessions s USING (session_id) WHERE committed_at IS NOT NULL OR failed_at IS NOT NULL
)
SELECT day, session_id, turn, cafe, simulated, language, mode, coalesce(committed_at, failed_at) AS committed_at,
    CASE WHEN edited THEN w[2] ELSE c[4] END AS transcript, c[4] AS heard, edited, c[9] AS question,
    c[5]::DOUBLE AS confidence, coalesce(c[6] = 'true', false) AND NOT edited AS low_confidence,
    c[7]::DOUBLE / 16000 AS speech_s, revisions, coalesce(c[8]::BIGINT, 0) AS discarded_speculations, failure,
    r[2] AS reply, r[3] AS reply_author, r[4] AS reply_purpose, r[5]::DOUBLE AS soft_end_ms,
    r[6]::DOUBLE AS recognition_start_ms, r[7]::DOUBLE AS recognition_end_ms, r[8]::DOUBLE AS commit_ms,
    r[9]::DOUBLE AS first_token_ms, r[10]::DOUBLE AS sent_ms,
    CASE WHEN claimed_ms IS NOT NULL AND NOT implausible THEN greatest(claimed_ms, r[10]::DOUBLE) END AS response_ms,
    CASE WHEN mode = 'voice' AND NOT implausible
         THEN coalesce(greatest(claimed_ms, r[10]::DOUBLE) <= 2000 AND claimed_ms IS NOT NULL, false)
              AND failure IS NULL END AS within_target,
    implausible
FROM told ORDER BY cafe, session_id, turn
"""

VOICE_LATENCY = """
CREATE OR REPLACE TEMP TABLE sql_voice_latency AS
WITH marks AS (
    SELECT day, cafe, simulated, coalesce(reply_author, 'none') AS author,
        unnest(['soft_end', 'recognition_start', 'recognition_end', 'commit', 'first_token', 'sent', 'shown']) AS stage,
        unnest([soft_end_ms, recognition_start_ms, recognition_end_ms, commit_ms, first_token_ms, sent_ms,
                CASE WHEN failure IS NULL THEN response_ms END]) AS ms
    FROM sql_turns WHERE mode = 'voice'
), sorted AS (
    SELECT day, cafe, simulated, author, stage, count(*) AS turns, count(ms) FILTER (ms >= 0) AS measured,
        list_sort(list(ms) FILTER (ms >= 0)) AS sorted_ms, count(*) FILTER (ms BETWEEN 0 AND 2000) AS within_2s,
        count(*) FILTER (ms BETWEEN 0 AND 3000) AS within_3s
    FROM marks GROUP BY ALL
)
SELECT day, cafe, simulated, author, stage, turns, measured, sorted_ms[ceil(measured * 0.50 - 1e-9)::BIGINT] AS p50_ms,
    sorted_ms[ceil(measured * 0.95 - 1e-9)::BIGINT] AS p95_ms, sorted_ms[measured] AS longest_ms, within_2s, within_3s
FROM sorted ORDER BY cafe, simulated, author, stage
"""

UPTIME = """
CREATE OR REPLACE TEMP TABLE sql_uptime AS
WITH probes AS (
    SELECT cafe, simulated, "at", event_id, json_extract_string(data, '$.ok') = 'true' AS ok,
        json_extract_string(data, '$.every_seconds')::BIGINT AS every
    FROM raw WHERE event = 'probe' AND json_extract_string(data, '$.target') = 'customer_page'
        AND "at" >= $first AND "at" < $until
), lengths AS (
    SELECT *, epoch_us(least("at" + to_seconds(every), $until,
        coalesce(lead("at") OVER (PARTITION BY cafe, simulated ORDER BY "at", event_id), $until)) - "at") / 1e6 AS s
    FROM probes
)
SELECT cafe, simulated, count(*) AS probes, coalesce(sum(s) FILTER (ok), 0) AS up_s,
    coalesce(sum(s) FILTER (NOT ok), 0) AS down_s
FROM lengths GROUP BY cafe, simulated
"""

NO_PAYMENTS = """
CREATE VIEW payments AS SELECT '' AS cafe, false AS simulated, '' AS rail, 0 AS succeeded, 0 AS failed WHERE false
"""

KPIS = """
CREATE OR REPLACE TEMP TABLE sql_kpis AS
WITH visits AS (
    SELECT cafe, simulated, count(*) FILTER (outcome <> 'opened_only') AS started,
        count(*) FILTER (outcome = 'completed') AS completed,
        count(*) FILTER (outcome IN ('completed', 'abandoned')) AS decided
    FROM sql_sessions GROUP BY ALL
), voice AS (
    SELECT cafe, simulated, count(*) AS n, count(*) FILTER (within_target) AS within,
        list_sort(list(CASE WHEN response_ms >= 0 AND failure IS NULL THEN response_ms / 1000
                            ELSE 'infinity'::DOUBLE END)) AS waits
    FROM sql_turns WHERE within_target IS NOT NULL GROUP BY ALL
), ended AS (
    SELECT cafe, simulated, sum(succeeded)::BIGINT AS paid, sum(succeeded + failed)::BIGINT AS n
    FROM payments GROUP BY ALL HAVING sum(succeeded + failed) > 0
), terms AS (
    SELECT n, k, exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * ln(0.95) + (n - k) * ln(0.05)) AS p
    FROM (SELECT DISTINCT n FROM voice), LATERAL (SELECT unnest(range(0, n + 1)) AS k)
), sums AS (
    SELECT n, k, sum(p) OVER (PARTITION BY n ORDER BY k) AS below FROM terms
), ranks AS (
    -- The rank r has P(B <= r - 1) below it.
    SELECT n, max(k + 1) FILTER (below <= 0.025) AS low_rank,
        min(k + 1) FILTER (1 - below <= 0.025 AND k < n) AS high_rank
    FROM sums GROUP BY n
), keys AS (
    SELECT cafe, false AS simulated FROM cafes UNION SELECT cafe, simulated FROM visits
    UNION SELECT cafe, simulated FROM voice UNION SELECT cafe, simulated FROM sql_uptime
    UNION SELECT cafe, simulated FROM counts UNION SELECT cafe, simulated FROM payments
), shares AS (
    SELECT cafe, simulated, 'participation' AS kpi, coalesce(started, 0) AS k, customers AS n,
        customers IS NULL OR (customers = 0 AND coalesce(started, 0) = 0) AS missing,
        customers >= coalesce(started, 0) AND customers > 0 AS sound, 0.10 AS target
    FROM keys LEFT JOIN visits USING (cafe, simulated) LEFT JOIN counts USING (cafe, simulated)
    UNION ALL
    SELECT cafe, simulated, 'completion', coalesce(completed, 0), coalesce(decided, 0),
        coalesce(decided, 0) = 0, decided > 0, 0.70
    FROM keys LEFT JOIN visits USING (cafe, simulated)
    UNION ALL
    SELECT cafe, simulated, 'payment_success', paid, n, n IS NULL, n > 0, 0.98
    FROM keys LEFT JOIN ended USING (cafe, simulated)
), wilson AS (
    SELECT *, (k + z * z / 2) / (n + z * z) AS middle,
        z / (n + z * z) * sqrt(k::DOUBLE * (n - k) / n + z * z / 4) AS half
    FROM (SELECT *, 1.959963984540054 AS z FROM shares)
), figures AS (
    SELECT cafe, simulated, kpi, k::DOUBLE AS numerator, n::DOUBLE AS denominator,
        CASE WHEN sound THEN k::DOUBLE / n END AS value,
        CASE WHEN sound THEN CASE WHEN k = 0 THEN 0 ELSE greatest(0, middle - half) END END AS low,
        CASE WHEN sound THEN CASE WHEN k = n THEN 1 ELSE least(1, middle + half) END END AS high,
        CASE WHEN missing THEN 'missing' WHEN NOT coalesce(sound, false) THEN 'cannot_tell' END AS said, target
    FROM wilson
    UNION ALL
    SELECT cafe, simulated, 'voice_response', coalesce(within, 0), coalesce(n, 0),
        waits[ceil(n * 0.95 - 1e-9)::BIGINT], waits[low_rank], waits[high_rank],
        CASE WHEN n IS NULL THEN 'missing' WHEN coalesce(waits[high_rank], 'infinity'::DOUBLE) <= 2 THEN 'met'
             WHEN coalesce(waits[low_rank], 0) > 2 THEN 'missed' ELSE 'cannot_tell' END, 2.0
    FROM keys LEFT JOIN voice USING (cafe, simulated) LEFT JOIN ranks USING (n)
    UNION ALL
    SELECT cafe, simulated, 'uptime', up_s, up_s + down_s, up_s / (up_s + down_s), up_s / (up_s + down_s),
        up_s / (up_s + down_s),
        CASE WHEN probes IS NULL OR up_s + down_s = 0 THEN 'missing'
             WHEN ($so_far - up_s - down_s) / $so_far > 0.001 THEN 'cannot_tell' END, 0.995
    FROM keys LEFT JOIN sql_uptime USING (cafe, simulated)
)
SELECT cafe, simulated, kpi, numerator, denominator,
    CASE WHEN isfinite(value) THEN value END AS value, CASE WHEN isfinite(low) THEN low END AS low,
    CASE WHEN isfinite(high) THEN high END AS high,
    coalesce(said, CASE WHEN low >= target THEN 'met' WHEN high < target THEN 'missed' ELSE 'cannot_tell' END)
        AS verdict
FROM figures ORDER BY cafe, simulated, kpi
"""
