"""Make the virtual environment from the lock file: `python3 scripts/environment.py .venv`.

Runs on a bare Python 3.11+: uv itself is installed first, at the version and hashes that the lock file names.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
OLDEST, TOO_NEW = (3, 11), (3, 14)


def main(folder: str) -> None:
    """Create or refresh the environment in `folder`; exits with words where it cannot."""
    found = sys.version_info[:2]
    if not OLDEST <= found < TOO_NEW:
        sys.exit(
            f"Python {found[0]}.{found[1]} was found, 3.11 to 3.13 is needed. "
            "Install one of them and call `make PYTHON=python3.12 ...`."
        )
    venv = ROOT / folder
    python = venv / "bin" / "python"
    begun = time.monotonic()
    print(f"Setting up {folder} from requirements.lock (once, a minute or two) ...", flush=True)
    if not python.exists():
        run([sys.executable, "-m", "venv", str(venv)], hint="Debian and Ubuntu need the package python3-venv for this.")
    with tempfile.TemporaryDirectory() as scratch:
        bootstrap = Path(scratch) / "uv.txt"
        bootstrap.write_text(locked("uv"), encoding="utf-8")
        run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(bootstrap)])
    uv = str(venv / "bin" / "uv")
    target = ["--python", str(python)]
    run([uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", *target, str(LOCK)])
    run([uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", *target, "--editable", str(ROOT)])
    (venv / ".ready").touch()
    print(f"Environment ready in {time.monotonic() - begun:.0f} s.", flush=True)


def locked(package: str) -> str:
    """Return the lock file's own lines for one package: its version and hashes."""
    found = re.search(rf"^{package}==(?:.*\\\n)*.*$", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        sys.exit(f"requirements.lock does not name {package}; run `make lock` on a machine that has it.")
    return found.group() + "\n"


def run(command: list[str], *, hint: str = "") -> None:
    """Run one step; on failure exit with what it was and a hint."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        sys.exit(
            f"This step failed: {' '.join(command)}\n{hint or 'The lines above say why; mend it and call make again.'}"
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".venv")
