"""Copies among many sessions: how long they take to find, and how well rings are told from honest crowds.

    python -m benchmarks.duplicates --rows 1000000 [--json]

The honest crowd is generated: guests who speak of the same few things (the queue, the coffee, a table, the noise) in
clauses drawn from a small grammar, with words of their own in between. Real guests share less wording than a grammar does, so its false alarms are too many
rather than too few; `alike` says by how much. Rings copy one guest's words and change them: by a recogniser's errors, by swapped words, by a
template with other numbers and names, with sentences moved or added. Speed is measured on the crowd with rings in it;
recall by kind of copy and the crowd's false alarms on QUALITY_ROWS sessions of each language.
"""

# ruff: noqa: E501 - a clause of the grammar is one line
from __future__ import annotations

import argparse
import json
import random
import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pilot.settings import Settings
from pilot.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from pipelines.intervals import wilson
from pipelines.shapes import schema
from pipelines.signals.duplicates import LEAST_WORDS, LOOK_BACK_DAYS, copies
from pipelines.signals.fingerprints import fingerprints, hashed_texts, unpacked
from pipelines.signals.resemblance import Sets, common
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from storage.home import open_home

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 11, 23)
KEY = b"benchmark only, no home's secret"
SEED = 20261123
QUALITY_ROWS = 5_000  # what three cafés gather in a look-back window
RING_COPIES = 200  # of each kind and language
RING_SHARE = 0.01  # of the speed run's guests are copied three times
CAFES = ("aurora", "malmohuset", "goteborg")

# A clause: alternatives in [a|b], drawn independently; each aspect has several ways to begin.
GRAMMAR: dict[str, dict[str, list[str]]] = {
    "sv": {
        "queue": [
            "[kön|kön vid disken|det var kö|köandet] [tog|kostade mig|var nog|höll på i] [N] minuter [i morse|vid lunch|när jag kom|innan jobbet]",
            "[jag|vi] [stod|väntade|fick stå|köade] [säkert|minst|ungefär|kanske] [N] minuter [framför|vid|innan] [kassan|disken|beställningen]",
            "[bara|det var bara|tyvärr bara] en [person|kassa] [öppen|som tog betalt|i kassan] [fast|trots att] [det var fullt|tio stod och väntade|klockan var åtta]",
            "[folk|två före mig|flera] [gav upp|gick|vände i dörren] [för att|eftersom] [det gick så sakta|ingen tog emot|kön stod still]",
        ],
        "coffee": [
            "[I] var [ljummen|bränd|besk|för svag|kall] [när jag fick den|redan efter en klunk|igen|idag]",
            "[I] smakade [fantastiskt|mycket bättre än sist|bara mjölk|friskt och gott]",
            "[mjölken|skummet] [hade skurit sig|var alldeles för varm|var perfekt|var för tunt] i min [kaffe|latte|kopp]",
            "[jag bad om|jag ville ha|vi beställde] [I] [men fick|och fick] [något annat|fel sort|precis rätt] av [S]",
        ],
        "seat": [
            "[bordet|vårt bord|platsen] [A] [vinglade|var kladdigt|var inte avtorkat|stod i drag]",
            "[det drar|det är kallt|det blåser] [A] [så fort dörren öppnas|hela tiden|så jag satt med jackan på]",
            "[stolarna|sofforna|pallarna] [A] är [sköna|hårda|för låga] [att sitta på|om man har ont i ryggen|för min mamma]",
        ],
        "noise": [
            "[musiken|högtalaren|kvarnen] [var|är] [så hög|för hög|på högsta] att [vi inte hörde varandra|man får skrika|jag bytte plats]",
            "[skönt|härligt|ovanligt] [tyst|lugnt] [A] [så att man kan prata|för en tisdag|när man ska läsa]",
        ],
        "staff": [
            "[S] [log|hjälpte mig|kom ut med kaffet|visste direkt vad jag ville ha] [trots stressen|och det gjorde min dag|som alltid]",
            "[S] [suckade|vände sig bort|svarade inte] när [jag frågade om allergener|min dotter beställde|vi bad om mer mjölk]",
        ],
        "ask": [
            "[ta in|sätt|ha] en [till|extra|person till] [i kassan|vid maskinen|på morgonen] [mellan åtta och nio|på fredagar|när tåget kommer]",
            "[sänk|dra ner|stäng av] [volymen|musiken] [efter lunch|på morgonen|lite grann]",
            "[torka|byt|fixa] [borden|bordet|lampan] [A] [oftare|innan ni öppnar|tack]",
            "[skriv|sätt upp] [priset|innehållet|allergenerna] på [tavlan|skylten|menyn] [så slipper man fråga|så vet man]",
        ],
        "N": ["fem", "sju", "åtta", "tio", "tolv", "femton", "tjugo", "tjugofem"],
        "I": ["havrelatten", "bryggkaffet", "cortadon", "cappuccinon", "espresson", "teet", "min latte", "kaffet"],
        "A": [
            "vid fönstret",
            "där bak",
            "i galleriet",
            "på uteserveringen",
            "vid långbordet",
            "i soffhörnan",
            "vid dörren",
        ],
        "S": [
            "Elin",
            "Omar",
            "Siv",
            "Jonas",
            "Amina",
            "Petra",
            "Hassan",
            "Lova",
            "tjejen i kassan",
            "killen vid maskinen",
        ],
        "joiner": ["och", "men", "sen", "dessutom", "annars", "fast", "", "", ""],
    },
    "en": {
        "queue": [
            "[the queue|the line|queueing|waiting] [took|cost me|went on for|was] [N] minutes [this morning|at lunch|when i came in|before work]",
            "[i|we] [stood|waited|had to wait|queued] [at least|about|maybe|well over] [N] minutes [in front of|at|before] the [till|counter]",
            "[there was only|just|they had] one [person|till] [open|taking payment|serving] [although|even though] [it was packed|ten people were waiting|it was eight]",
            "[people|two before me|several guests] [gave up|left|turned around] because [it was so slow|nobody served them|the line stood still]",
        ],
        "coffee": [
            "[I] was [lukewarm|burnt|bitter|too weak|cold] [when i got it|after one sip|again|today]",
            "[I] tasted [wonderful|much better than last time|of nothing but milk|fresh and good]",
            "the [milk|foam] [had curdled|was far too hot|was perfect|was too thin] in my [coffee|latte|cup]",
            "[i asked for|i wanted|we ordered] [I] [but got|and got] [something else|the wrong one|just the right one] from [S]",
        ],
        "seat": [
            "[the table|our table|my seat] [A] [wobbled|was sticky|had not been wiped|was in a draught]",
            "[there is a draught|it is cold|it is windy] [A] [whenever the door opens|all the time|so i kept my coat on]",
            "the [chairs|sofas|stools] [A] are [comfortable|hard|too low] [to sit on|for a bad back|for my mother]",
        ],
        "noise": [
            "the [music|speaker|grinder] [was|is] [so loud|too loud|turned up so high] that [we could not talk|you have to shout|i moved]",
            "[nice and|lovely and|unusually] [quiet|calm] [A] [so you can talk|for a tuesday|when you want to read]",
        ],
        "staff": [
            "[S] [smiled|helped me|came out with the coffee|knew at once what i wanted] [in spite of the stress|and that made my day|as always]",
            "[S] [sighed|turned away|did not answer] when [i asked about allergens|my daughter ordered|we asked for more milk]",
        ],
        "ask": [
            "[put|have|add] [one more person|somebody extra] [at the till|on the machine|in the morning] [from eight to nine|on fridays|when the train comes]",
            "turn [the music|the volume] down [after lunch|in the morning|a little]",
            "[wipe|change|fix] the [tables|table|lamp] [A] [more often|before you open|please]",
            "[write|put] the [price|ingredients|allergens] on the [board|sign|menu] so [nobody has to ask|we know]",
        ],
        "N": ["five", "seven", "eight", "ten", "twelve", "fifteen", "twenty", "twenty five"],
        "I": [
            "the oat latte",
            "the filter coffee",
            "the cortado",
            "my cappuccino",
            "the espresso",
            "the tea",
            "my latte",
        ],
        "A": [
            "by the window",
            "in the back",
            "in the gallery",
            "on the terrace",
            "at the long table",
            "in the sofa corner",
        ],
        "S": [
            "Elin",
            "Omar",
            "Siv",
            "Jonas",
            "Amina",
            "Petra",
            "Hassan",
            "Lova",
            "the girl at the till",
            "the barista",
        ],
        "joiner": ["and", "but", "then", "also", "otherwise", "though", "", "", ""],
    },
}
ASIDE_WORDS = (6, 16)
ASPECTS = ("queue", "coffee", "seat", "noise", "staff", "ask")


def clause(rng: random.Random, language: str, aspect: str) -> str:
    words = GRAMMAR[language]
    said = rng.choice(words[aspect])
    while "[" in said:
        start = said.rindex("[")
        end = said.index("]", start)
        inner = said[start + 1 : end]
        said = said[:start] + rng.choice(words[inner] if inner in words else inner.split("|")) + said[end + 1 :]
    return said


@cache
def chain(language: str) -> dict[str, list[str]]:
    """Return which words follow which in the development corpus: what anybody's sentences have in common."""
    follows: dict[str, list[str]] = {}
    for row in _corpus_rows():
        if row["language"] == language and row["kind"] == "genuine":
            words = ["", *re.findall(r"\w+", " ".join(row["turns"]).lower())]
            for one, next_one in pairwise(words):
                follows.setdefault(one, []).append(next_one)
    return follows


def aside(rng: random.Random, language: str) -> str:
    """Words of one's own: a walk along the chain, whose word pairs are as frequent as in the corpus."""
    follows, said, word = chain(language), [], ""
    for _ in range(rng.randint(*ASIDE_WORDS)):
        word = rng.choice(follows.get(word) or follows[""])
        said.append(word)
    return " ".join(said)


def guest(rng: random.Random, language: str) -> list[str]:
    """One honest guest: the queue, which everybody speaks of, one or two other things, and words of one's own."""
    aspects = ["queue", *rng.choices(ASPECTS, k=rng.randint(1, 2))]
    joiner = GRAMMAR[language]["joiner"]
    said = [f"{rng.choice(joiner)} {clause(rng, language, aspect)}".strip() for aspect in aspects]
    said += [aside(rng, language) for _ in range(rng.randint(1, 2))]
    rng.shuffle(said)
    return said


def text(clauses: list[str]) -> str:
    return ". ".join(clauses)


def _swapped(rng: random.Random, said: list[str], language: str, *, share: float) -> str:
    others = [word for _ in range(4) for part in guest(rng, language) for word in part.split()]
    return " ".join(rng.choice(others) if rng.random() < share else word for word in text(said).split())


def _misheard(rng: random.Random, said: list[str], language: str, *, share: float) -> str:
    """A recording played back to the recogniser: words lost, doubled or heard as others."""
    out: list[str] = []
    for word in text(said).split():
        draw = rng.random()
        if draw >= share:
            out.append(word)
        elif draw < share * 0.6:
            out.append(word[: max(1, len(word) - 2)] + rng.choice("aeiou"))
        elif draw < share * 0.8:
            out += [word, word[:2]]
    return " ".join(out)


def _template(rng: random.Random, said: list[str], language: str) -> str:
    words = text(said)
    for slot in ("N", "I", "A", "S"):
        for value in sorted(GRAMMAR[language][slot], key=len, reverse=True):
            words = words.replace(value, rng.choice(GRAMMAR[language][slot])) if value in words else words
    return words


KINDS: dict[str, Callable[[random.Random, list[str], str], str]] = {
    "exact": lambda rng, said, language: text(said),
    "case, punctuation, fillers": lambda rng, said, language: " eh ".join(text(said).upper().split(". ")),
    "sentences moved": lambda rng, said, language: text(rng.sample(said, len(said))),
    "one sentence added": lambda rng, said, language: text([*said, clause(rng, language, rng.choice(ASPECTS))]),
    "template, other numbers and names": _template,
    "10 % of words swapped": lambda rng, said, language: _swapped(rng, said, language, share=0.1),
    "20 % of words swapped": lambda rng, said, language: _swapped(rng, said, language, share=0.2),
    "30 % of words swapped": lambda rng, said, language: _swapped(rng, said, language, share=0.3),
    "played back, 10 % word errors": lambda rng, said, language: _misheard(rng, said, language, share=0.1),
    "played back, 20 % word errors": lambda rng, said, language: _misheard(rng, said, language, share=0.2),
}


def fingerprinted(texts: list[str], *, simulated: bool = True) -> pl.DataFrame:
    start = datetime(2026, 11, 23, 6, tzinfo=UTC)
    count = len(texts)
    base = pl.DataFrame({"n": pl.arange(0, count, eager=True)}).select(
        day=pl.lit(DAY),
        session_id=pl.col("n").cast(pl.String).str.zfill(9),
        cafe=pl.lit(pl.Series(CAFES)).gather(pl.col("n") % len(CAFES)),
        simulated=pl.lit(simulated),
        completed_at=pl.lit(start) + pl.duration(milliseconds=pl.col("n")),
    )
    rows = pl.concat([base, hashed_texts(pl.Series(texts), key=KEY)], how="horizontal")
    return rows.select([pl.col(name).cast(kind) for name, kind in schema(FINGERPRINTS).items()])


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=schema(FINGERPRINTS))


def speed(rows: int) -> dict[str, object]:
    rng = random.Random(SEED)
    texts: list[str] = []
    kinds = list(KINDS.values())
    while len(texts) < rows:
        said, language = guest(rng, "sv" if rng.random() < 0.7 else "en"), "sv"
        texts.append(text(said))
        if rng.random() < RING_SHARE:
            texts += [rng.choice(kinds)(rng, said, language) for _ in range(3)]
    texts = texts[:rows]
    rng.shuffle(texts)
    began, cpu = time.perf_counter(), time.process_time()
    told = fingerprinted(texts)
    fingerprint_s, fingerprint_cpu = time.perf_counter() - began, time.process_time() - cpu
    del texts
    began, cpu = time.perf_counter(), time.process_time()
    found = copies(DAY, today=told, earlier=_none())
    return {
        "rows": rows,
        "mean_words": round(float(told["words"].mean() or 0), 1),
        "fingerprint_seconds": round(fingerprint_s, 1),
        "fingerprint_cpu_seconds": round(fingerprint_cpu, 1),
        "find_seconds": round(time.perf_counter() - began, 1),
        "find_cpu_seconds": round(time.process_time() - cpu, 1),
        "signals": len(found),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def quality(rows: int) -> dict[str, object]:
    rng = random.Random(SEED + 1)
    texts: list[str] = []
    kind_of: list[str] = []  # "" for an honest guest
    for language in ("sv", "en"):
        crowd = [guest(rng, language) for _ in range(rows)]
        texts += [text(said) for said in crowd]
        kind_of += [""] * rows
    honest = len(texts)
    for language, offset in (("sv", 0), ("en", rows)):
        for kind, change in KINDS.items():
            for copied in rng.sample(range(rows), RING_COPIES):
                original = texts[offset + copied].split(". ")
                texts.append(change(rng, original, language))
                kind_of.append(f"{language} {kind}")
    told = fingerprinted(texts)
    signals = [f for f in copies(DAY, today=told, earlier=_none()) if f.signal in ("copied_exactly", "copied_nearly")]
    caught = {int(found.session_id) for found in signals}
    false_alarms = sum(index < honest for index in caught)
    recall: dict[str, str] = {}
    for kind in dict.fromkeys(kind_of[honest:]):
        members = [index for index in range(honest, len(texts)) if kind_of[index] == kind]
        recall[kind] = _share(sum(index in caught for index in members), len(members))
    low, high = wilson(false_alarms, honest)
    return {
        "honest": honest,
        "honest_held": false_alarms,
        "honest_held_share": f"{false_alarms / honest:.4f} ({low:.4f} to {high:.4f})",
        "precision_at_one_copy_in_ten": round(_precision(recall, false_alarms / honest), 3),
        "recall": recall,
    }


def _share(caught: int, of: int) -> str:
    low, high = wilson(caught, of)
    return f"{caught / of:.3f} ({low:.3f} to {high:.3f})"


def _precision(recall: dict[str, str], false_share: float) -> float:
    """Precision where one session in ten is a copy, its kinds equally frequent."""
    caught = 0.1 * sum(float(value.split()[0]) for value in recall.values()) / len(recall)
    return caught / (caught + 0.9 * false_share)


def corpus() -> dict[str, object]:
    """The labelled development feedback: what is copied there, and what is held that is not."""
    rows = list(_corpus_rows())
    told = fingerprinted([" ".join(row["turns"]) for row in rows])
    found = [f for f in copies(DAY, today=told, earlier=_none()) if f.signal in ("copied_exactly", "copied_nearly")]
    named = [(rows[int(each.session_id)]["id"], rows[int(each.related[0])]["id"], each.signal) for each in found]
    return {
        "sessions": len(rows),
        "labelled_copied": [row["id"] for row in rows if row["kind"] == "copied"],
        "found": [{"session": session, "of": of, "signal": signal} for session, of, signal in named],
    }


def _corpus_rows() -> Iterator[dict[str, Any]]:
    for name in ("feedback-development.jsonl", "feedback-development-balanced.jsonl"):
        for line in (ROOT / "tests/data/corpus" / name).read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def alike() -> dict[str, object]:
    """How much a session resembles the one most like it: the corpus's own sessions, and as many of the crowd."""
    rng = random.Random(SEED + 3)
    told: dict[str, object] = {}
    for language in ("sv", "en"):
        copied = {"dev-010", "dev-052", "dev-053", "dev-073", "dev-088"}  # what its copies were made from
        rows = [row for row in _corpus_rows() if row["language"] == language and row["kind"] != "copied"]
        own = [" ".join(row["turns"]) for row in rows if row["id"] not in copied]
        crowd = [text(guest(rng, language)) for _ in own]
        told[language] = {"sessions": len(own), "corpus": _nearest(own), "crowd": _nearest(crowd)}
    return told


def _nearest(texts: list[str]) -> dict[str, float]:
    frame = fingerprinted(texts).filter(pl.col("words") >= LEAST_WORDS)
    sets = Sets(*unpacked(frame["pairs"]))
    ones, others = (side.ravel() for side in np.indices((len(sets), len(sets))))
    shared = common(sets, ones, others)
    resemblance = shared / np.maximum(sets.sizes[ones] + sets.sizes[others] - shared, 1)
    nearest = np.where(ones == others, 0, resemblance).reshape(len(sets), len(sets)).max(axis=0)
    return {"median": round(float(np.median(nearest)), 3), "largest": round(float(nearest.max()), 3)}


def incremental(days: int, a_day: int) -> dict[str, object]:
    """CPU milliseconds to judge one day against the look-back window, on the first day and on the last."""
    rng = random.Random(SEED + 2)
    frames = []
    for n in range(days):
        frame = fingerprinted([text(guest(rng, "sv")) for _ in range(a_day)])
        frames.append(
            frame.with_columns(
                day=pl.lit(DAY + timedelta(days=n)), session_id=pl.format("{}-{}", pl.lit(n), "session_id")
            )
        )
    costs = []
    for n, frame in enumerate(frames):
        window = pl.concat([_none(), *frames[max(0, n - 14) : n]])
        began = time.process_time()
        copies(DAY + timedelta(days=n), today=frame, earlier=window)
        costs.append(round(1000 * (time.process_time() - began)))
    return {
        "sessions_a_day": a_day,
        "cpu_ms_first_day": costs[0],
        "cpu_ms_day_15": costs[14],
        "cpu_ms_last_day": costs[-1],
    }


def a_day(sessions: int) -> dict[str, object]:
    """CPU milliseconds that the two tables of the signals add to the rebuild of a day, lake included."""
    rng = random.Random(SEED + 4)
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Settings(home=Path(folder)), kind="demo")
        lake, cafes, key = home.lake(), home.cafes(), home.secret()
        costs = []
        for n in range(LOOK_BACK_DAYS + 1):
            day = DAY + timedelta(days=n)
            visits, turns = _visits(rng, day=day, sessions=sessions, key=n)
            scored = pl.DataFrame(schema=schema(SCORED_FEEDBACK))
            lake.replace_partition(SESSIONS, day, visits, commit={})
            before = [day - timedelta(days=back) for back in range(1, LOOK_BACK_DAYS + 1)]
            began = time.process_time()
            lake.replace_partition(FINGERPRINTS, day, fingerprints(visits, turns, key=key), commit={})
            signals = session_signals(
                day,
                sessions=visits,
                history=lake.read(SESSIONS, days=before, columns=HISTORY_COLUMNS),
                fingerprints=lake.read(FINGERPRINTS, days=[day]),
                earlier_fingerprints=lake.read(FINGERPRINTS, days=before),
                scored=scored,
                cafes=cafes,
            )
            lake.replace_partition(SESSION_SIGNALS, day, signals, commit={})
            costs.append(round(1000 * (time.process_time() - began)))
    return {"sessions": sessions, "cpu_ms_first_day": costs[0], "cpu_ms_with_a_full_window": costs[-1]}


def _visits(rng: random.Random, *, day: date, sessions: int, key: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    opened = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    visits, turns = [], []
    for n in range(sessions):
        session, at = f"{key:03}-{n:06}", opened + timedelta(seconds=120 * n)
        base = {"day": day, "session_id": session, "cafe": CAFES[n % 3], "simulated": True}
        ended = {
            "opened_at": at,
            "completed_at": at + timedelta(seconds=90),
            "last_event_at": at + timedelta(seconds=90),
        }
        visits.append(
            {**base, **ended, "outcome": "completed", "code": "BCD234", "device_hash": f"{n % 97}", "epochs": 1}
        )
        visits[-1] |= {"turns": 2, "failed_turns": 0, "missing_events": 0}
        for turn, said in enumerate(guest(rng, "sv")[:2], start=1):
            turns.append({**base, "turn": turn, "transcript": said, "low_confidence": False})
    return pl.DataFrame(visits, schema=schema(SESSIONS)), pl.DataFrame(turns, schema=schema(TURNS))


def run(*, rows: int) -> dict[str, object]:
    return {
        "speed": speed(rows),
        "incremental": incremental(31, 300),
        "a_day": a_day(300),
        "quality": quality(QUALITY_ROWS if rows >= QUALITY_ROWS else rows),
        "alike": alike(),
        "corpus": corpus(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = run(rows=arguments.rows)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for part, figures in result.items():
        print(part)
        assert isinstance(figures, dict)
        for name, value in figures.items():
            print(
                f"  {name}: {json.dumps(value, ensure_ascii=False, indent=4) if isinstance(value, dict | list) else value}"
            )


if __name__ == "__main__":
    main()
