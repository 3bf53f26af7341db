"""Attack: another site's page, a rebound name or a local stranger commands Dagster through its page.

    python -m tests.attacks.dagster_commands

Starts Dagster's web server on loopback as it comes and behind the gate, sends the same requests to both, and prints
which of them were answered with data or changed a state.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from operations.access.cookie import LOOPBACK_NAME
from operations.dagster_page.program_ticket import HEADER
from operations.system import DAGSTER_FOLDER
from pilot.settings import read_settings
from storage.home import open_home
from storage.store.access import accounts, sign_ins
from tests.ports import free_ports
from tests.waiting import until

START_SECONDS = 180.0
PLAIN, GUARDED = "dagster_webserver", "operations.dagster_page"
DEFINITIONS = """
import dagster as dg

@dg.asset
def numbers() -> int:
    return 1

@dg.sensor(target=numbers, default_status=dg.DefaultSensorStatus.RUNNING)
def watcher():
    return dg.SkipReason("nothing")

defs = dg.Definitions(assets=[numbers], sensors=[watcher])
"""
STATES = """{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name }
  sensors { sensorState { id status } } } } } }"""
EVIL = "https://evil.example"
IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Page:
    """A served page of Dagster: its address, its folder, sign-ins, and one sensor's id and location.

    `cookie` is of an account that may change things, `reader` of one that may only read.
    """

    url: str
    folder: Path
    sensor: str
    location: str
    cookie: str
    reader: str

    @property
    def stop(self) -> str:
        """Return the mutation that stops the sensor."""
        return f'mutation Stop {{ stopSensor(id: "{self.sensor}") {{ __typename }} }}'

    @property
    def shut_down(self) -> str:
        """Return the mutation that ends the code server."""
        return (
            f'mutation End {{ shutdownRepositoryLocation(repositoryLocationName: "{self.location}") {{ __typename }} }}'
        )

    def sensor_status(self) -> str:
        """Return the sensor's state."""
        return str(_states(self.url, self.reader)["sensors"][0]["sensorState"]["status"])


def _states(url: str, cookie: str) -> dict:
    headers = {"Cookie": cookie}
    found = httpx.post(f"{url}/graphql", json={"query": STATES}, headers=headers, trust_env=False, timeout=30.0).json()
    return found["data"]["repositoriesOrError"]["nodes"][0]


def _got_through(answer: httpx.Response) -> bool:
    if answer.headers.get("content-type", "").startswith("application/json"):
        body = answer.json()
        data = body.get("data") if isinstance(body, dict) else None
        return bool(data) and "UnauthorizedError" not in answer.text
    return answer.is_success


def _get(page: Page, query: str, **headers: str) -> bool:
    return _got_through(
        httpx.get(f"{page.url}/graphql", params={"query": query}, headers=headers, trust_env=False, timeout=30.0)
    )


def _post(page: Page, query: str, *, extra: dict[str, str] | None = None, **headers: str) -> bool:
    body = {"query": query, **(extra or {})}
    return _got_through(httpx.post(f"{page.url}/graphql", json=body, headers=headers, trust_env=False, timeout=30.0))


def _form(page: Page, query: str, **headers: str) -> bool:
    headers |= {"Content-Type": "text/plain"}
    return _got_through(
        httpx.post(f"{page.url}/graphql", params={"query": query}, headers=headers, trust_env=False, timeout=30.0)
    )


def _raw(page: Page, query: str) -> bool:
    headers = {"Content-Type": "application/graphql"}
    return _got_through(
        httpx.post(f"{page.url}/graphql", content=query, headers=headers, trust_env=False, timeout=30.0)
    )


def _report(page: Page, **headers: str) -> bool:
    path = f"{page.url}/report_asset_materialization/numbers"
    return httpx.post(path, json={}, headers=headers, trust_env=False, timeout=30.0).is_success


def _socket(page: Page, origin: str | None) -> bool:
    try:
        with connect(
            page.url.replace("http", "ws", 1) + "/graphql", origin=origin, subprotocols=["graphql-ws"], proxy=None
        ) as socket:
            socket.send('{"type": "connection_init"}')
            return "connection_ack" in socket.recv(timeout=30.0)
    except (WebSocketException, OSError, TimeoutError):
        return False


def _framed(page: Page) -> bool:
    headers = httpx.get(page.url, trust_env=False, timeout=30.0).headers
    return headers.get("x-frame-options", "") != "DENY"


NO_MUTATION = "query Harmless { version }\n"
ATTACKS: dict[str, Callable[[Page], bool]] = {
    "an image's address stops the sensor": lambda page: _get(page, page.stop, **IMAGE),
    "an old browser's image stops the sensor": lambda page: _get(page, page.stop),
    "an image reads by GET": lambda page: _get(page, STATES, **IMAGE),
    "a form of another site stops the sensor": lambda page: _form(page, page.stop, Origin=EVIL),
    "a form of a sandboxed frame": lambda page: _form(page, page.stop, Origin="null"),
    "a form of another port of this machine": lambda page: _form(page, page.stop, Origin="http://127.0.0.1:9"),
    "a form of a file": lambda page: _form(page, page.stop, Origin="file://"),
    "an origin that is no address": lambda page: _form(page, page.stop, Origin="http://[evil"),
    "two origins, one of them right": lambda page: _form(page, page.stop, Origin=f"{page.url}, {EVIL}"),
    "a rebound name reads": lambda page: _post(page, STATES, Host="evil.example:3000"),
    "a rebound name stops the sensor": lambda page: _post(
        page, page.stop, Host="evil.example:3000", Origin="http://evil.example:3000"
    ),
    "a name that begins like this machine's": lambda page: _post(page, page.stop, Host="127.0.0.1.evil.example"),
    "a local stranger stops the sensor": lambda page: _post(page, page.stop),
    "a local stranger, as application/graphql": lambda page: _raw(page, page.stop),
    "a mutation behind a harmless operation": lambda page: _post(
        page, NO_MUTATION + page.stop, extra={"operationName": "Stop"}
    ),
    "a local stranger reads": lambda page: _post(page, STATES),
    "a forged cookie": lambda page: _post(page, STATES, Cookie=f"{LOOPBACK_NAME}={'0' * 43}"),
    "a forged ticket of a program": lambda page: _post(page, STATES, **{HEADER: f"9999999999.{'0' * 64}"}),
    "an account that may only read stops the sensor": lambda page: _post(page, page.stop, Cookie=page.reader),
    "an account that may only read reports an event": lambda page: _report(page, Cookie=page.reader),
    "another port's page with the browser's cookie": lambda page: _post(
        page, page.stop, Cookie=page.cookie, Origin="http://127.0.0.1:9"
    ),
    "an image with the browser's cookie": lambda page: _get(page, page.stop, Cookie=page.cookie, **IMAGE),
    "an event reported by another site": lambda page: _report(page, Origin=EVIL),
    "an event reported by a local stranger": _report,
    "a WebSocket of another site": lambda page: _socket(page, EVIL),
    "a WebSocket of another port": lambda page: _socket(page, "http://localhost:9"),
    "a WebSocket without an origin": lambda page: _socket(page, None),
    "a frame around the page": _framed,
    # Last: it ends the code server.
    "an image's address ends the code server": lambda page: _get(page, page.shut_down, **IMAGE),
}


def attack(page: Page) -> dict[str, bool]:
    """Send every attack; return whether each one got through."""
    return {name: send(page) for name, send in ATTACKS.items()}


@contextmanager
def served(module: str, folder: Path) -> Iterator[Page]:
    """Serve a page with one sensor from a new Dagster folder within a `with` block.

    Args:
        module: `PLAIN` or `GUARDED`.
        folder: The Dagster folder of a home, empty.
    """
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\nnux:\n  enabled: false\n", encoding="utf-8")
    definitions = folder / "small_definitions.py"
    definitions.write_text(DEFINITIONS, encoding="utf-8")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    cookie, reader = _cookies(folder.parent)
    environment = {
        **os.environ,
        "PILOT_HOME": str(folder.parent),
        "DAGSTER_HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "-h", "127.0.0.1", "-p", str(port), "-f", str(definitions)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            found = _wait_until_ready(url, process, folder=folder, cookie=reader)
            yield Page(
                url=url,
                folder=folder,
                sensor=found["sensors"][0]["sensorState"]["id"],
                location=found["location"]["name"],
                cookie=cookie,
                reader=reader,
            )
        finally:
            process.terminate()
            process.wait(timeout=60)


def _cookies(root: Path) -> tuple[str, str]:
    """Return the cookies of an account that may change things, and of one that may only read."""
    store = open_home(read_settings({"PILOT_HOME": str(root)})).store()
    made = []
    for role in ("data", "pilot_manager"):
        email = f"{role}@example.se"
        account = accounts.invite(store, email=email, role=role, cafes=None, known_cafes=(), actor="attack")
        made.append(f"{LOOPBACK_NAME}={sign_ins.begin(store, account, method='link')}")
    return made[0], made[1]


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], *, folder: Path, cookie: str) -> dict:
    found: list[dict] = []

    def is_ready() -> bool:
        assert process.poll() is None, (folder / "log").read_text(errors="replace")[-2000:]
        with contextlib.suppress(httpx.HTTPError, LookupError, ValueError):
            found.append(_states(url, cookie))
        return bool(found)

    until(is_ready, seconds=START_SECONDS, what="Dagster's page", every=0.2)
    return found[0]


def main() -> None:
    """Attack both servers and print the figures."""
    results = {}
    for module in (PLAIN, GUARDED):
        with tempfile.TemporaryDirectory(prefix="dagster-") as home:
            folder = Path(home) / "home" / DAGSTER_FOLDER
            folder.mkdir(parents=True, mode=0o700)
            with served(module, folder) as page:
                results[module] = attack(page)
    for name in ATTACKS:
        verdicts = ("through" if results[module][name] else "refused" for module in (PLAIN, GUARDED))
        print(f"{name:<50}" + "".join(f"{verdict:>10}" for verdict in verdicts))
    counts = (sum(results[module].values()) for module in (PLAIN, GUARDED))
    print(f"{'got through, before and after':<50}" + "".join(f"{count:>10}" for count in counts), f"of {len(ATTACKS)}")


if __name__ == "__main__":
    main()
