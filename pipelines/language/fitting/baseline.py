"""The plain baseline beside every figure: TF-IDF of words and character n-grams, and a linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline, make_union

Doubles = NDArray[np.float64]


def baseline(texts: Sequence[str], targets: Doubles, *, unseen: Sequence[str]) -> Doubles:
    """Return the targets of unseen texts as a plain ridge fitted to `texts` predicts them."""
    vectors = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
    model = make_pipeline(vectors, Ridge(alpha=1.0)).fit(texts, targets)
    predicted: Doubles = model.predict(unseen)
    return predicted
