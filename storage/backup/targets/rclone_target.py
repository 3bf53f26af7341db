"""Another host as a target, by rclone: `host:folder`, a remote of rclone's own configuration."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from storage.backup.targets.target import TargetAway
from storage.folders import PRIVATE_FILE

LONGEST_SECONDS = 3600
NOT_FOUND = (3, 4)  # rclone's exit codes for a missing folder and a missing file


def find_rclone() -> str | None:
    """Return the path of rclone: on the PATH, or beside this Python, where a package may have put it."""
    return shutil.which("rclone") or shutil.which("rclone", path=str(Path(sys.executable).parent))


class RcloneTarget:
    """Backups on another host; rclone carries sealed files and knows no key."""

    def __init__(self, remote: str) -> None:
        self.address = remote
        self._remote = remote.rstrip("/")

    def files(self) -> dict[str, int]:
        """Return the size of each file by its path."""
        listed = self._run("lsjson", "--recursive", "--files-only", "--no-modtime", "--no-mimetype", self._remote)
        return {each["Path"]: int(each["Size"]) for each in json.loads(listed or "[]")}

    def put(self, path: str, file: Path) -> None:
        """Write a file under a temporary name first, since not every remote writes a file at once."""
        partial = self._at(f"{path}.partial")
        self._run("copyto", str(file), partial)
        self._run("moveto", partial, self._at(path))

    def get(self, path: str, file: Path) -> None:
        """Write a file of the target into a local file."""
        self._run("copyto", self._at(path), str(file))
        if not file.exists():
            raise TargetAway(self.address, "it has no such file")
        file.chmod(PRIVATE_FILE)

    def remove(self, path: str) -> None:
        """Delete a file; nothing happens if it is missing."""
        self._run("deletefile", self._at(path))

    def _at(self, path: str) -> str:
        return f"{self._remote}/{path}"

    def _run(self, *arguments: str) -> str:
        program = find_rclone()
        if program is None:
            raise TargetAway(self.address, "rclone is not installed")
        try:
            done = subprocess.run(
                [program, *arguments, "--retries", "2", "--ask-password=false"],
                check=False,
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TargetAway(self.address, type(error).__name__) from None
        if done.returncode in NOT_FOUND:
            return ""
        if done.returncode != 0:
            raise TargetAway(self.address, f"rclone ended with code {done.returncode}")
        return done.stdout
