"""The entry of the pages, which `dashboards/server.py` serves, with PILOT_* in the environment."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
import structlog

from dashboards import fragments, live, signed_in, visit
from dashboards.charts.chart_colours import theme
from dashboards.home import cached_home, exposed_address
from dashboards.page_chrome import draw_chrome
from dashboards.page_language import PRODUCT
from dashboards.page_registry import PageEntry, pages_for
from dashboards.page_times import PageTime, page_time
from dashboards.parts.notices import Notices, draw_notices
from dashboards.reading.page_snapshot import UnreadableTable
from dashboards.signed_in import AccessChanged
from pilot.errors import PilotError
from pilot.formatting import Language
from pilot.words import say
from storage.errors import LakeUnavailable, StoreReadOnly

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

    from pilot.access import Principal
    from storage.home import Home

HERE = Path(__file__).parent
LANGUAGES: dict[Language, str] = {"sv": "Svenska", "en": "English"}

log = structlog.get_logger()


def main() -> None:
    """Draw the frame and the page in it, and time it."""
    with page_time() as render:
        _draw(render)


def _draw(render: PageTime) -> None:
    """Draw the frame and the page in it; refuse if the server is reachable from the network."""
    st.set_page_config(page_title=PRODUCT, page_icon="☕", layout="wide")
    st.html(HERE / "page.css")
    _follow_link()
    language: Language = st.session_state.get("lang") or "sv"
    exposed = exposed_address()
    if exposed is not None:
        log.error("pages_exposed", address=exposed, remedy="start with --server.address 127.0.0.1")
        _trouble(say("dashboards", "trouble.address_title", language), say("dashboards", "trouble.address", language))
        return
    try:
        home = cached_home()
        principal = signed_in.principal(home)
        if principal is None:
            raise AccessChanged
        _page(home, principal, render)
    except AccessChanged:
        link = fragments.link(
            say("dashboards", "trouble.signed_out_do", language), url=f"{signed_in.entrance_address(home)}/sign-in"
        )
        st.html(str(fragments.trouble(say("dashboards", "trouble.signed_out", language), link)))
    except UnreadableTable as error:
        log.error("page_unreadable_table", table=error.table, kind=error.kind)
        what = ("table", "table_do") if error.table else ("any", "any_do")
        _trouble(
            say("dashboards", "trouble.title", language),
            " ".join(say("dashboards", f"trouble.{key}", language, table=error.table, kind=error.kind) for key in what),
        )
    except StoreReadOnly:
        _trouble(say("dashboards", "trouble.read_only", language), say("dashboards", "trouble.read_only_do", language))
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


def _follow_link() -> None:
    """Apply the language and the kind of sessions of a link, once: a link begins a session of its own."""
    given = st.query_params.to_dict()
    if given.get("lang") in LANGUAGES:
        st.session_state.setdefault("lang", given["lang"])
    if given.get("tests") == "1":
        st.session_state.setdefault("tests", True)
    for name in ("lang", "tests"):
        st.query_params.pop(name, None)


def _page(home: Home, principal: Principal, render: PageTime) -> None:
    """Draw the menu, and the page that the reader chose among those of the role."""
    with st.sidebar:
        links, menu = st.container(key="links"), st.container(key="menu")
        language: Language = menu.segmented_control(
            say("dashboards", "nav.language", st.session_state.get("lang") or "sv"),
            list(LANGUAGES),
            default="sv",
            required=True,
            format_func=LANGUAGES.__getitem__,
            key="lang",
        )
        draw_chrome(language, version=f"{principal.account}.{principal.version}")
    # The folder must not be named "pages": Streamlit would resolve the address of a first visit in it.
    entries = pages_for(principal)
    pages = {
        entry: st.Page(
            f"views/{entry.script}",
            title=say("dashboards", entry.title, language),
            url_path=entry.url_path or None,
            default=entry is entries[0],
        )
        for entry in entries
    }
    page = st.navigation(list(pages.values()), position="hidden")
    render.page = next(entry for entry, known in pages.items() if known is page).script.removesuffix(".py")
    with links:
        _draw_menu(pages, language=language)
    st.set_page_config(page_title=f"{page.title} – {PRODUCT}")
    demo = home.kind == "demo"
    tests = (
        not demo
        and principal.may("pilot")
        and menu.toggle(
            say("dashboards", "nav.tests", language), key="tests", help=say("dashboards", "nav.tests_help", language)
        )
    )
    account = fragments.link(
        say("dashboards", "nav.account", language), url=f"{signed_in.entrance_address(home)}/account"
    )
    menu.html(str(fragments.in_language(fragments.account(principal.email, link=account), language=language)))
    notices = Notices.read(home)
    now = visit.Visit(
        home=home,
        principal=principal,
        cafes=tuple(cafe for cafe in home.cafes().cafe if principal.sees(cafe.id)),
        language=language,
        simulated=demo or tests,
        now=visit.now(),
        read_only=notices.read_only,
    )
    visit.begin(now)
    if not now.cafes:
        _trouble(now.say("trouble.no_cafes"), now.say("trouble.no_cafes_do"))
        return
    if now.simulated:
        kind = "demo" if demo else "tests"
        now.draw(fragments.band(title=now.say(f"band.{kind}"), explanation=now.say(f"band.{kind}_why")))
    draw_notices(now, notices)
    drawn, drawn_theme = live.version(now), theme()
    page.run()
    live.keep_live(now, drawn=drawn, drawn_theme=drawn_theme)


def _draw_menu(pages: dict[PageEntry, StreamlitPage], *, language: Language) -> None:
    """Draw the links to the pages by section; Streamlit's own sections break the list for a screen reader."""
    for section, entries in groupby(pages, key=lambda entry: entry.section):
        st.html(str(fragments.menu_section(say("dashboards", f"nav.section.{section}", language))))
        for entry in entries:
            st.page_link(pages[entry])


def _trouble(title: str, text: str) -> None:
    st.html(str(fragments.trouble(title, text)))


if __name__ == "__main__":  # Streamlit runs it so; a worker process that imports its main module must not.
    main()
