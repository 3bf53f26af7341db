"""Every number that counts sessions opens them: as many as the number says, covered by role."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.choices.session_filter import NAMES, VALUES, read_filter
from dashboards.reading.cover import Cover
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.reading.session_list import TABLES, SessionFilter, SessionList, session_list
from pilot.access import OF_ROLE, ROLES, Role
from pilot.business_days import days_between
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.lake import polars_schema
from tests.dashboards.conftest import ROOT, TODAY, entitled
from tests.dashboards.theme_days import theme_day

DAYS = 3
NAMED, INSULT, HARASSED = "Elin bar fram kaffet åt Åsas bord.", "Ni är alla idioter.", "Han tog på mig."
LINK = re.compile(r'<a class="pf-open" href="([^"]+)"[^>]*>([^<]+)</a>')
Pages = Callable[..., AppTest]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Write the days once; a test that changes them has a home of its own."""
    folder = tmp_path_factory.mktemp("sessions") / "home"
    settings = {"PILOT_HOME": str(folder), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml")}
    return written(open_home(read_settings(settings)))


@pytest.fixture
def lake(shared: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PILOT_HOME", str(shared.root))
    return shared


def written(home: Home) -> Home:
    """Write three days; on the last, guests of Aurora name the staff, insult, and report harassment."""
    for back in range(DAYS):
        day = TODAY - timedelta(days=back)
        made = theme_day(home.cafes(), day, busy=0.3)
        made.write(home.lake())
        held = pl.int_range(pl.len()) % 3 == 0
        rewards = made.scored_feedback.select("day", "session_id", "cafe", "simulated", "score").with_columns(
            outcome=pl.when(held).then(pl.lit("held")).otherwise(pl.lit("eligible"))
        )
        rows = [dict.fromkeys(REWARDS.names) | row for row in rewards.to_dicts()]
        home.lake().replace_partition(
            REWARDS, day, pl.DataFrame(rows, schema=polars_schema(REWARDS)).with_columns(
                pl.col("reason", "rubric_version", "scorer_version", "decided_by").fill_null(""),
                pl.col("counted_score", "amount_ore").fill_null(0),
                decided_at=pl.lit(made.scored_feedback["completed_at"].max()).cast(pl.Datetime("us", "UTC")),
            ), commit={},
        )  # fmt: skip
    return home


def with_words(home: Home) -> dict[str, str]:
    """Replace the words of three sessions of today; return each session by its words."""
    scored, turns = (home.lake().read(table, days=[TODAY]) for table in (SCORED_FEEDBACK, TURNS))
    ids = scored.filter((pl.col("cafe") == "aurora") & (pl.col("signals").list.len() == 0))["session_id"][:3].to_list()
    said = dict(zip(ids, (NAMED, INSULT, HARASSED), strict=True))
    words = pl.col("session_id").replace_strict(said, default=None)
    turns = turns.with_columns(transcript=pl.coalesce(words, "transcript"), question=pl.lit("Vad gjorde Elin?"))
    scored = scored.with_columns(
        signals=pl.when(pl.col("session_id") == ids[1]).then(pl.lit(["abuse"])).otherwise("signals"),
        flags=pl.when(pl.col("session_id") == ids[2]).then(pl.lit(["urgent_harassment"])).otherwise("flags"),
    )
    home.lake().replace_partition(TURNS, TODAY, turns, commit={})
    home.lake().replace_partition(SCORED_FEEDBACK, TODAY, scored, commit={})
    return {words: session for session, words in said.items()}


def listed(home: Home, wanted: SessionFilter, *, cover: Cover, cafes: tuple[str, ...] = ("aurora",)) -> SessionList:
    first = TODAY - timedelta(days=DAYS - 1)
    days = list(days_between(first, TODAY))
    with PageSnapshot(entitled(home), *TABLES, days=days) as snapshot:
        return session_list(
            snapshot, snapshot.key, cafes=cafes, first=first, last=TODAY, simulated=False, wanted=wanted, most=10_000,
            cover=cover,
        )  # fmt: skip


def sent(at: AppTest) -> str:
    assert not at.exception, at.exception
    return " ".join(str(element.proto) for element in at.main)


def links_of(at: AppTest) -> list[tuple[str, int]]:
    """Return the addresses of a page's numbers, each with its number."""
    text = " ".join(element.proto.body for element in at.main.get("html"))
    return [(html.unescape(url), int(re.sub(r"\D", "", shown))) for url, shown in LINK.findall(text)]


def count_behind(home: Home, address: str, *, simulated: bool = False) -> int:
    given = dict(parse_qsl(urlsplit(address).query))
    first, last = date.fromisoformat(given["fran"]), date.fromisoformat(given["till"])
    cafes = home.cafes().ids if given["kafe"] == "alla" else (given["kafe"],)
    with PageSnapshot(entitled(home), *TABLES, days=list(days_between(first, last))) as snapshot:
        return session_list(
            snapshot, snapshot.key, cafes=cafes, first=first, last=last, simulated=simulated,
            wanted=read_filter(given), most=1, cover=Cover(False),
        ).total  # fmt: skip


EXPECTED = {  # the filters that each page links to at least
    "cafe_day.py": {"steg", "timme", "nojdhet"},
    "guests_say.py": {"nojdhet", "tema", "omdome"},
    "kpi.py": {"steg", "satt", "matt", "anvandbara", "bedomda"},
    "pilot_overview.py": {"steg", "matt"},
}


@pytest.mark.parametrize("script", EXPECTED)
def test_each_number_that_is_a_link_equals_the_count_of_its_list(lake: Home, visit_pages: Pages, script: str) -> None:
    at = visit_pages("admin").run()
    links = links_of(at if script == "cafe_day.py" else at.switch_page(f"views/{script}").run())
    used = {name for address, _ in links for name, _ in parse_qsl(urlsplit(address).query)}
    assert EXPECTED[script] <= used and len(links) >= 5
    assert [(address, shown, count_behind(lake, address)) for address, shown in links
            if count_behind(lake, address) != shown] == []  # fmt: skip


def test_the_list_says_the_number_that_was_clicked_and_what_it_is_filtered_by(lake: Home, visit_pages: Pages) -> None:
    at = visit_pages("admin").run()
    address, shown = next(each for each in links_of(at) if "steg=consented" in each[0])
    for name, value in parse_qsl(urlsplit(address).query):
        at.query_params[name] = value
    page = sent(at.switch_page("views/sessions.py").run())
    assert f"{shown} samtal, senaste först." in page and "Urval: gav sitt samtycke." in page
    at.button(key="all_sessions").click().run()
    assert "Urval" not in sent(at)


@pytest.mark.parametrize("name", VALUES)
def test_each_filter_counts_what_it_lists(lake: Home, name: str) -> None:
    everything = listed(lake, SessionFilter(), cover=Cover(True)).total
    theme = {"theme": "service"} if name == "polarity" else {}
    for value in VALUES[name]:
        found = listed(lake, SessionFilter(**{name: value, **theme}), cover=Cover(True))
        assert 0 <= found.total <= everything and found.total == len(found.shown), value


def test_filters_of_one_kind_are_all_sessions_together(lake: Home) -> None:
    cover = Cover(True)
    usable = listed(lake, SessionFilter(satisfaction="usable"), cover=cover).total
    kinds = ("positive", "mixed", "negative", "neutral")
    assert sum(listed(lake, SessionFilter(satisfaction=kind), cover=cover).total for kind in kinds) == usable > 0
    scored = listed(lake, SessionFilter(scored="yes"), cover=cover).total
    for name in ("band", "useful", "daypart"):
        parts = [listed(lake, SessionFilter(**{name: value}), cover=cover).total for value in VALUES[name]]
        assert sum(parts) == scored, name
    assert 0 < listed(lake, SessionFilter(reward="held"), cover=cover).total < scored


@pytest.mark.parametrize("forged", ["x' or 1=1 --", "alla", "held", "-1", "25", "²"])
def test_a_forged_filter_is_left_out(forged: str) -> None:
    for name, word in NAMES.items():
        found = getattr(read_filter({word: forged}), name)
        assert found == (forged if forged in VALUES[name] else ""), name


@pytest.mark.parametrize("role", ROLES)
def test_staff_names_and_harmful_words_are_read_by_role(home: Home, visit_pages: Pages, role: Role) -> None:
    written(home)
    sessions = with_words(home)
    may = "harmful" in OF_ROLE[role]
    at = visit_pages(role, ("aurora",) if role == "manager" else ())
    at.query_params["kafe"] = "aurora"
    at.session_state["all_said"] = True
    at.run()
    at.session_state["more_quotes"] = at.session_state["more_sessions"] = 20
    pages = [sent(at)] + [sent(at.switch_page(f"views/{name}.py").run()) for name in ("guests_say", "sessions")]
    for page in pages:
        assert ("Elin" in page) == may
        assert ("Han tog på mig" in page) == may
        assert ("Visa orden" in page) == may and ("Orden är dolda" in page) == (not may)
    for page in (pages[0], pages[2]):  # the list of quotes leaves out what raised a signal
        assert ("idioter" in page) == may
    assert ("[namn] bar fram kaffet åt [namn] bord" in pages[0]) == (not may) or "Åsa" not in str(home.cafes())
    assert sessions


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ("Elin Elin elins", "[namn] [namn] [namn]"),
        ("ELIN, Omar och Siv's", "[namn], [namn] och [namn]"),
        ("Elina och Pelin", "Elina och Pelin"),
        ("Åsa sa hej till Åsas bror", "[namn] sa hej till [namn] bror"),
        ("Båsa ÅSA", "Båsa [namn]"),
        ("Jean-Luc's kaffe", "[namn] kaffe"),
        ("", ""),
    ],
)
def test_names_are_masked_as_whole_words_in_any_case(home: Home, words: str, masked: str) -> None:
    cover = Cover(False, ("Elin", "Omar", "Siv", "Åsa", "Jean-Luc", "O'Hara (Bo)"))
    with entitled(home).snapshot() as snapshot:
        assert snapshot.sql(f"select {cover.words('?')}", [words]).item() == masked
        assert snapshot.sql(f"select {Cover(True, cover.staff).words('?')}", [words]).item() == words


def test_a_search_finds_no_name_and_no_harmful_word_that_is_covered(home: Home) -> None:
    from dashboards.reading.guests_say import TABLES as QUOTE_TABLES
    from dashboards.reading.guests_say import Filter, find

    with_words(written(home))
    staff = ("Elin",)
    with PageSnapshot(entitled(home), *QUOTE_TABLES, days=[TODAY]) as snapshot:
        totals = {
            (words, harmful): find(
                snapshot, snapshot.key, cafe="aurora", first=TODAY, last=TODAY, simulated=False,
                wanted=Filter(words=words), most=5, cover=Cover(harmful, staff),
            ).total
            for words in ("Elin bar", "tog på mig", "kaffet")
            for harmful in (True, False)
        }  # fmt: skip
    assert totals[("Elin bar", True)] == totals[("tog på mig", True)] == 1
    assert totals[("Elin bar", False)] == totals[("tog på mig", False)] == 0
    assert totals[("kaffet", False)] == totals[("kaffet", True)] >= 1
