"""The code server's socket: private to its owner, and no port beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.code_socket import MAX_PATH_BYTES, UnsafeFolder, prepare_folder, socket_path
from operations.system import make_system, processes


def test_the_code_server_has_a_private_socket_and_no_port(home, environment) -> None:
    system = make_system(home, environment=environment)
    spec = {each.name: each for each in processes(system)}["code-server"]
    assert str(system.code_server_socket) in spec.command
    assert "-p" not in spec.command and "-h" not in spec.command
    prepare_folder(system.code_server_socket)
    assert system.code_server_socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o755)
    prepare_folder(tmp_path / "run" / "socket")
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_a_long_path_moves_to_a_private_temporary_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Path("/var/lib") / ("a" * MAX_PATH_BYTES)
    path = socket_path(deep)
    assert path.is_relative_to(tmp_path) and path == socket_path(deep) != socket_path(deep / "b")
    prepare_folder(path)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeFolder, match="not a folder of this user"):
        prepare_folder(tmp_path / "run" / "socket")
