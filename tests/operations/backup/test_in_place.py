"""A restore in place replaces a stopped home, after a safety copy; it is refused while the pilot runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from operations.backup import in_place
from operations.backup.catalog import backup_folder, find_backup, list_backups
from operations.backup.in_place import finish, loss_of, restore_in_place, set_aside_homes
from operations.backup.make import make_backup
from operations.backup.unpacking import NotRestored
from operations.retention.backups import delete_old_backups
from operations.supervisor.claims import claim_home
from operations.supervisor.errors import AlreadyRunning
from payouts.deciding import decide_sessions
from pilot.settings import Settings
from storage.home import STORE_FILE, Home, open_home
from storage.store import audit
from storage.store.rewards import freezing
from tests.payouts.test_deciding import candidate
from tests.payouts.world import CHECKOUT

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = SecretStr("correct horse battery staple")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(Settings(home=tmp_path / "hem", backup_key=KEY, cafes_file=CHECKOUT / "cafes.toml"))
    write(opened, "kept")
    (opened.root / ".weights" / "model.bin").write_bytes(b"weights")
    return opened


def write(home: Home, subject: str) -> None:
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject=subject)


def subjects(home: Home) -> set[str]:
    return {each.subject for each in audit.recent(open_home(home.settings).store(), 99)}


def decide(home: Home, session_id: str) -> None:
    guest = candidate(session_id=session_id, cafe="aurora", simulated=True)
    decide_sessions(home.store(), [guest], cafes=home.cafes(), secret=home.secret(), decided_by="watch")


def put_back(home: Home, **given: object) -> in_place.InPlaceResult:
    home.store().close()
    backup = list_backups(backup_folder(home.settings))[0]
    return restore_in_place(backup, settings=home.settings, now=LATER, actor="cli:anna", reason="drill", **given)  # type: ignore[arg-type]


def test_what_the_home_has_more_than_the_backup_is_named(home: Home) -> None:
    backup = make_backup(home, now=NOW)
    assert loss_of(backup, settings=home.settings).rows == {}
    write(home, "lost")
    decide(home, "g-1")
    loss = loss_of(backup, settings=home.settings)
    assert (loss.recovered_to, loss.unknown, loss.is_missing) == (NOW, False, False)
    assert (loss.rows["reward_decisions"], loss.rows["vouchers"]) == (1, 1)
    assert loss.ledger_ore["rewards_owed"] > 0
    assert sum(loss.ledger_ore.values()) == 0


def test_a_home_is_replaced_after_a_safety_copy_and_keeps_its_weights(home: Home) -> None:
    decide(home, "g-1")
    make_backup(home, now=NOW)
    write(home, "lost")
    done = put_back(home)
    assert "lost" not in subjects(home)
    assert (home.root / ".weights" / "model.bin").read_bytes() == b"weights"
    new = open_home(home.settings)
    entry = next(each for each in audit.recent(new.store(), 9) if each.action == "backup.restore")
    assert (entry.actor, entry.reason, entry.details["recovered_to"]) == ("cli:anna", "drill", NOW.isoformat())
    assert len(freezing.frozen_rewards_of(new.store())) == 1
    assert done.safety_copy is not None
    assert find_backup(backup_folder(home.settings), "latest").path != done.safety_copy
    new.store().close()
    safety = next(each for each in list_backups(backup_folder(home.settings)) if each.path == done.safety_copy)
    restore_in_place(safety, settings=home.settings, now=LATER + timedelta(hours=1), actor="cli:anna", reason="undo")
    assert "lost" in subjects(home)
    assert [path.name for path in home.root.parent.iterdir() if path.name.startswith(".")] == []


def test_a_lost_home_is_restored_without_a_safety_copy(home: Home) -> None:
    make_backup(home, now=NOW)
    home.store().close()
    home.root.rename(home.root.parent / "away")
    done = put_back(home)
    assert done.safety_copy is None
    assert "kept" in subjects(home)


def test_a_home_too_damaged_for_a_backup_is_set_aside_and_later_deleted(home: Home) -> None:
    make_backup(home, now=NOW)
    home.store().close()
    (home.root / STORE_FILE).write_bytes(b"not a database, but as long as one" * 200)
    for rest in home.root.glob(f"{STORE_FILE}-*"):
        rest.unlink()
    assert loss_of(list_backups(backup_folder(home.settings))[0], settings=home.settings).unknown
    done = put_back(home)
    assert "kept" in subjects(home)
    assert list(set_aside_homes(home.settings)) == [done.safety_copy]
    assert done.safety_copy is not None
    assert (done.safety_copy / STORE_FILE).read_bytes().startswith(b"not a database")
    assert done.safety_copy.name in delete_old_backups(home.settings, now=LATER + timedelta(days=30))
    assert not done.safety_copy.exists()


def test_a_running_home_is_not_replaced(home: Home) -> None:
    make_backup(home, now=NOW)
    with claim_home(home.root / ".run"), pytest.raises(AlreadyRunning, match="already runs"):
        put_back(home)
    assert "kept" in subjects(home)


def test_a_failed_restore_leaves_the_home_as_it_was(home: Home) -> None:
    backup = make_backup(home, now=NOW)
    write(home, "newer")
    backup.content.write_bytes(b"?" * backup.manifest.content_bytes)
    with pytest.raises(Exception, match="changed since it was written"):
        put_back(home)
    assert "newer" in subjects(home)


class Killed(BaseException):
    """Stands for a process that was killed."""


@pytest.mark.parametrize("renames", [0, 1])
def test_a_restore_killed_while_it_exchanges_folders_is_completed_by_the_next(
    home: Home, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    make_backup(home, now=NOW)
    write(home, "lost")
    rename, counted = Path.rename, iter(range(99))

    def dying(path: Path, target: Path) -> Path:
        of_exchange = {path.name, Path(target).name} & {".replaced-hem", "hem"}
        if of_exchange and next(counted) == renames:
            raise Killed
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying)
        with pytest.raises(Killed):
            put_back(home)
    assert home.root.exists() == (renames == 0)
    finish(home.settings)
    assert ("lost" in subjects(home)) == (renames == 0)
    put_back(Home(settings=home.settings, root=home.root, kind="real"))
    assert "lost" not in subjects(home)
    assert (home.root / ".weights" / "model.bin").exists()
    assert [path.name for path in home.root.parent.iterdir() if path.name.startswith(".")] == []


def test_a_postgresql_store_is_not_replaced_in_place(home: Home) -> None:
    backup = make_backup(home, now=NOW)
    settings = home.settings.model_copy(update={"store_url": "postgresql://pilot@127.0.0.1/pilot"})
    with pytest.raises(NotRestored, match="not replaced in place"):
        restore_in_place(backup, settings=settings, now=NOW, actor="cli:anna", reason="")
