from __future__ import annotations

from benchmarks.voice.turn_ends import EARLY_MS, run
from proving.load.sources import packaged_parts
from proving.load.utterances import compose, write_folder


def test_each_clip_is_either_cut_early_or_has_an_end(tmp_path) -> None:
    write_folder(compose(packaged_parts("en"), count=3, seed=1), tmp_path)
    found = run(clips=tmp_path)
    assert found["clips"] == 3
    assert found["never_committed"] == 0
    assert set(found["cut_early"]) <= {"001", "002", "003"}
    if len(found["cut_early"]) < 3:
        assert -EARLY_MS <= found["end_error_ms"]["p5"] <= found["end_error_ms"]["p95"]
