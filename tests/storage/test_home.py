"""A home keeps its kind, its key and its privacy, whoever opens it and how many at a time."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pilot.errors import InvalidCafes
from pilot.settings import Settings, read_settings
from storage.errors import WrongHome
from storage.home import FOLDERS, Home, open_home
from tests.storage.recorded import CHECKOUT


def test_a_new_home_is_private_and_describes_itself(home: Home) -> None:
    for folder in (home.root, *(home.root / name for name in FOLDERS)):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert json.loads((home.root / "home.json").read_text()) == {"kind": "real", "format": 1}


@pytest.mark.parametrize(("made", "opened"), [("real", "demo"), ("demo", "real")])
def test_a_home_opened_as_the_other_kind_is_refused(made: str, opened: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    open_home(settings, kind=made)  # type: ignore[arg-type]
    with pytest.raises(WrongHome, match=f"is a {made} home; a {opened} one was expected"):
        open_home(settings, kind=opened)  # type: ignore[arg-type]
    assert open_home(settings, kind=made).kind == made  # type: ignore[arg-type]


def test_a_home_of_a_newer_format_is_refused(home: Home) -> None:
    (home.root / "home.json").write_text('{"kind": "real", "format": 2}')
    with pytest.raises(WrongHome, match="format 2; this program knows format 1"):
        open_home(home.settings)


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "real"}', "\x00"])
def test_a_description_that_cannot_be_read_is_named(text: str, home: Home) -> None:
    (home.root / "home.json").write_text(text)
    with pytest.raises(WrongHome, match=r"home\.json cannot be read"):
        open_home(home.settings)


def test_a_home_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WrongHome, match="PILOT_HOME"):
        open_home(Settings(home=tmp_path / "file" / "home"))


@pytest.mark.parametrize("name", ["100%", "home[1]", "home*", "home?"])
def test_a_home_path_with_characters_that_engines_interpret_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongHome, match="in its path"):
        open_home(Settings(home=tmp_path / name))


def test_a_folder_with_other_content_is_refused_and_left_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir(mode=0o755)
    (folder / "thesis.odt").write_text("x")
    with pytest.raises(WrongHome, match=r"not a home and not empty: it holds thesis\.odt\."):
        open_home(Settings(home=folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert [entry.name for entry in folder.iterdir()] == ["thesis.odt"]


def test_an_empty_mounted_disk_becomes_a_home(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    assert open_home(Settings(home=tmp_path)).kind == "real"


def test_the_key_is_made_once_and_kept_private(home: Home) -> None:
    key = home.secret()
    assert len(key) == 32
    assert open_home(home.settings).secret() == key
    assert stat.S_IMODE((home.root / "secret.key").stat().st_mode) == 0o600


def test_a_key_given_by_the_environment_wins(home: Home) -> None:
    settings = read_settings({"PILOT_HOME": str(home.root), "PILOT_SECRET_KEY": "given-key-of-all-replicas"})
    assert open_home(settings).secret() == b"given-key-of-all-replicas"
    assert not (home.root / "secret.key").exists()


def test_a_damaged_key_is_refused_and_never_replaced(home: Home) -> None:
    (home.root / "secret.key").write_bytes(b"short")
    with pytest.raises(WrongHome, match="expected 32 bytes, found 5"):
        home.secret()
    assert (home.root / "secret.key").read_bytes() == b"short"


OPEN = """
import sys
from pathlib import Path
from pilot.settings import Settings
from storage.home import open_home
from storage.store.cafes.seed import seed
home = open_home(Settings(home=Path(sys.argv[1])))
issued = seed(home.store(), home.cafes())
print(home.secret().hex(), len(issued))
"""


@pytest.mark.processes
def test_processes_that_open_a_new_home_together_agree_on_key_store_and_codes(tmp_path: Path) -> None:
    from storage.store import audit
    from storage.store.cafes import codes

    command = [sys.executable, "-c", OPEN, str(tmp_path / "home")]
    started = [subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[0].split() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert len({key for key, _ in said}) == 1
    home = open_home(Settings(home=tmp_path / "home"))
    assert sum(int(issued) for _, issued in said) == len(home.cafes().ids)
    assert sorted(code.cafe for code in codes.active(home.store())) == sorted(home.cafes().ids)
    assert len(audit.recent(home.store(), 100)) == len(home.cafes().ids)


def test_the_cafes_come_from_the_working_directory_else_the_checkout(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home.cafes().ids == ("aurora", "malmohuset", "goteborg")
    own = (CHECKOUT / "cafes.toml").read_text(encoding="utf-8").replace('id = "aurora"', 'id = "aurora-two"')
    (tmp_path / "cafes.toml").write_text(own, encoding="utf-8")
    assert home.cafes().ids[0] == "aurora-two"


def test_a_missing_cafes_file_is_reported_with_the_searched_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = open_home(Settings(home=tmp_path / "home", cafes_file=Path("no/such.toml")))
    with pytest.raises(InvalidCafes, match=r"no/such\.toml nor .*no/such\.toml.*PILOT_CAFES_FILE"):
        home.cafes()


def test_a_cafes_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cafes.toml"
    path.write_bytes("[pilot]\nname = 'Kafé'".encode("latin-1"))
    home = open_home(Settings(home=tmp_path / "home", cafes_file=path))
    with pytest.raises(InvalidCafes, match="not UTF-8"):
        home.cafes()


def test_opening_a_home_for_the_edge_loads_no_engine_of_the_lake(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pilot.settings import Settings; from storage.home import open_home;"
        "from storage.store.cafes import codes; from storage.store.rewards import receipts;"
        f"home = open_home(Settings(home=Path({str(tmp_path)!r}))); home.store(); home.append_log('edge1').close();"
        "print(sorted({'polars', 'duckdb', 'deltalake', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
