"""Installs Docker, Compose and buildx through apt for `make test-containers`, or reports them.

Never fails: tests whose engine is missing are not run, and their closing lines name it.
Debian 12 has no Compose v2, so its two plugins come from Debian 13's packages, unpacked beside the system's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pilot-containers"
PLUGINS = Path("/usr/libexec/docker/cli-plugins")
PACKAGES = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
}
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
SOURCES = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n"


def missing() -> list[str]:
    """Return the names of the parts that are not there."""
    absent = [program for program in PACKAGES if shutil.which(program, path=SYSTEM_PATH) is None]
    plugins = (name for name in ("compose", "buildx") if _run("docker", name, "version").returncode != 0)
    return absent + [f"docker {name}" for name in plugins]


def install() -> None:
    """Install what is missing."""
    if not missing():
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Not installed, and apt may not be used here: {', '.join(missing())}.", flush=True)
        return
    print(f"Installing for the tests of containers: {', '.join(missing())} ...", flush=True)
    _run("apt-get", "-qq", "update")
    _report(_run("apt-get", "-qq", "install", "-y", "--no-install-recommends", *PACKAGES.values()))
    if any(name.startswith("docker ") for name in missing()):
        _plugins_of_trixie()
    if left := missing():
        print(f"Still missing: {', '.join(left)}.", flush=True)


def _plugins_of_trixie() -> None:
    """Copy the plugins of Compose v2 and buildx out of Debian 13's packages."""
    own = CACHE / "trixie"
    for name in ("lists/partial", "unpacked", "packages"):
        (own / name).mkdir(parents=True, exist_ok=True)
    sources = own / "sources.list"
    sources.write_text(SOURCES, encoding="ascii")
    options = [
        *("-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null"),
        *("-o", f"Dir::State::Lists={own / 'lists'}", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="),
    ]
    _report(_run("apt-get", "-qq", *options, "update"))
    _report(_run("apt-get", "-qq", *options, "download", "docker-compose", "docker-buildx", folder=own / "packages"))
    for package in sorted((own / "packages").glob("*.deb")):
        _report(_run("dpkg", "-x", str(package), str(own / "unpacked")))
    PLUGINS.mkdir(parents=True, exist_ok=True)
    for plugin in (own / "unpacked" / PLUGINS.relative_to("/")).glob("docker-*"):
        shutil.copy2(plugin, PLUGINS / plugin.name)


def _run(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _report(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        print(f"{' '.join(done.args)[:200]} failed:\n{done.stderr.strip()[-800:]}", flush=True)


if __name__ == "__main__":
    install()
    sys.exit(0)
