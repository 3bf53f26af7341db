"""Takes a screenshot of every state of the page.

`python -m tests.voice_edge.page.gallery FOLDER [--size 360x640] [STATE ...]`
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.voice_edge.page.conftest import CHROMIUM, FLAGS
from tests.voice_edge.page.fake_edge import FakeEdge, cafes
from tests.voice_edge.page.states import AGENTS, BEFORE, STATES, reach


def main() -> None:
    """Take the screenshots, in both languages and colour schemes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("states", nargs="*", default=list(STATES))
    parser.add_argument("--size", default="390x844", help="width x height of the screen, 390x844")
    parser.add_argument("--languages", default="sv,en")
    parser.add_argument("--schemes", default="light,dark")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    given.folder.mkdir(parents=True, exist_ok=True)
    speech = given.folder / "speech.wav"
    subprocess.run(["espeak-ng", "-v", "sv", "-w", speech, "Kardemummabullen var god men kön var lång."], check=True)
    sound = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *sound, f"--use-file-for-fake-audio-capture={speech}"]
        )
        for name in given.states:
            for language in given.languages.split(","):
                for scheme in given.schemes.split(","):
                    edge = FakeEdge(cafe=cafes()[0], **BEFORE.get(name, {}))
                    edge.run()
                    context = browser.new_context(
                        viewport={"width": width, "height": height}, color_scheme=scheme, user_agent=AGENTS.get(name)
                    )
                    page = context.new_page()
                    page.goto(f"{edge.address}/c/ABC234?lang={language}")
                    reach(name, page, edge, language)
                    page.screenshot(path=given.folder / f"{name}-{language}-{scheme}.png")
                    context.close()
                    edge.stop()
        browser.close()


if __name__ == "__main__":
    main()
