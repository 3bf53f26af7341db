"""The names of what the language model tells apart, in the order of its arrays."""

from __future__ import annotations

ROLES = "+-tpinhrcmsfgxj"  # of clauses, see corpus/CLAUSES.md
THEMES = (
    "coffee food service queue cleanliness atmosphere noise seating price wifi toilets opening_hours payment "
    "accessibility other"
).split()
KINDS = "genuine generic gibberish offtopic injection stuffing abusive rambling contradictory silent".split()
ACTS = (
    "praise complaint mixed suggestion neutral_report question asks_if_ai emergency nothing_to_say refuses off_topic "
    "joke abuse small_talk"
).split()
DETAILS = "thing place time person amount reason consequence comparison suggestion".split()
ROLE_OF_DETAIL = dict(zip(DETAILS, "tpihnrcms", strict=True))
DANGERS = (
    "allergy breathing injury burn fire_or_gas electricity foreign_object violence harassment child_missing theft "
    "collapse illness"
).split()
WHEN = ("now", "earlier", "hypothetical")
WHO = ("guest", "companion", "staff", "other")

CLAUSE_TARGETS = ("usefulness", "useful", "very useful", *(f"role {role}" for role in ROLES))
CLAIM_TARGETS = ("claim", "praise", "blame", *(f"theme {theme}" for theme in THEMES))
ACT_TARGETS = (*(f"act {act}" for act in ACTS), "glad", "sorry")
DETAIL_TARGETS = tuple(f"detail {detail}" for detail in DETAILS)
DANGER_TARGETS = ("danger", *WHEN, *(f"danger {kind}" for kind in DANGERS), *(f"who {who}" for who in WHO))
SESSION_TARGETS = ("quality", "eligible", *(f"kind {kind}" for kind in KINDS))
TARGETS = (*CLAUSE_TARGETS, *CLAIM_TARGETS, *ACT_TARGETS, *DETAIL_TARGETS, *DANGER_TARGETS, *SESSION_TARGETS)

BEGINS = {name: place for place, name in enumerate(TARGETS)}  # by name: its place among the models
CLAUSE = slice(0, len(CLAUSE_TARGETS) + len(CLAIM_TARGETS))
CLAIM = slice(len(CLAUSE_TARGETS), CLAUSE.stop)
ACT = slice(BEGINS["act praise"], BEGINS["act praise"] + len(ACT_TARGETS))
DETAIL = slice(ACT.stop, ACT.stop + len(DETAIL_TARGETS))
DANGER = slice(DETAIL.stop, DETAIL.stop + len(DANGER_TARGETS))
SESSION = slice(DANGER.stop, len(TARGETS))
KIND = slice(SESSION.start + 2, SESSION.stop)
USEFUL = (  # the models of what makes a clause useful: more of it never lowers a score
    *(BEGINS[name] for name in ("usefulness", "useful", "very useful")),
    *(BEGINS[f"role {role}"] for role in "+-tpinhrcmsf"),
    *range(CLAIM.start, CLAIM.stop),
)
