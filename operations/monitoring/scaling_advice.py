"""Advice for an alert that more capacity helps: which command, and whether this host can carry it."""

from __future__ import annotations

from operations.switches.scaling import MIB, RESERVE_SHARE, Room

EDGE_COMMAND = "pilot scale edge="


def scaling_advice(name: str, room: Room) -> str:
    """Return one sentence or two; nothing scales by itself on one host.

    Args:
        name: The alert.
        room: What is there and what is needed.
    """
    wanted = room.running + 1
    left, reserve = room.left_after(wanted), round(RESERVE_SHARE * room.total_bytes)
    memory = f"one more edge takes {room.edge_bytes // MIB} MiB of {room.available_bytes // MIB} MiB available"
    if name == "memory_high":
        return (
            "Advice: pilot restart dashboards, which takes the most memory over time; if that is not enough, pilot "
            f"scale edge={max(1, room.running - 1)} or a host with more than {room.total_bytes // MIB} MiB."
        )
    if left < reserve or room.most < wanted:
        return (
            f"Advice: this host cannot carry {wanted} edges: {memory}. Add a host "
            "(docs/operations/monitoring.md), or pilot fallback on until it is over."
        )
    if wanted > room.cores:
        return (
            f"Advice: {EDGE_COMMAND}{wanted} fits the memory ({memory}) but not the {room.cores} cores: more "
            "connections, not more speech. Add a host, or pilot performance on."
        )
    return f"Advice: {EDGE_COMMAND}{wanted}; this host can carry it: {memory}, {room.cores} cores."
