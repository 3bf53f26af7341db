"""The entry of the pages, which `dashboards/server.py` serves, with PILOT_* in the environment."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
import structlog

from dashboards import fragments, live, visit
from dashboards.chart_colours import theme
from dashboards.formatting import Language
from dashboards.home import cached_home, exposed_address
from dashboards.page_chrome import draw_chrome
from dashboards.page_language import PRODUCT
from dashboards.reading.page_snapshot import UnreadableTable
from pilot.errors import PilotError
from pilot.words import say
from storage.errors import LakeUnavailable

HERE = Path(__file__).parent
LANGUAGES: dict[Language, str] = {"sv": "Svenska", "en": "English"}

log = structlog.get_logger()


def main() -> None:
    """Draw the frame and the page in it; refuse if the server is reachable from the network."""
    st.set_page_config(page_title=PRODUCT, page_icon="☕", layout="wide")
    st.html(HERE / "page.css")
    with st.sidebar:
        menu = st.container(key="menu")
        language: Language = st.session_state.get("lang") or "sv"
        language = menu.segmented_control(
            say("dashboards", "nav.language", language),
            list(LANGUAGES),
            default="sv",
            required=True,
            format_func=LANGUAGES.__getitem__,
            key="lang",
        )
        draw_chrome(language)
    exposed = exposed_address()
    if exposed is not None:
        log.error("pages_exposed", address=exposed, remedy="start with --server.address 127.0.0.1")
        _trouble(say("dashboards", "trouble.address_title", language), say("dashboards", "trouble.address", language))
        return
    # The folder must not be named "pages": Streamlit would resolve the address of a first visit in it.
    page = st.navigation(
        [
            st.Page(
                "views/cafe_day.py", title=say("dashboards", "nav.cafe_day", language), url_path="dag", default=True
            ),
            st.Page("views/pilot_overview.py", title=say("dashboards", "nav.overview", language), url_path="piloten"),
            st.Page("views/quality.py", title=say("dashboards", "nav.quality", language), url_path="datakvalitet"),
            st.Page("views/payments.py", title=say("dashboards", "nav.payments", language), url_path="betalningar"),
        ]
    )
    st.set_page_config(page_title=f"{page.title} – {PRODUCT}")
    try:
        home = cached_home()
        demo = home.kind == "demo"
        tests = not demo and menu.toggle(
            say("dashboards", "nav.tests", language), key="tests", help=say("dashboards", "nav.tests_help", language)
        )
        now = visit.Visit(
            home=home, cafes=home.cafes().cafe, language=language, simulated=demo or tests, now=visit.now()
        )
        visit.begin(now)
        if now.simulated:
            kind = "demo" if demo else "tests"
            now.draw(fragments.band(title=now.say(f"band.{kind}"), explanation=now.say(f"band.{kind}_why")))
        drawn, drawn_theme = live.version(now), theme()
        page.run()
        live.keep_live(now, drawn=drawn, drawn_theme=drawn_theme)
    except UnreadableTable as error:
        log.error("page_unreadable_table", table=error.table, kind=error.kind)
        what = ("table", "table_do") if error.table else ("any", "any_do")
        _trouble(
            say("dashboards", "trouble.title", language),
            " ".join(say("dashboards", f"trouble.{key}", language, table=error.table, kind=error.kind) for key in what),
        )
    except LakeUnavailable:
        log.error("page_lake_unavailable")
        _trouble(say("dashboards", "trouble.title", language), say("dashboards", "trouble.unavailable", language))
    except PilotError as error:
        log.error("page_refused", kind=type(error).__name__)
        _trouble(say("dashboards", "trouble.title", language), str(error))
    except Exception as error:  # The last boundary before a reader; Streamlit's control flow is no Exception.
        # Its text may hold a guest's words, so only its class is shown and logged.
        log.error("page_failed", kind=type(error).__name__)
        _trouble(
            say("dashboards", "trouble.title", language),
            f"{say('dashboards', 'trouble.any', language)} "
            f"{say('dashboards', 'trouble.any_do', language, kind=type(error).__name__)}",
        )


def _trouble(title: str, text: str) -> None:
    st.html(str(fragments.trouble(title, text)))


if __name__ == "__main__":  # Streamlit runs it so; a worker process that imports its main module must not.
    main()
