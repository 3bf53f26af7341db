"""A load's figures as tables in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def show(console: Console, found: dict[str, Any]) -> None:
    """Print the figures that `proving.load.figures` returned."""
    plan, conversations, turns = found["plan"], found["conversations"], found["turns"]
    lines = (
        "",
        f"{plan['guests']} guests at once, {plan['seconds']:g} s, {plan['language']}, seed {plan['seed']}, simulated",
        f"{conversations['begun']} conversations: {conversations['completed']} sent, "
        f"{conversations['failed']} failed, {conversations['stopped_at_the_end']} under way at the end",
        f"{turns['said']} things said ({turns['seconds_said']:g} s), {turns['answered']} answers timed, "
        f"{turns['cut_early']} cut off too early, {turns['asked_again']} asked again, {turns['not_heard']} not heard, "
        f"{turns['prompted_while_thinking']} prompted while thinking; answered by {turns['authors'] or 'nobody'}",
        "",
    )
    for line in lines:
        console.print(line)
    console.print(_grid("reached, ms after the last voiced sample", found["reached_ms"]))
    if found["parts_ms"]:
        console.print(_grid("where the time goes, ms (sums to the whole turn by turn)", found["parts_ms"]))
    else:
        console.print("The edge's marks were not found: its landing is not the one of this PILOT_HOME.")
    _show_cost(console, found)
    _show_verdict(console, found)


def _grid(title: str, rows: list[dict[str, Any]]) -> Table:
    grid = Table(title=title, title_justify="left")
    grid.add_column("")
    for name in ("turns", "p50", "p95", "most"):
        grid.add_column(name, justify="right")
    for row in rows:
        grid.add_row(row["stage"], str(row["turns"]), *(f"{row[name]:.0f}" for name in ("p50", "p95", "most")))
    return grid


def _show_cost(console: Console, found: dict[str, Any]) -> None:
    edge, own, error, landing = found["edge"], found["generator"], found["word_error"], found["landing"]
    if edge is not None:
        console.print(
            f"Edge: {edge['cpu_seconds']:.1f} CPU seconds, {edge['cpu_share_of_the_machine'] or 0:.0%} of the machine, "
            f"peak memory {edge['peak_memory_mib']:.0f} MiB, at most {edge['most_open_files']} open files"
        )
    else:
        console.print("Edge: not on this machine, so its CPU and memory are not known.")
    late = own["frames_late_ms"]
    if late is not None:
        console.print(
            f"Generator: {own['cpu_seconds']:.1f} CPU seconds, frames late by p50 {late['p50']} ms, "
            f"p99 {late['p99']} ms, most {late['most']} ms"
        )
    if error is not None:
        console.print(f"Word error {error['share']:.3f} over {error['words']} words in {error['turns']} turns")
    if landing is not None:
        console.print(
            f"Landing: {landing['ended_with_an_event']} of {landing['sessions']} sessions ended with an event"
        )


def _show_verdict(console: Console, found: dict[str, Any]) -> None:
    for failure, count in found["failures"].items():
        console.print(f"FAILED {count} times: {failure}", markup=False)
    response = found["response_ms"]
    if response is None:
        console.print("No answer was timed.")
        return
    verdict = "met" if found["goal_met"] else "missed"
    p50, p95, most = (response[name] / 1000 for name in ("p50", "p95", "most"))
    console.print(
        f"First words after the last voiced sample: p50 {p50:.2f} s, p95 {p95:.2f} s, most {most:.2f} s over "
        f"{response['turns']} answers (goal p95 < 2 s without a failure: {verdict})"
    )
    if not found["generator"]["to_be_trusted"]:
        console.print(f"NOT TO BE TRUSTED: {'; '.join(found['generator']['doubts'])}.")
