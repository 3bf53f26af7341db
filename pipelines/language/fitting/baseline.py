"""The plain baseline beside every figure: TF-IDF of words and character n-grams, and one linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline, make_union


def baseline_quality(
    texts: Sequence[str], quality: NDArray[np.float64], *, unseen: Sequence[str]
) -> NDArray[np.float64]:
    """Return the quality of unseen texts, 0-100, as a plain ridge fitted to `texts` predicts it."""
    vectors = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
    model = make_pipeline(vectors, Ridge(alpha=1.0)).fit(texts, quality)
    predicted: NDArray[np.float64] = np.clip(model.predict(unseen), 0, 100)
    return predicted
