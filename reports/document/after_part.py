"""The report's part on what follows: priorities, more cafés with stated inputs, changed procedures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.statistics.queueing import MOST_BLOCKED, cafes_a_server
from reports.document.blocks import Block, Heading, Points, Row, Table, Text, Words, all_right
from reports.model import Model

SECONDS_AN_HOUR = 3600
MEGABYTE = 1e6
MONTH_DAYS = 30
PLANNED_CAFES = (3, 10, 30, 100)
MOST_CHANGES = 10  # of procedures
TROUBLE_HEADS = ("trouble", "guests", "share", "answer")


def priorities_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the troubles of guests, the most frequent first, with the support's answer to each."""
    yield Heading(words("priorities.title"))
    opened, started = (sum(row[step] for row in model["funnel"]) for step in ("opened", "started"))
    found = sorted(
        ((count, name) for name, count in model["troubles"].items() if count), key=lambda one: (-one[0], one[1])
    )
    if not started or (not found and opened == started):
        yield Text(words("priorities.none"))
        return
    key = "priorities.what" if opened > started else "priorities.what_started"
    yield Text(words(key, started=words.number(started), opened=words.number(opened)))
    rows = tuple(
        (
            words(f"priorities.trouble.{name}"),
            words.number(count),
            words.share(count / whole, decimals=1),
            words(f"priorities.answer.{name}"),
        )
        for count, name, whole in _lost_first(found, opened=opened, started=started)
    )
    head = tuple(words(f"priorities.head.{name}") for name in TROUBLE_HEADS)
    yield Table(words("priorities.title"), head, rows, ("left", "right", "right", "left"))
    worst_first = sorted(model["incidents"], key=lambda each: (each["severity"], each["detected_at"]))
    left = tuple(one["what"] for each in worst_first for one in each["actions"] if not one["done"])
    if left:
        yield Text(words("priorities.left"))
        yield Points(left)


def _lost_first(found: Sequence[tuple[int, str]], *, opened: int, started: int) -> Iterator[tuple[int, str, int]]:
    """Yield those who never started, of the opened pages, then each trouble, of the started sessions."""
    if opened > started:
        yield opened - started, "unstarted", opened
    for count, name in found:
        yield count, name, started


def expansion_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield what more cafés would take, and every input of it."""
    plan, load = model["capacity"], model["load"]
    if plan is None or not model["whole"]:
        return
    yield Heading(words("capacity.title"))
    yield Text(words("capacity.what", most=plan["most_at_once"], hour_sessions=plan["busiest_hour_sessions"]))
    per_cafe = _load_a_cafe(load)
    measured = plan["measured_at_once"]
    if measured is None:
        yield Text(words("capacity.untested"))
    elif per_cafe:
        carried = cafes_a_server(measured, load_a_cafe=per_cafe)
        yield Text(words("capacity.cafes", measured=measured, cafes=carried, blocked=words.share(MOST_BLOCKED)))
        if carried:
            yield _servers(model, words, carried=carried)
    yield Heading(words("capacity.inputs"), level=2)
    yield Points(tuple(_inputs(model, words, per_cafe=per_cafe)))
    yield Text(words("capacity.geography"), weight="note")


def _load_a_cafe(load: Row) -> float:
    """Return the load of one café in its busiest hour (erlang)."""
    return (load["busiest_cafe_hour"] or 0) * (load["mean_seconds"] or 0.0) / SECONDS_AN_HOUR


def _servers(model: Model, words: Words, *, carried: int) -> Table:
    price = model["inputs"]["server_kr"]
    rewards = _rewards_a_month(model)
    rows = []
    for cafes in PLANNED_CAFES:
        servers = -(-cafes // carried)
        server = None if price is None else price * servers / cafes
        total = None if server is None or rewards is None else server + rewards
        rows.append(
            (
                words.number(cafes),
                words.number(servers),
                words.whole_kronor(None if server is None else server * 100),
                words.whole_kronor(None if rewards is None else rewards * 100),
                words.whole_kronor(None if total is None else total * 100),
            )
        )
    head = tuple(words(f"capacity.head.{name}") for name in ("cafes", "servers", "server", "rewards", "total"))
    return Table(words("capacity.table"), head, tuple(rows), all_right(len(head)))


def _rewards_a_month(model: Model) -> float | None:
    """Return the granted rewards of a café in thirty days, kronor."""
    days = len(model["days"]) * len(model["cafes"])
    return model["rewards"]["granted_ore"] / 100 / days * MONTH_DAYS if days else None


def _inputs(model: Model, words: Words, *, per_cafe: float) -> Iterator[str]:
    load, price = model["load"], model["inputs"]["server_kr"]
    participation = next(row for row in model["kpis"] if row["kpi"] == "participation")
    if load["customers_a_day"]:
        yield words("capacity.customers", count=words.number(load["customers_a_day"]))
    if participation["another_cafe"] and model["final"]:  # as beside the verdict
        low, high = (words.share(end) for end in participation["another_cafe"])
        yield words("capacity.participation", low=low.rstrip("\u00a0%"), high=high)
    if load["mean_seconds"]:
        yield words(
            "capacity.load",
            sessions=load["busiest_cafe_hour"],
            seconds=words.number(load["mean_seconds"]),
            erlang=words.number(per_cafe, decimals=2),
        )
    rewards = _rewards_a_month(model)
    if rewards is not None:
        yield words("capacity.rewards", amount=words.whole_kronor(rewards * 100))
    if price is None:
        yield words("capacity.no_price")
    else:
        yield words("capacity.price", amount=words.whole_kronor(price * 100))
    if model["capacity"]["bytes_a_day"]:
        yield words("capacity.storage", a_day=words.number(model["capacity"]["bytes_a_day"] / MEGABYTE, decimals=1))


def procedures_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the changes of the runbook's pages in the period."""
    if not model["whole"]:
        return
    yield Heading(words("procedures.title"))
    changes = model["procedures"]
    if changes is None:
        yield Text(words("procedures.unknown"))
    elif not changes:
        yield Text(words("procedures.none"))
    else:
        yield Text(words("procedures.what"))
        shown = changes[-MOST_CHANGES:]
        yield Points(
            tuple(words("procedures.change", day=words.day(each["day"]), change=each["change"]) for each in shown)
        )
        if len(shown) < len(changes):
            yield Text(words("procedures.more", count=len(changes) - len(shown)), weight="note")
