"""A restored home books the redemptions since its backup, and freezes what was open."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from operations.backup.catalog import Backup, backup_folder
from operations.backup.make import make_backup
from operations.backup.redemptions import RedemptionExport
from operations.backup.restore import RestoreResult, restore
from payouts.deciding import decide_sessions
from payouts.voucher_codes import voucher_code, voucher_hash
from pilot.settings import Settings
from storage.backup.archive import ArchiveWriter
from storage.backup.redemption_file import NAME, Installation
from storage.home import IDENTITY_FILE, Home, open_home
from storage.store.rewards import freezing, redemptions, vouchers
from storage.store.rewards.reward_cases import Candidate
from tests.payouts.test_deciding import candidate
from tests.payouts.world import CHECKOUT

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = SecretStr("correct horse battery staple")
ISSUED, REDEEMED, LATER, OTHERS_OPEN, OTHERS_REDEEMED = (
    candidate(session_id=f"g-{number}", cafe="aurora", simulated=True) for number in range(1, 6)
)


@pytest.fixture(params=["", "a secret of the environment's own"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    settings = Settings(
        home=tmp_path / "hem", backup_key=KEY, cafes_file=CHECKOUT / "cafes.toml", secret_key=SecretStr(request.param)
    )
    return open_home(settings)


def decide(home: Home, *given: Candidate) -> None:
    decide_sessions(home.store(), given, cafes=home.cafes(), secret=home.secret(), decided_by="watch")


def redeem(home: Home, one: Candidate, *, secret: bytes) -> str:
    from payouts.rewards import reward_id

    code = voucher_hash(secret, voucher_code(secret, reward_id(secret, one.session_id), 1))
    return vouchers.redeem(home.store(), code, cafe="aurora", actor="till", request="tap").answer


def back_up(home: Home) -> Backup:
    return make_backup(home, now=datetime.now(UTC))


def restored(home: Home, backup: Backup, tmp_path: Path, **given: object) -> tuple[RestoreResult, Home]:
    done = restore(backup, tmp_path / "neu", settings=home.settings, now=datetime.now(UTC), **given)  # type: ignore[arg-type]
    return done, open_home(home.settings.model_copy(update={"home": tmp_path / "neu"}))


def test_redemptions_after_the_backup_are_booked_and_open_vouchers_frozen(home: Home, tmp_path: Path) -> None:
    decide(home, ISSUED, REDEEMED)
    backup = back_up(home)
    decide(home, LATER)
    for one in (REDEEMED, LATER):
        assert redeem(home, one, secret=home.secret()) == "redeemed"
    RedemptionExport(home)()
    done, new = restored(home, backup, tmp_path)
    assert (done.recovery.redeemed, done.recovery.waiting, done.recovery.frozen) == (1, 1, 1)
    secret = home.secret()
    assert redeem(new, ISSUED, secret=secret) == "frozen"
    assert redeem(new, REDEEMED, secret=secret) == "already_redeemed"
    decide(new, LATER)
    assert redeem(new, LATER, secret=secret) == "already_redeemed"
    assert redemptions.kept_redemptions_of(new.store()) == []


def test_without_the_file_everything_open_is_frozen_all_the_same(home: Home, tmp_path: Path) -> None:
    decide(home, REDEEMED)
    backup = back_up(home)
    redeem(home, REDEEMED, secret=home.secret())
    _, new = restored(home, backup, tmp_path)
    assert redeem(new, REDEEMED, secret=home.secret()) == "frozen"


def test_another_copy_of_the_file_can_be_named(home: Home, tmp_path: Path) -> None:
    decide(home, REDEEMED)
    backup = back_up(home)
    redeem(home, REDEEMED, secret=home.secret())
    RedemptionExport(home)()
    beside = backup_folder(home.settings) / NAME
    beside.rename(tmp_path / "kept.ndjson")
    done, _ = restored(home, backup, tmp_path, redemption_files=[tmp_path / "kept.ndjson"])
    assert done.recovery.redeemed == 1


def test_damaged_lines_are_counted_and_stop_no_restore(home: Home, tmp_path: Path) -> None:
    decide(home, REDEEMED)
    backup = back_up(home)
    (backup_folder(home.settings) / NAME).write_text("{half\n", "utf-8")
    done, new = restored(home, backup, tmp_path)
    assert done.unreadable_redemptions == 1
    assert [each.session_id for each in freezing.frozen_rewards_of(new.store())] == [REDEEMED.session_id]


def test_a_backup_exports_the_redemptions_and_no_backup_exports_none(home: Home) -> None:
    decide(home, REDEEMED)
    redeem(home, REDEEMED, secret=home.secret())
    RedemptionExport(home)()
    assert not backup_folder(home.settings).exists()
    back_up(home)
    text = (backup_folder(home.settings) / NAME).read_text("utf-8")
    assert text.count("\n") == 1
    assert REDEEMED.session_id not in text


def test_repeated_exports_add_nothing_and_two_exports_share_the_file(home: Home) -> None:
    decide(home, ISSUED, REDEEMED)
    back_up(home)
    watch, other = RedemptionExport(home), RedemptionExport(home)
    redeem(home, REDEEMED, secret=home.secret())
    for export in (watch, other, watch):
        export()
    redeem(home, ISSUED, secret=home.secret())
    for export in (other, watch, other):
        export()
    assert len((backup_folder(home.settings) / NAME).read_text("utf-8").splitlines()) == 2


def export_full(export: RedemptionExport) -> None:
    """Export to a full disk."""

    def full(*_: object, **__: object) -> None:
        raise OSError("no space")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("operations.backup.redemptions.append_redemptions", full)
        export()


def test_an_unwritable_folder_is_logged_and_tried_again(home: Home) -> None:
    decide(home, REDEEMED)
    back_up(home)
    export = RedemptionExport(home)
    redeem(home, REDEEMED, secret=home.secret())
    export_full(export)
    assert not (backup_folder(home.settings) / NAME).exists()
    export()
    assert len((backup_folder(home.settings) / NAME).read_text("utf-8").splitlines()) == 1


def lines_of(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (backup_folder(home.settings) / NAME).read_text("utf-8").splitlines()]


def write_by_hand(home: Home, *lines: dict[str, Any], mode: str = "a") -> None:
    with (backup_folder(home.settings) / NAME).open(mode, encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)


def write_as_earlier(home: Home, *, sealed: bool) -> None:
    """Write the home's file and remove its name, as a version before homes had names left them."""
    earlier = Installation.of(home.secret(), home=None)
    lines = [{name: line[name] for name in line if name not in ("home", "seal")} for line in lines_of(home)]
    write_by_hand(home, *({**line, **({"seal": earlier.seal(line)} if sealed else {})} for line in lines), mode="w")
    (home.root / IDENTITY_FILE).unlink()


def without_identity(patch: pytest.MonkeyPatch) -> None:
    """Let a backup be made as a version before homes had names did."""
    patch.setattr(
        ArchiveWriter,
        "add_file",
        lambda self, name, path, add=ArchiveWriter.add_file: None if name == IDENTITY_FILE else add(self, name, path),
    )


def without_seal(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "seal"}


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("days", [300, 0, -300])
def test_a_forged_redemption_freezes_nothing_and_hides_no_later_one(home: Home, sealed: bool, days: int) -> None:
    decide(home, ISSUED, REDEEMED)
    back_up(home)
    redeem(home, REDEEMED, secret=home.secret())
    RedemptionExport(home).run()
    (line,) = lines_of(home)
    moment = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    forged = {**line, "reward_id": "x" * 8, "derived_id": "x" * 8, "redeemed_at": moment}
    write_by_hand(home, forged if sealed else without_seal(forged))
    export = RedemptionExport(home)
    assert export.run() is None
    assert freezing.frozen_rewards_of(home.store()) == []
    assert redeem(home, ISSUED, secret=home.secret()) == "redeemed"
    assert export.run() is None
    assert len(lines_of(home)) == 3


def test_lines_of_the_earlier_form_are_exported_once_more_with_a_seal(home: Home) -> None:
    decide(home, ISSUED, REDEEMED)
    back_up(home)
    for one in (ISSUED, REDEEMED):
        redeem(home, one, secret=home.secret())
    RedemptionExport(home).run()
    sealed = lines_of(home)
    write_by_hand(home, *(without_seal(line) for line in sealed), mode="w")
    for export in (RedemptionExport(home), RedemptionExport(home)):
        assert export.run() is None
    assert lines_of(home) == [*(without_seal(line) for line in sealed), *sealed]


def test_a_store_put_back_by_hand_is_frozen_despite_forged_lines(home: Home, tmp_path: Path) -> None:
    decide(home, ISSUED, REDEEMED)
    backup = back_up(home)
    _, older = restored(home, backup, tmp_path)
    decide(older, LATER)
    redeem(home, REDEEMED, secret=home.secret())
    RedemptionExport(home).run()
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    write_by_hand(home, {**without_seal(lines_of(home)[0]), "reward_id": "x", "redeemed_at": later})
    settings = older.settings.model_copy(update={"backup_folder": backup_folder(home.settings)})
    done = RedemptionExport(open_home(settings)).run()
    assert done is not None
    assert done.redeemed == 1


def second_home(home: Home) -> Home:
    """Return another home on the same folder with the same key, with a redemption and an open reward."""
    other = open_home(
        home.settings.model_copy(
            update={"home": home.root.parent / "annat", "backup_folder": backup_folder(home.settings)}
        )
    )
    decide(other, OTHERS_OPEN, OTHERS_REDEEMED)
    assert redeem(other, OTHERS_REDEEMED, secret=other.secret()) == "redeemed"
    return other


@pytest.fixture
def shared(tmp_path: Path) -> Home:
    """Return a home whose key a second one can be given."""
    settings = Settings(
        home=tmp_path / "hem",
        backup_key=KEY,
        cafes_file=CHECKOUT / "cafes.toml",
        secret_key=SecretStr("a key that two homes share"),
    )
    return open_home(settings)


@pytest.mark.parametrize("earlier", ["named", "sealed", "unsealed"])
def test_a_second_home_on_the_folder_freezes_neither(shared: Home, earlier: str) -> None:
    decide(shared, ISSUED, REDEEMED)
    back_up(shared)
    redeem(shared, REDEEMED, secret=shared.secret())
    RedemptionExport(shared).run()
    if earlier != "named":  # The first home wrote its lines before homes had names.
        write_as_earlier(shared, sealed=earlier == "sealed")
    other = second_home(shared)
    first, second = RedemptionExport(shared), RedemptionExport(other)
    for _ in range(2):
        assert (second.run(), first.run()) == (None, None)
    assert redeem(shared, ISSUED, secret=shared.secret()) == "redeemed"
    assert redeem(other, OTHERS_OPEN, secret=other.secret()) == "redeemed"
    for export in (first, second, first, second, RedemptionExport(shared), RedemptionExport(other)):
        assert export.run() is None
    named = [line["home"] for line in lines_of(shared) if "home" in line]
    assert (named.count(shared.identity()), named.count(other.identity())) == (2, 2)


def test_a_restore_books_only_its_own_homes_redemptions(shared: Home, tmp_path: Path) -> None:
    decide(shared, ISSUED, REDEEMED)
    backup = back_up(shared)
    redeem(shared, REDEEMED, secret=shared.secret())
    for home in (shared, second_home(shared)):
        RedemptionExport(home).run()
    done, new = restored(shared, backup, tmp_path)
    assert (done.recovery.redeemed, done.recovery.waiting, done.recovery.frozen) == (1, 0, 1)
    assert new.identity() == shared.identity()


def test_a_backup_from_before_homes_had_names_is_its_homes_all_the_same(shared: Home, tmp_path: Path) -> None:
    decide(shared, ISSUED, REDEEMED)
    with pytest.MonkeyPatch.context() as patch:
        without_identity(patch)
        backup = back_up(shared)
    redeem(shared, REDEEMED, secret=shared.secret())
    for home in (shared, second_home(shared)):
        RedemptionExport(home).run()
    done, new = restored(shared, backup, tmp_path)
    assert (done.recovery.redeemed, done.recovery.waiting, done.recovery.frozen) == (1, 0, 1)
    assert new.identity() == shared.identity()


def test_a_backup_without_a_name_or_any_reward_books_all_redemptions(shared: Home, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        without_identity(patch)
        backup = back_up(shared)
    decide(shared, REDEEMED)
    redeem(shared, REDEEMED, secret=shared.secret())
    for home in (shared, second_home(shared)):
        RedemptionExport(home).run()
    done, new = restored(shared, backup, tmp_path)
    assert done.recovery.waiting == 2
    decide(new, REDEEMED)
    assert redeem(new, REDEEMED, secret=shared.secret()) == "already_redeemed"


@pytest.mark.parametrize("named", [True, False])
def test_a_store_put_back_by_hand_beside_a_second_home_is_noticed(shared: Home, tmp_path: Path, named: bool) -> None:
    decide(shared, ISSUED, REDEEMED)
    backup = back_up(shared)
    _, older = restored(shared, backup, tmp_path)
    redeem(shared, REDEEMED, secret=shared.secret())
    for home in (shared, second_home(shared)):
        RedemptionExport(home).run()
    if not named:
        (older.root / IDENTITY_FILE).unlink()
    settings = older.settings.model_copy(update={"backup_folder": backup_folder(shared.settings)})
    done = RedemptionExport(open_home(settings)).run()
    assert done is not None
    assert (done.redeemed, done.waiting) == (1, 0)


@pytest.mark.parametrize("ahead", [timedelta(minutes=16), timedelta(days=1)])
def test_redemptions_missed_while_a_clock_was_ahead_are_exported_later(home: Home, ahead: timedelta) -> None:
    decide(home, ISSUED, REDEEMED, LATER)
    back_up(home)
    export, store, now = RedemptionExport(home), home.store(), home.store().now
    store.now = lambda: now() + ahead
    redeem(home, REDEEMED, secret=home.secret())
    export.run()
    store.now = now
    redeem(home, ISSUED, secret=home.secret())
    export_full(export)
    store.now = lambda: now() + timedelta(hours=2)  # the folder was full meanwhile
    redeem(home, LATER, secret=home.secret())
    assert export.run() is None
    assert len(lines_of(home)) == 3


def test_a_redemption_in_the_clocks_future_hides_no_later_one(home: Home) -> None:
    decide(home, ISSUED, REDEEMED)
    back_up(home)
    store, now = home.store(), home.store().now
    store.now = lambda: now() + timedelta(days=1)
    redeem(home, REDEEMED, secret=home.secret())
    RedemptionExport(home).run()
    store.now = now
    redeem(home, ISSUED, secret=home.secret())
    assert RedemptionExport(home).run() is None
    assert len(lines_of(home)) == 2
