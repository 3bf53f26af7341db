"""Audits the money by plain SQL, sharing nothing with the code that writes it.

Each fact is a query for the rows that break it. The expected balances are derived from decisions, rulings and vouchers
only, and compared with the ledger reward by reward.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from storage.store.engine import Store

# The balance of a reward on each account: credits minus debits.
_BOOKED = """
    SELECT reward_id, SUM(owed) AS owed, SUM(cafes) AS cafes, SUM(provider) AS provider, MAX(money) AS money,
        COUNT(DISTINCT entry) AS entries
    FROM (
        SELECT reward_id, entry,
            CASE WHEN credit = 'rewards_owed' THEN amount_ore WHEN debit = 'rewards_owed' THEN -amount_ore ELSE 0 END
                AS owed,
            CASE WHEN credit = 'owed_to_cafes' THEN amount_ore WHEN debit = 'owed_to_cafes' THEN -amount_ore ELSE 0 END
                AS cafes,
            CASE WHEN credit LIKE 'provider_balance%' THEN amount_ore
                WHEN debit LIKE 'provider_balance%' THEN -amount_ore
                ELSE 0 END AS provider,
            CASE WHEN 'provider_balance' IN (credit, debit) THEN 1 ELSE 0 END AS money
        FROM ledger
    ) AS lines GROUP BY reward_id
"""

# The expected balance: promised if eligible or released, owed while a voucher is valid, the café's once redeemed.
_DUE = """
    SELECT d.reward_id, d.cafe, d.simulated, d.amount_ore,
        CASE WHEN d.outcome = 'eligible' OR (d.outcome = 'held' AND r.released) THEN 1 ELSE 0 END AS promised,
        COALESCE(v.issued, 0) AS issued, COALESCE(v.redeemed, 0) AS redeemed, COALESCE(v.vouchers, 0) AS vouchers,
        COALESCE(c.claimed, 0) AS claimed, COALESCE(s.sent, 0) AS sent
    FROM reward_decisions d LEFT JOIN reward_rulings r ON r.reward_id = d.reward_id
    LEFT JOIN (
        SELECT reward_id, COUNT(*) AS vouchers, SUM(CASE WHEN state = 'issued' THEN 1 ELSE 0 END) AS issued,
            SUM(CASE WHEN state = 'redeemed' THEN 1 ELSE 0 END) AS redeemed
        FROM vouchers GROUP BY reward_id
    ) v ON v.reward_id = d.reward_id
    LEFT JOIN (SELECT reward_id, COUNT(*) AS claimed FROM payout_claims GROUP BY reward_id) c
        ON c.reward_id = d.reward_id
    LEFT JOIN (
        SELECT ir.reward_id, COUNT(*) AS sent
        FROM payout_instruction_rewards ir JOIN payout_instructions i ON i.id = ir.instruction_id
        WHERE i.state IN ('paid', 'reversed') GROUP BY ir.reward_id
    ) s ON s.reward_id = d.reward_id
"""

FACTS: dict[str, str] = {
    "the guest is owed the amount while a voucher is valid or a claim waits, and the reversed sum afterwards": """
        SELECT due.reward_id FROM due LEFT JOIN booked ON booked.reward_id = due.reward_id
        WHERE COALESCE(booked.owed, 0) <> CASE
            WHEN due.issued > 0 OR (due.claimed > 0 AND due.sent = 0) THEN due.amount_ore
            WHEN due.claimed > 0 THEN due.amount_ore - COALESCE(booked.provider, 0)
            ELSE 0 END
    """,
    "each payout reduced the provider's balance by its transfer less its reversals": """
        SELECT MIN(ir.reward_id) FROM payout_instructions i
        JOIN payout_instruction_rewards ir ON ir.instruction_id = i.id
        LEFT JOIN booked ON booked.reward_id = ir.reward_id
        GROUP BY i.id, i.state, i.amount_ore
        HAVING SUM(COALESCE(booked.provider, 0)) <> CASE WHEN i.state IN ('paid', 'reversed') THEN i.amount_ore
            - COALESCE((SELECT MAX(r.reversed_ore) FROM payout_reversals r WHERE r.instruction_id = i.id), 0)
            ELSE 0 END
        UNION
        SELECT due.reward_id FROM due JOIN booked ON booked.reward_id = due.reward_id
        WHERE booked.provider < 0 OR booked.provider > CASE WHEN due.sent > 0 THEN due.amount_ore ELSE 0 END
    """,
    "a payout is reversed if and only if its whole amount came back": """
        SELECT MIN(ir.reward_id) FROM payout_instructions i
        JOIN payout_instruction_rewards ir ON ir.instruction_id = i.id
        LEFT JOIN (SELECT instruction_id, MAX(reversed_ore) AS ore FROM payout_reversals GROUP BY instruction_id) r
            ON r.instruction_id = i.id
        GROUP BY i.id, i.state, i.amount_ore, r.ore
        HAVING (i.state = 'reversed') <> (COALESCE(r.ore, 0) = i.amount_ore)
            OR COALESCE(r.ore, 0) > CASE WHEN i.state IN ('paid', 'reversed') THEN i.amount_ore ELSE 0 END
    """,
    "only claims on a rail that moves money moved money": """
        SELECT booked.reward_id FROM booked LEFT JOIN payout_claims c ON c.reward_id = booked.reward_id
        WHERE booked.money = 1 AND COALESCE(c.rail, '') <> 'stripe'
    """,
    "a claimed reward has no valid voucher": """
        SELECT due.reward_id FROM due WHERE due.claimed > 0 AND due.issued + due.redeemed > 0
    """,
    "an instruction is the sum of its rewards, all claimed by its recipient": """
        SELECT MIN(ir.reward_id) FROM payout_instructions i
        JOIN payout_instruction_rewards ir ON ir.instruction_id = i.id
        LEFT JOIN payout_claims c ON c.reward_id = ir.reward_id AND c.recipient_id = i.recipient_id
        GROUP BY i.id, i.amount_ore
        HAVING i.amount_ore <> COALESCE(SUM(c.amount_ore), 0) OR COUNT(*) <> COUNT(c.reward_id)
    """,
    "a payout has exactly one accepted attempt if it is paid, else none": """
        SELECT MIN(ir.reward_id) FROM payout_instructions i
        JOIN payout_instruction_rewards ir ON ir.instruction_id = i.id
        WHERE (i.state IN ('paid', 'reversed'))
            <> ((SELECT COUNT(*) FROM payout_attempts a WHERE a.instruction_id = i.id AND a.outcome = 'accepted') = 1)
        GROUP BY i.id
    """,
    "the café is owed the amount once the voucher is redeemed, else nothing": """
        SELECT due.reward_id FROM due LEFT JOIN booked ON booked.reward_id = due.reward_id
        WHERE COALESCE(booked.cafes, 0) <> CASE WHEN due.redeemed > 0 THEN due.amount_ore ELSE 0 END
    """,
    "a reward has a voucher and bookings if and only if it was promised": """
        SELECT due.reward_id FROM due LEFT JOIN booked ON booked.reward_id = due.reward_id
        WHERE (due.promised = 1) <> (due.vouchers > 0) OR (due.promised = 1) <> (COALESCE(booked.entries, 0) > 0)
    """,
    "a reward has at most one valid or redeemed voucher": """
        SELECT due.reward_id FROM due WHERE due.issued + due.redeemed > 1
    """,
    "café and provider together paid no more than the reward's amount": """
        SELECT due.reward_id FROM due JOIN booked ON booked.reward_id = due.reward_id
        WHERE booked.cafes + booked.provider > due.amount_ore
    """,
    "a voucher has its decision's café, amount and kind": """
        SELECT v.reward_id FROM vouchers v LEFT JOIN reward_decisions d ON d.reward_id = v.reward_id
        WHERE d.reward_id IS NULL OR d.cafe <> v.cafe OR d.amount_ore <> v.amount_ore OR d.simulated <> v.simulated
    """,
    "a booking has its decision's café, amount and kind, or is a partial reversal": """
        SELECT l.reward_id FROM ledger l LEFT JOIN reward_decisions d ON d.reward_id = l.reward_id
        WHERE d.reward_id IS NULL OR d.cafe <> l.cafe OR d.simulated <> l.simulated
            OR l.amount_ore > d.amount_ore
            OR (l.amount_ore < d.amount_ore AND l.debit NOT LIKE 'provider_balance%')
    """,
    "only held rewards have a ruling": """
        SELECT r.reward_id FROM reward_rulings r JOIN reward_decisions d ON d.reward_id = r.reward_id
        WHERE d.outcome <> 'held'
    """,
}


QUERIES = {fact: text(f"WITH due AS ({_DUE}), booked AS ({_BOOKED}) {query}") for fact, query in FACTS.items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """A reward that breaks a fact."""

    fact: str
    reward_id: str


def audit_money(store: Store) -> list[Finding]:
    """Return every broken fact from one consistent snapshot; empty if the books are right."""
    found: list[Finding] = []
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for fact, query in QUERIES.items():
            broken = sorted(set(connection.execute(query).scalars()))
            found += [Finding(fact, str(reward_id)) for reward_id in broken]
    return found
