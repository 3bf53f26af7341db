"""How well the annotated clauses agree with the authors' own quality of their sessions.

python -m benchmarks.feedback.annotations
"""

from __future__ import annotations

import numpy as np

from pipelines.language.fitting import corpus
from pipelines.language.fitting.agreement import rank
from pipelines.language.fitting.sample import sample
from pipelines.language.pooling import together


def main() -> None:
    """Print the rank correlation for each author."""
    labels = corpus.clause_labels()
    for author in corpus.authors("sessions"):
        rows = [row for row in corpus.rows("sessions", author) if row["id"] in labels]
        known = sample([("sessions", row) for row in rows], labels)
        layout = known.cut.sessions
        earned = together(known.clause_targets[:, 0].astype(np.float32), layout).astype(np.float64)
        quality = known.session_targets[layout.sessions, 0]
        whole = np.isfinite(earned)  # a session that repeats a clause has fewer clauses than annotations
        genuine = whole & np.array([rows[number]["kind"] == "genuine" for number in layout.sessions.tolist()])
        print(
            f"{author:>4}: {len(rows)} sessions, all kinds {rank(earned[whole], quality[whole]):.2f}, "
            f"genuine {rank(earned[genuine], quality[genuine]):.2f}"
        )


if __name__ == "__main__":
    main()
