"""A model survives a weak connection, and only the pinned model is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from voice_edge.hearing import pulled_weights
from voice_edge.hearing.download import ATTEMPTS_WITHOUT_PROGRESS, DownloadFailed, fetch
from voice_edge.hearing.errors import WeightsDamaged
from voice_edge.hearing.published_models import HUB, KB_WHISPER_BASE, MODEL
from voice_edge.hearing.pulled_weights import faults, pull, read_pulled

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


class Pauses:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def get(hub, target: Path, client: httpx.Client, *, pause=None) -> None:
    model = hub.model
    (file,) = [file for file in model.files if file.name == target.name]
    fetch(model.url(file, hub=hub.address), target, size=file.size, client=client, pause=pause or Pauses())


def test_a_model_is_pulled_verified_and_moved_as_a_whole(hub, client, tmp_path) -> None:
    pulled = pull(hub.model, tmp_path, at=AT, client=client, hub=hub.address)
    assert {path.name for path in (tmp_path / "sv").iterdir()} == {*hub.files, "pulled.json"}
    assert all((tmp_path / "sv" / name).read_bytes() == body for name, body in hub.files.items())
    assert (pulled.name, pulled.published, pulled.revision) == ("kb-whisper-base", True, "1" * 40)
    assert read_pulled(tmp_path, "sv") == pulled
    assert faults(tmp_path, pulled) == []
    assert not (tmp_path / ".sv-pulling").exists()


def test_a_download_resumes_after_a_broken_connection(hub, client, tmp_path) -> None:
    hub.breaks_after = [1000, 500]
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]
    assert [asked for _, asked in hub.asked] == ["", "bytes=1000-", "bytes=1500-"]


def test_the_next_process_resumes_an_interrupted_download(hub, client, tmp_path) -> None:
    (tmp_path / MODEL).write_bytes(hub.files[MODEL][:2000])
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]
    assert hub.asked == [(MODEL, "bytes=2000-")]


def test_existing_files_are_not_requested_again(hub, client, tmp_path) -> None:
    (tmp_path / MODEL).write_bytes(hub.files[MODEL])
    get(hub, tmp_path / MODEL, client)
    assert hub.asked == []


def test_a_server_without_ranges_sends_the_whole_file(hub, client, tmp_path) -> None:
    hub.ignores_ranges = True
    (tmp_path / MODEL).write_bytes(b"x" * 2000)
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]


def test_a_range_that_was_not_requested_is_not_appended(hub, client, tmp_path) -> None:
    hub.shifted_range = True
    (tmp_path / MODEL).write_bytes(hub.files[MODEL][:2000])
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]


def test_a_file_that_is_too_long_is_downloaded_anew(hub, client, tmp_path) -> None:
    (tmp_path / MODEL).write_bytes(b"x" * (len(hub.files[MODEL]) + 1))
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]


def test_without_progress_the_download_fails_and_keeps_its_bytes(hub, client, tmp_path) -> None:
    hub.breaks_after = [100] + [0] * 50
    pauses = Pauses()
    with pytest.raises(DownloadFailed, match=f"100 of {len(hub.files[MODEL])} bytes") as failed:
        get(hub, tmp_path / MODEL, client, pause=pauses)
    assert failed.value.retryable
    assert (tmp_path / MODEL).stat().st_size == 100
    assert len(hub.asked) == 1 + ATTEMPTS_WITHOUT_PROGRESS
    assert pauses.seconds == sorted(pauses.seconds)
    hub.breaks_after = []
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]


def test_an_overloaded_hub_is_retried(hub, client, tmp_path) -> None:
    hub.statuses = [503, 429]
    get(hub, tmp_path / MODEL, client)
    assert (tmp_path / MODEL).read_bytes() == hub.files[MODEL]


@pytest.mark.parametrize(("status", "said"), [(404, "no such file at this revision"), (403, "status 403")])
def test_a_refusal_is_reported_and_not_retried(hub, client, tmp_path, status, said) -> None:
    hub.statuses = [status]
    with pytest.raises(DownloadFailed, match=said) as failed:
        get(hub, tmp_path / MODEL, client)
    assert not failed.value.retryable
    assert not (tmp_path / MODEL).exists()


def test_a_file_of_another_length_is_refused_before_it_is_fetched(hub, client, tmp_path) -> None:
    hub.files["config.json"] += b" "
    with pytest.raises(DownloadFailed, match="expected 8"):
        get(hub, tmp_path / "config.json", client)
    assert not (tmp_path / "config.json").exists()


def test_a_file_with_a_wrong_checksum_is_refused_and_deleted(hub, client, tmp_path) -> None:
    right = hub.files[MODEL]
    hub.files[MODEL] = bytes(reversed(right))
    with pytest.raises(WeightsDamaged, match="checksum"):
        pull(hub.model, tmp_path, at=AT, client=client, hub=hub.address)
    assert not (tmp_path / "sv").exists()
    hub.files[MODEL] = right
    assert pull(hub.model, tmp_path, at=AT, client=client, hub=hub.address).published
    assert sum(name == "config.json" for name, _ in hub.asked) == 1  # the valid files were kept


def test_a_failed_pull_leaves_existing_weights_unchanged(hub, client, tmp_path) -> None:
    first = pull(hub.model, tmp_path, at=AT, client=client, hub=hub.address)
    hub.statuses = [404]
    with pytest.raises(DownloadFailed):
        pull(hub.model, tmp_path, at=AT, client=client, hub=hub.address)
    assert read_pulled(tmp_path, "sv") == first
    assert faults(tmp_path, first) == []


def test_a_redirect_from_https_to_http_is_refused(tmp_path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"Location": "http://elsewhere.example/model.bin"})
        return httpx.Response(200, content=b"four")

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(DownloadFailed, match="HTTPS"),
    ):
        fetch("https://hub.example/model.bin", tmp_path / MODEL, size=4, client=client)
    assert not (tmp_path / MODEL).exists()


def test_a_full_disk_is_reported_before_the_download(hub, client, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pulled_weights.shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    with pytest.raises(WeightsDamaged, match="are needed"):
        pull(hub.model, tmp_path, at=AT, client=client, hub=hub.address)
    assert hub.asked == []


def test_the_pinned_model_is_named_by_its_commit_and_its_weights_by_their_checksum() -> None:
    (model,) = [file for file in KB_WHISPER_BASE.files if file.name == MODEL]
    assert len(KB_WHISPER_BASE.revision) == 40
    assert len(model.sha256) == 64
    assert KB_WHISPER_BASE.url(model).startswith(f"{HUB}/KBLab/kb-whisper-base/resolve/{KB_WHISPER_BASE.revision}/")
