"""The pilot's processes: commands, environments, readiness and dependencies."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from operations.code_socket import socket_path
from operations.monitoring.targets import Target
from operations.stripe_fake import STATE_FILE, FakeStripeProcess, fake_without_key
from operations.supervisor import FileTouched, HttpAnswers, LineLogged, Port, ProcessSpec, SocketOpen
from operations.watch.probes.heartbeat import SUFFIX
from pilot.settings import PREFIX, Settings, service_urls
from storage.cafes_file import find_cafes_file
from storage.home import Home

CHECKOUT = Path(__file__).resolve().parent.parent
DAGSTER_FOLDER = ".dagster"
RUN_FOLDER = ".run"
LOGS_FOLDER = ".logs"
WORKSPACE_NAME = "workspace.yaml"
HEARTBEAT_NAME = "watch.json"
LOOPBACK = "127.0.0.1"
EDGE = "edge"
MEASURED = (EDGE, "entrance", "dashboards", "watch")  # They answer Prometheus.
MOST_EDGES = 8

# Processes that a customer waits for run first; figures may take a second longer.
FIGURES_NICENESS = 10
PAGES_NICENESS = 5

# Time to send open conversations to another replica and to publish recorded events.
EDGE_STOP_SECONDS = 10.0

# One thread per engine of the figures: the recogniser needs the cores.
ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class System:
    """One run of the pilot on this machine.

    Attributes:
        home: The opened home.
        environment: The environment of every process.
        fake_stripe: The fake Stripe; None if a Stripe key is set.
    """

    home: Home
    environment: Mapping[str, str]
    fake_stripe: FakeStripeProcess | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings."""
        return self.home.settings

    @property
    def edge_url(self) -> str:
        """Return the edge's address for the other processes."""
        if url := service_urls(self.settings).get(EDGE):
            return url
        host = LOOPBACK if self.settings.edge_host in ("0.0.0.0", "::") else self.settings.edge_host  # noqa: S104
        return f"http://{host}:{self.settings.edge_port}"

    @property
    def dagster_url(self) -> str:
        """Return the address of Dagster's page for programs, with its path below the host."""
        return self._service("webserver", self.settings.dagster_port) + dagster_path(self.settings)

    @property
    def dashboards_url(self) -> str:
        """Return the address of the dashboards for programs."""
        return self._service("dashboards", self.settings.dashboards_port)

    @property
    def entrance_url(self) -> str:
        """Return the address of the sign-in for programs."""
        return self._service("entrance", self.settings.entrance_port)

    def _service(self, name: str, port: int) -> str:
        return service_urls(self.settings).get(name) or f"http://{LOOPBACK}:{port}"

    @property
    def dagster_home(self) -> Path:
        """Return Dagster's own folder."""
        return self.home.root / DAGSTER_FOLDER

    @property
    def code_server_socket(self) -> Path:
        """Return the socket of Dagster's code server."""
        return socket_path(self.run_folder)

    @property
    def run_folder(self) -> Path:
        """Return the folder of locks, records and heartbeats."""
        return self.home.root / RUN_FOLDER

    @property
    def logs(self) -> Path:
        """Return the folder of the processes' logs."""
        return self.home.root / LOGS_FOLDER


def dagster_path(settings: Settings) -> str:
    """Return the path of Dagster's page below its host; empty if it has the whole host."""
    return urlsplit(settings.dagster_url).path.rstrip("/")


def make_system(
    home: Home, *, environment: Mapping[str, str], fake_pages_url: str = "", fake_allowed: bool = True
) -> System:
    """Return the system of a home.

    Args:
        home: The home.
        environment: Variables for every process; the home's own settings are added.
        fake_pages_url: Address of the fake Stripe's pages for a guest's browser; by default on this machine.
        fake_allowed: Whether a fake Stripe may be one of the processes; not if each process runs by itself.

    Raises:
        InvalidCafes: the cafés' file is missing.
    """
    settings = home.settings
    own = {f"{PREFIX}HOME": str(home.root), "DAGSTER_HOME": str(home.root / DAGSTER_FOLDER), "PYTHONUNBUFFERED": "1"}
    # Processes run in the checkout, so paths relative to the caller's folder are made absolute.
    own[f"{PREFIX}CAFES_FILE"] = str(find_cafes_file(settings.cafes_file))
    if settings.recogniser_model_sv is not None:
        own[f"{PREFIX}RECOGNISER_MODEL_SV"] = str(settings.recogniser_model_sv.expanduser().absolute())
    # Servers that read no setting of ours: their scheme and guest's address come from the proxy alone.
    own["FORWARDED_ALLOW_IPS"] = settings.trusted_proxies
    fake = fake_without_key(settings, port=free_port(), pages_url=fake_pages_url) if fake_allowed else None
    own |= fake.variables() if fake is not None else {}
    return System(home=home, environment={**environment, **own}, fake_stripe=fake)


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.create_server((LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


def processes(system: System) -> tuple[ProcessSpec, ...]:
    """Return the processes of a run, those that serve customers first."""
    return tuple(_measured(spec, service=spec.name) if spec.name in MEASURED else spec for spec in _processes(system))


def _measured(spec: ProcessSpec, *, service: str) -> ProcessSpec:
    """Return a process with a port for its metrics, the same over its restarts."""
    port = free_port()
    environment = {**spec.environment, f"{PREFIX}METRICS_HOST": LOOPBACK, f"{PREFIX}METRICS_PORT": str(port)}
    target = Target(f"{LOOPBACK}:{port}", service=service, process=spec.name)
    return replace(spec, environment=environment, metrics=target)


def _processes(system: System) -> tuple[ProcessSpec, ...]:
    settings, python = system.settings, sys.executable
    figures = {**system.environment, **ONE_THREAD}
    workspace = str(system.dagster_home / WORKSPACE_NAME)
    code_server = str(system.code_server_socket)
    return (
        *_fake_stripe(system),
        _edge(system, name=EDGE, environment=system.environment),
        ProcessSpec(
            name="code-server",
            command=(python, "-m", "assets.code_server", "-s", code_server, "-d", str(CHECKOUT)),
            environment=figures,
            folder=CHECKOUT,
            ready=SocketOpen(system.code_server_socket),
            niceness=FIGURES_NICENESS,
        ),
        ProcessSpec(
            name="webserver",
            command=(
                *(python, "-m", "operations.dagster_page", "-h", settings.pages_host),
                *("-p", str(settings.dagster_port), "-w", workspace),
                *(("--path-prefix", dagster_path(settings)) if dagster_path(settings) else ()),
            ),
            environment=figures,
            folder=CHECKOUT,
            ready=HttpAnswers(f"{system.dagster_url}/health"),
            after=("code-server",),
            ports=(Port(settings.dagster_port, "PILOT_DAGSTER_PORT"),),
            niceness=FIGURES_NICENESS,
        ),
        ProcessSpec(
            name="daemon",
            # By path: the environment's PATH need not name the interpreter's folder.
            command=(str(Path(python).parent / "dagster-daemon"), "run", "-w", workspace, "--log-format", "json"),
            environment=figures,
            folder=CHECKOUT,
            ready=LineLogged("Instance is configured with the following daemons"),
            after=("code-server",),
            niceness=FIGURES_NICENESS,
        ),
        ProcessSpec(
            name="entrance",
            command=(python, "-m", "entrance"),
            environment=system.environment,
            folder=CHECKOUT,
            ready=HttpAnswers(f"{system.entrance_url}/health"),
            ports=(Port(settings.entrance_port, "PILOT_ENTRANCE_PORT"),),
            niceness=PAGES_NICENESS,
        ),
        ProcessSpec(
            name="dashboards",
            command=(
                *(python, "-m", "streamlit", "run", "dashboards/server.py", "--server.headless", "true"),
                *("--server.address", settings.pages_host, "--server.port", str(settings.dashboards_port)),
                # Streamlit opens no WebSocket for a page of another host than this one.
                *("--browser.serverAddress", urlsplit(settings.pages_url).hostname or LOOPBACK),
            ),
            environment=figures,
            folder=CHECKOUT,
            ready=HttpAnswers(f"{system.dashboards_url}/_stcore/health"),
            ports=(Port(settings.dashboards_port, "PILOT_DASHBOARDS_PORT"),),
            niceness=PAGES_NICENESS,
        ),
        ProcessSpec(
            name="watch",
            command=(python, "-m", "operations.watch"),
            environment=system.environment,
            folder=CHECKOUT,
            ready=FileTouched(system.run_folder / HEARTBEAT_NAME),
            after=("edge",),
        ),
    )


def edge_name(number: int) -> str:
    """Return the process name of an edge; the first one has no number."""
    return EDGE if number == 1 else f"{EDGE}{number}"


def edge_replica(system: System, number: int) -> ProcessSpec:
    """Return one more edge, on the port of the first: the kernel divides new connections among them."""
    environment = {**system.environment, f"{PREFIX}REPLICA": f"{system.settings.replica}x{number}"}
    # The first edge answers on the port already; its own heartbeat shows that this one serves.
    beat = system.run_folder / f"{environment[f'{PREFIX}REPLICA']}{SUFFIX}"
    spec = replace(_edge(system, name=edge_name(number), environment=environment), ports=(), ready=FileTouched(beat))
    return _measured(spec, service=EDGE)


def respecify(system: System, former: ProcessSpec) -> ProcessSpec:
    """Return a running process's specification with the settings of a system; its port for metrics stays."""
    anew = {spec.name: spec for spec in _processes(system)}
    spec = anew.get(former.name) or edge_replica(system, int(former.name.removeprefix(EDGE)))
    if former.metrics is None:
        return spec
    port = {name: former.environment[name] for name in (f"{PREFIX}METRICS_HOST", f"{PREFIX}METRICS_PORT")}
    return replace(spec, environment={**spec.environment, **port}, metrics=former.metrics)


def _edge(system: System, *, name: str, environment: Mapping[str, str]) -> ProcessSpec:
    settings = system.settings
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-m", "voice_edge"),
        environment=environment,
        folder=CHECKOUT,
        ready=HttpAnswers(f"{system.edge_url}/health/ready"),
        ports=(Port(settings.edge_port, "PILOT_EDGE_PORT", settings.edge_host),),
        stop_seconds=EDGE_STOP_SECONDS,
    )


def _fake_stripe(system: System) -> tuple[ProcessSpec, ...]:
    """Return the fake Stripe's process; empty if a Stripe key is set."""
    if (fake := system.fake_stripe) is None:
        return ()
    return (
        ProcessSpec(
            name="fake-stripe",
            command=(
                *(sys.executable, "-m", "proving.stripe_fake", "--port", str(fake.port)),
                *("--file", str(system.home.root / STATE_FILE), "--public-url", fake.pages_url),
                *("--webhook-url", f"{system.edge_url}/webhooks/stripe"),
            ),
            environment=system.environment,
            folder=CHECKOUT,
            ready=HttpAnswers(f"{fake.url}/fake"),
            niceness=PAGES_NICENESS,
        ),
    )
