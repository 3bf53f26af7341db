"""This host's processor, memory and disks, under the names that the node exporter gives them."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

HOST = "host"


def host_samples() -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield names, labels and values; a mount that cannot be read is left out."""
    memory = psutil.virtual_memory()
    yield "node_memory_MemAvailable_bytes", {}, float(memory.available)
    yield "node_memory_MemTotal_bytes", {}, float(memory.total)
    for core, times in enumerate(psutil.cpu_times(percpu=True)):
        for mode, seconds in times._asdict().items():
            yield "node_cpu_seconds_total", {"cpu": str(core), "mode": mode}, float(seconds)
    seen: set[str] = set()
    for mount in psutil.disk_partitions(all=False):
        if mount.device in seen:  # The same disk at a second place, as in containers.
            continue
        seen.add(mount.device)
        try:
            usage = psutil.disk_usage(mount.mountpoint)
        except OSError:
            continue
        labels = {"mountpoint": mount.mountpoint, "fstype": mount.fstype, "device": mount.device}
        yield "node_filesystem_avail_bytes", labels, float(usage.free)
        yield "node_filesystem_size_bytes", labels, float(usage.total)
