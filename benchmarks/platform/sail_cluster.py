"""Sail's cluster with workers in processes of their own, without Kubernetes.

Sail starts workers only through Kubernetes' API. A stand-in for that API, which knows nothing but pods, starts each pod
that Sail's driver creates as a process `sail worker` with the pod's environment. Driver and workers are the real ones
and speak over the network; only the creation of pods is not Kubernetes'.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_ports
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
SAIL = str(Path(sys.executable).with_name("sail"))
LOOPBACK = "127.0.0.1"
START_SECONDS = 60
BUSY_CPU_SECONDS = 0.5  # of a worker that computes a step
PODS = re.compile(r"/api/v1/namespaces/[a-z0-9-]+/pods(?:/([a-z0-9-]+))?(?:\?.*)?")


class Cluster:
    """A driver, and the workers that it asked for."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.driver: subprocess.Popen[bytes] | None = None
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.killed = 0
        self._ended_cpu = 0.0
        self._lock = threading.Lock()

    @property
    def started(self) -> int:
        return len(self.workers)

    def start_pod(self, pod: dict[str, Any]) -> None:
        """Start a pod's container as a process."""
        (container,) = pod["spec"]["containers"]
        environment = {each["name"]: _value(each) for each in container.get("env", [])}
        command = [*container.get("command", []), *container.get("args", [])]
        if command[-1:] != ["worker"]:
            raise ValueError(f"expected the command of a worker, found {command}")
        with self._lock:
            self.workers[pod["metadata"]["name"]] = subprocess.Popen(
                [SAIL, "worker"],
                env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def stop_pod(self, name: str) -> None:
        if name in self.workers:
            self.workers[name].terminate()

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the driver and of its workers that live."""
        processes = [self.driver, *self.workers.values()]
        return self._ended_cpu + sum(_cpu(each) for each in processes if each is not None)

    def kill_one_when_busy(self) -> None:
        """Kill the first worker that computes, in a thread of its own."""

        def watch() -> None:
            deadline = time.monotonic() + 10 * START_SECONDS
            idle: dict[str, float] = {}
            while time.monotonic() < deadline:
                for name, each in list(self.workers.items()):
                    used = _cpu(each)
                    if used - idle.setdefault(name, used) > BUSY_CPU_SECONDS:
                        self._ended_cpu += used
                        each.send_signal(signal.SIGKILL)
                        self.killed += 1
                        return
                time.sleep(0.05)

        threading.Thread(target=watch, daemon=True).start()

    def stop(self) -> None:
        for each in [self.driver, *self.workers.values()]:
            if each is not None:
                each.kill()
                each.wait(timeout=START_SECONDS)


def _cpu(process: subprocess.Popen[bytes]) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _value(variable: dict[str, Any]) -> str:
    if "value" in variable:
        return str(variable["value"])
    field = variable["valueFrom"]["fieldRef"]["fieldPath"]
    if field != "status.podIP":
        raise ValueError(f"expected the pod's address, found {field}")
    return LOOPBACK


def _api(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            pod = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not PODS.fullmatch(self.path) or pod.get("kind", "Pod") != "Pod":
                self._answer(404, {"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound"})
                return
            cluster.start_pod(pod)
            self._answer(201, pod)

        def do_DELETE(self) -> None:
            found = PODS.fullmatch(self.path)
            for name in [found[1]] if found and found[1] else list(cluster.workers):
                cluster.stop_pod(name)
            self._answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {}})

        def do_GET(self) -> None:
            self._answer(404, {"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound"})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            sent = json.dumps({"apiVersion": "v1", **body}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Api


@contextlib.contextmanager
def running_cluster(*, workers: int) -> Iterator[Cluster]:
    """Start Sail, yield it, and stop it with its workers; 0 workers are one process."""
    (port,) = free_ports(1)
    cluster = Cluster(f"sc://{LOOPBACK}:{port}")
    with tempfile.TemporaryDirectory() as folder, ThreadingHTTPServer((LOOPBACK, 0), _api(cluster)) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        kubeconfig = Path(folder) / "kubeconfig"
        kubeconfig.write_text(_kubeconfig(f"http://{LOOPBACK}:{api.server_address[1]}"), encoding="utf-8")
        cluster.driver = subprocess.Popen(
            [SAIL, "spark", "server", "--ip", LOOPBACK, "--port", str(port)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **_settings(workers, kubeconfig)},
            stdout=subprocess.DEVNULL,
            stderr=None if "SAIL_SHOWN" in os.environ else subprocess.DEVNULL,
        )
        try:
            until(lambda: _listens(port), seconds=START_SECONDS, what="Sail", every=0.05)
            yield cluster
        finally:
            cluster.stop()
            api.shutdown()


def _settings(workers: int, kubeconfig: Path) -> dict[str, str]:
    if not workers:
        return {}
    return {
        "SAIL_MODE": "kubernetes-cluster",
        "KUBECONFIG": str(kubeconfig),
        "SAIL_CLUSTER__WORKER_INITIAL_COUNT": str(workers),
        "SAIL_CLUSTER__WORKER_MAX_COUNT": str(workers),
        "SAIL_CLUSTER__WORKER_TASK_SLOTS": "8",
        "SAIL_CLUSTER__WORKER_HEARTBEAT_INTERVAL_SECS": "1",
        "SAIL_CLUSTER__WORKER_HEARTBEAT_TIMEOUT_SECS": "20",
    }


def _kubeconfig(server: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "stand-in",
            "clusters": [{"name": "stand-in", "cluster": {"server": server}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "stand-in", "context": {"cluster": "stand-in", "user": "nobody"}}],
        }
    )


def _listens(port: int) -> bool:
    import socket

    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False
