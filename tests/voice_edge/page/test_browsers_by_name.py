"""Browsers by user agent: in-app browsers, names, and the instructions to show."""

from __future__ import annotations

import json
import subprocess

import pytest

from voice_edge.http.static_files import STATIC_FOLDER

pytestmark = pytest.mark.node
NODE_SECONDS = 60

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
ANDROID = "Mozilla/5.0 (Linux; Android 15; SM-S921B Build/AP3A.240905.015; {0}) AppleWebKit/537.36 (KHTML, like Gecko) "
VIEW = ANDROID.format("wv") + "Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36"
PLAIN = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15"

INSIDE_AN_APP = {
    "Instagram, iOS": IPHONE + "Mobile/15E148 Instagram 380.0.0.28.86 (iPhone15,2; iOS 18_4; sv_SE; sv; scale=3.00)",
    "Instagram, Android": VIEW + " Instagram 380.0.0.50.109 Android (35/15; 480dpi; 1080x2340; samsung; SM-S921B)",
    "Facebook, iOS": IPHONE
    + "Mobile/15E148 [FBAN/FBIOS;FBAV/500.0.0.50.107;FBBV/700000000;FBDV/iPhone15,2;FBMD/iPhone]",
    "Facebook, Android": VIEW + " [FB_IAB/FB4A;FBAV/500.0.0.50.107;IABMV/1;]",
    "Messenger, iOS": IPHONE + "Mobile/15E148 [FBAN/MessengerForiOS;FBAV/500.0.0.33.120;FBBV/700000000]",
    "TikTok, iOS": IPHONE
    + "Mobile/15E148 musical_ly_38.0.0 JsSdk/2.0 NetType/WIFI ByteLocale/sv BytedanceWebview/d8a21c6",
    "TikTok, Android": PLAIN + "Chrome/140.0.0.0 Mobile Safari/537.36 trill_380003 BytedanceWebview/d8a21c6",
    "LinkedIn, iOS": IPHONE + "Mobile/15E148 [LinkedInApp]/9.30.1",
    "LinkedIn, Android": VIEW + " [LinkedInApp]",
    "Threads, iOS": IPHONE + "Mobile/15E148 Barcelona 370.0.0.20.100 (iPhone15,2; iOS 18_4; sv_SE)",
    "Snapchat, iOS": IPHONE + "Version/18.4 Mobile/15E148 Safari/604.1 Snapchat/13.30.0.40 (like Safari/8620.1.16)",
    "X, iOS": IPHONE + "Mobile/15E148 Twitter for iPhone/11.5",
    "Google's app, iOS": IPHONE + "GSA/360.1.740000000 Mobile/15E148 Safari/604.1",
    "WeChat, iOS": IPHONE + "Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/sv",
    "Teams, iOS": IPHONE + "Mobile/15E148 TeamsMobile-iOS",
    "Jodel, iOS": IPHONE + "Mobile/15E148",
    "an unnamed app, iPad": IPHONE.replace("iPhone; CPU iPhone OS", "iPad; CPU OS") + "Mobile/15E148",
    "Slack, Android": VIEW + " Slack/24.10",
}
# name: agent, browser, system, steps
BY_ITSELF = {
    "Safari": (IPHONE + "Version/18.4 Mobile/15E148 Safari/604.1", "Safari", "iOS", "safari"),
    "Chrome, iOS": (IPHONE + "CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1", "Chrome", "iOS", "ios"),
    "Firefox, iOS": (IPHONE + "FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iOS", "ios"),
    "Edge, iOS": (IPHONE + "Version/18.0 EdgiOS/140.0.3485.54 Mobile/15E148 Safari/604.1", "Edge", "iOS", "ios"),
    "Chrome, Android": (PLAIN + "Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome", "Android", "chrome"),
    "Samsung": (
        PLAIN + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
        "Samsung Internet",
        "Android",
        "samsung",
    ),
    "Firefox, Android": (
        "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
        "Firefox",
        "Android",
        "firefox",
    ),
    "Edge, Android": (PLAIN + "Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0", "Edge", "Android", "chrome"),
    "DuckDuckGo, iOS": (
        IPHONE + "Version/18.4 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
        "Safari",
        "iOS",
        "safari",
    ),
    "Safari, Mac": (MAC, "Safari", "macOS", "desktop"),
}


def described(agents: list[str], *, touches: int = 0) -> list[dict[str, object]]:
    """Return client.js's description and instructions for each agent."""
    script = f"""
        Object.defineProperty(globalThis, "navigator", {{ value: {{ maxTouchPoints: {touches} }} }});
        const {{ describeClient, stepsFor }} = await import({json.dumps((STATIC_FOLDER / "client.js").as_uri())});
        const all = {json.dumps(agents)}.map((agent) => describeClient(agent));
        console.log(JSON.stringify(all.map((client) => ({{ ...client, steps: stepsFor(client) }}))));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=script, capture_output=True, text=True, timeout=NODE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: list[dict[str, object]] = json.loads(done.stdout)
    return answer


def test_an_in_app_browser_is_recognised_and_gets_instructions_to_leave_it() -> None:
    found = described(list(INSIDE_AN_APP.values()))
    assert [name for name, each in zip(INSIDE_AN_APP, found, strict=True) if not each["in_app"]] == []
    assert {each["steps"] for each in found} == {"in_app"}


def test_a_browser_is_named_and_gets_its_own_instructions() -> None:
    found = described([agent for agent, *_ in BY_ITSELF.values()])
    for (name, (_, browser, system, steps)), each in zip(BY_ITSELF.items(), found, strict=True):
        assert not each["in_app"], name
        assert (each["browser"], each["os"], each["steps"]) == (browser, system, steps), name


def test_an_ipad_that_claims_to_be_a_mac_is_recognised_by_its_touch_screen() -> None:
    assert described([MAC], touches=5)[0]["os"] == "iOS"


def test_each_app_is_named_with_the_browser_to_open_instead() -> None:
    script = f"""
        Object.defineProperty(globalThis, "navigator", {{ value: {{ maxTouchPoints: 5 }} }});
        const client = await import({json.dumps((STATIC_FOLDER / "client.js").as_uri())});
        const all = {json.dumps(list(INSIDE_AN_APP.values()))};
        const named = (agent) => [client.appName("?", agent), client.properBrowser(client.describeClient(agent))];
        console.log(JSON.stringify(all.map(named)));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-"], input=script, capture_output=True, text=True, timeout=NODE_SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    unnamed = ("Jodel", "an unnamed app", "Slack")
    for name, (app, browser) in zip(INSIDE_AN_APP, json.loads(done.stdout), strict=True):
        asked = name.split(",")[0]
        assert app == ("?" if asked in unnamed else asked.removesuffix("'s app")), name
        assert browser == ("Chrome" if name.endswith("Android") else "Safari"), name
