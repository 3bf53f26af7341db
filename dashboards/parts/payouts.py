"""The state of the pilot's payouts in words: the gate, what failed and why, and what to do."""

from __future__ import annotations

from itertools import groupby

from dashboards import fragments
from dashboards.fragments import render, with_code
from dashboards.reading.payouts import PilotPayouts, Rulings
from dashboards.visit import Visit
from payouts.meanings import for_staff
from pilot.business_days import business_day
from pilot.formatting import clock_time, join_names, number, short_day
from pilot.money import kronor
from storage.store.payouts.instruction_rows import Instruction

MOST_SHOWN = 20


def lead(visit: Visit, waiting: Rulings, pilot: PilotPayouts | None) -> str:
    """Return the sentences that sum up what waits for a person."""
    counts = {"held": len(waiting.held), "overdue": waiting.overdue(visit.now)}
    if pilot is not None:
        counts |= {"batches": len(pilot.waiting), "failed": len(pilot.failed) + len(pilot.unredeemed)}
    sentences = [
        visit.say(f"payments.lead.{name}_one" if count == 1 else f"payments.lead.{name}", count=count)
        for name, count in counts.items()
        if count
    ]
    return " ".join(sentences) or visit.say("payments.lead.none")


def gate(visit: Visit, pilot: PilotPayouts) -> None:
    """Draw whether payouts go out now; if not, why, and what to do."""
    say = visit.say
    if pilot.stopped.is_on:
        at = pilot.stopped.changed_at
        when = "" if at is None else f"{short_day(business_day(at), language=visit.language)} {clock_time(at)}"
        state, lines = (
            "stopped",
            [say("payments.gate.stopped_why", actor=pilot.stopped.actor, when=when, reason=pilot.stopped.reason)],
        )
    elif pilot.blocks:
        state, lines = "closed", _blocks(visit, pilot)
    else:
        state, lines = "open", [say("payments.gate.open_what" if pilot.rail else "payments.gate.vouchers_only")]
    name = visit.name_of("payments.rail", pilot.rail) if pilot.rail else ""
    details = [say("payments.gate.rail", rail=name)] if name else []
    if pilot.frozen:
        lines.append(say("payments.gate.frozen", count=pilot.frozen))
    visit.draw(fragments.section_head(say("payments.gate.title"), summary=say("payments.gate.what")))
    visit.draw(
        render(
            "case",
            title=say(f"payments.gate.{state}"),
            state="done" if state == "open" else "doing",
            status="",
            lines=[with_code(line) for line in lines],
            details=details,
        )
    )


def failures(visit: Visit, pilot: PilotPayouts) -> None:
    """Draw what failed, each with its cause in words and what to do."""
    say, count = visit.say, len(pilot.failed) + len(pilot.unredeemed)
    summary = say("payments.failed.what" if count else "payments.failed.none")
    visit.draw(fragments.section_head(say("payments.failed.title"), summary=summary))
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    for each in pilot.failed[:MOST_SHOWN]:
        visit.draw(
            render(
                "case",
                title=kronor(each.amount_ore),
                state="doing",
                status=state_name(visit, each),
                lines=[with_code(for_staff(each.state, each.code, language=visit.language))],
                details=[each.id],
            )
        )
    for voucher in pilot.unredeemed[:MOST_SHOWN]:
        at = f"{short_day(business_day(voucher.at), language=visit.language)} {clock_time(voucher.at)}"
        visit.draw(
            render(
                "case",
                title=names.get(voucher.cafe, voucher.cafe),
                state="doing",
                status=visit.name_of("payments.change", "voucher.could_not_be_redeemed"),
                lines=[say("payments.failed.voucher")],
                details=[at, voucher.reward_id],
            )
        )
    if count > MOST_SHOWN:
        visit.draw(fragments.paragraph(say("payments.failed.more", shown=MOST_SHOWN, count=count)))


def state_name(visit: Visit, payout: Instruction) -> str:
    """Return a payout's state in a few words."""
    return visit.name_of("payments.change", f"payout.{payout.state}")


def _blocks(visit: Visit, pilot: PilotPayouts) -> list[str]:
    """Return what the gate holds back: unvalidated days, and each failed table with its days."""
    say, lines = visit.say, []
    by_table = sorted(pilot.blocks, key=lambda each: (each.table, each.day))
    for table, blocks in groupby(by_table, key=lambda each: each.table):
        days = sorted({each.day for each in blocks})
        named = join_names([short_day(day, language=visit.language) for day in days], language=visit.language)
        if table:
            lines.append(say("payments.gate.failed", days=named, table=visit.name_of("table", table)))
        else:
            lines.append(say("payments.gate.unvalidated", days=named, count=number(len(days), language=visit.language)))
    return lines
