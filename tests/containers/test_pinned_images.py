"""`deploy/pin-images.sh` against a real registry (Debian's docker-registry) on loopback."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.containers.engine import CHECKOUT, PATHS, docker
from tests.ports import free_ports
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def registry(engine: None, tmp_path: Path) -> Iterator[str]:
    """Run a registry; Docker trusts one on loopback without TLS."""
    (port,) = free_ports(1)
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n"
    )
    program = shutil.which("docker-registry", path=PATHS)
    assert program is not None
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
    try:
        until(lambda: _answers(port), what="the registry", every=0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v2/", trust_env=False).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def image(registry: str, tmp_path: Path) -> Iterator[str]:
    """Push an image of one file; return its name."""
    name, folder = f"{registry}/small:1", tmp_path / "small"
    folder.mkdir()
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY Dockerfile /file\nCMD ["/file"]\n')
    docker("build", "--quiet", "--tag", name, str(folder))
    docker("push", "--quiet", name)
    yield name
    docker("image", "rm", name, check=False)


def pin(tmp_path: Path, text: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the script on a file of images; return its result and the file."""
    folder = tmp_path / "checkout" / "deploy"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(CHECKOUT / "deploy" / "pin-images.sh", folder)
    (folder / "images.env").write_text(text)
    done = subprocess.run(("sh", str(folder / "pin-images.sh")), capture_output=True, text=True, check=False)
    return done, (folder / "images.env").read_text()


def test_each_image_gets_the_digest_of_its_registry_and_again_the_same(registry: str, image: str, tmp_path: Path):
    known = httpx.head(f"http://{registry}/v2/small/manifests/1", headers={"Accept": MANIFEST}, trust_env=False)
    digest = known.headers["docker-content-digest"]
    done, found = pin(tmp_path, f"# A comment.\nSMALL_IMAGE={image}\n")
    assert done.returncode == 0, done.stderr
    assert found == f"# A comment.\nSMALL_IMAGE={image}@{digest}\n"
    assert pin(tmp_path, found)[1] == found
    docker("pull", "--quiet", f"{image}@{digest}")


def test_an_image_that_the_registry_has_not_leaves_the_file_as_it_was(registry: str, image: str, tmp_path: Path):
    before = f"SMALL_IMAGE={image}\nOTHER_IMAGE={registry}/none:1\n"
    done, found = pin(tmp_path, before)
    assert done.returncode != 0
    assert "gives no digest" in done.stderr
    assert found == before
