"""A guest's questions to the café, answered from its file or passed on to the staff."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Literal

from pilot.cafes import Cafe, Language, Window
from pilot.opening_hours import holidays_of, hours_on
from pilot.words import say
from voice_edge.interviewer.phrases import SECTION
from voice_edge.interviewer.wording import Wording

Subject = Literal[
    "repeat", "hears", "privacy", "hours", "wifi", "toilet", "bill", "contents", "refund", "manager", "reward", "other"
]
WEEK_DAYS = 7
SATURDAY = 5
NOON_HOUR = 12

# The first that matches counts.
_NET = r"(?:wi-?fi\w*|vajfaj\w*|nät\w*|internet)"
_CODE = r"(?:lösen\w*|koden?|code|password|pw|pass)\b"
_WIFI = rf"{_CODE}.*{_NET}|{_NET}.*{_CODE}"
_TOILET: dict[Language, str] = {
    "sv": r"\bvar (?:är|e|ligger|finns|har ni|hittar (?:jag|man))\b.{0,30}\b(?:toa|toan|toalett\w*|wc|skötbord\w*)\b",
    "en": r"\bwhere(?:'s|s| is| are)\b.{0,30}\b(?:toilets?|loos?|bathrooms?|restrooms?|ladies|gents)\b",
}
# What guests ask about the interview itself.
_PRIVACY: dict[Language, str] = {
    "sv": r"\b(?:vem|vilka) (?:är det som )?(?:lyssnar|läser|hör|får läsa|får höra|ser)\b|\blyssnar (?:ni|du|"
    r"någon|nån) "
    r"(?:på|hela|alltid)|\b(?:spelar? (?:ni|du) in|spelas (?:det|jag|allt|vi)?\b.{0,12}\bin)\b|\bhur länge sparas\b|"
    r"\bsparas (?:det här|det jag|mitt|mina|ljudet|allt)\b|\bvad (?:händer med|gör ni med) (?:det|mitt|mina|svar)|"
    r"\bvarför (?:frågar|undrar) (?:du|ni)\b|\bvarför (?:vill|behöver) (?:du|ni) veta\b",
    "en": r"\bwho (?:listens|is listening|reads|hears|sees|gets to)\b|\bare you (?:recording|listening to|filming)\b|"
    r"\bis this (?:thing )?(?:being )?record(?:ed|ing)\b|\bhow long (?:do|will|is) (?:you|it|this|"
    r"my)\b.{0,20}\b(?:keep|kept|"
    r"stored?|saved?)|"
    r"\bwhat happens (?:to|with) (?:my|what|this|the|it)\b|\bwhat do you do with\b|"
    r"\bwhy (?:do|are) you (?:need|want|ask|asking)\b",
}
_REPEAT: dict[Language, str] = {
    "sv": r"^\W*(?:va|vad|hur)? ?sa(?:de)? du\b|^\W*va säger du\b|\bhör(?:de)? (?:inte|inget|dig inte)\b|"
    r"\bkan du upprepa\b|"
    r"\bta det (?:igen|en gång till)\b",
    "en": r"^\W*(?:sorry|pardon)\W*$|\bwhat did you say\b|\b(?:can't|cannot|couldn't|didn't) (?:quite )?(?:hear|"
    r"catch)\b|"
    r"\bsay (?:that|it) again\b|\brepeat (?:that|the question)\b",
}
_HEARS: dict[Language, str] = {
    "sv": r"\bhör du (?:mig|va|vad)\b|^\W*(?:hallå\W*)+$|\btest(?:ar)? (?:ett|1)\b|\bett två (?:ett två|tre)\b",
    "en": r"\b(?:can|do) you hear me\b|^\W*(?:hello\W*){2,}$|\btesting\b|\bis this (?:thing )?on\b",
}
LONGEST_REPEAT_WORDS = 12
_SUBJECTS: dict[Language, dict[Subject, str]] = {
    "sv": {
        "privacy": _PRIVACY["sv"],
        "refund": r"(?<!fick )(?<!fått )pengarna tillbaka|(?:debiterad|dragit|drogs|"
        r"betalat) (?:\w+ )?(?:två gånger|dubbelt)|pengar tillbaka|återbetal\w*|få tillbaka (?:pengarna|"
        r"mina pengar)",
        "manager": r"(?:prata|tala|snacka) med (?:chefen|ägaren|en chef|någon ansvarig|en ansvarig)",
        "reward": r"\bpoäng\b|\bbelöning\w*|\bkupong\w*",
        "contents": r"\bnöt\w*|gluten|laktos|vegan|sesam|allerg|innehåller|\btåler?\b|gelatin|alkohol|ägg i|gris i",
        "toilet": _TOILET["sv"],
        "bill": r"\bnotan\b|\bfå betala\b|\bvill betala\b",
        "hours": r"\böppet\b|\böppettid\w*|\böppnar\b|\bstänger\b|\bstängt\b|slår (?:ni|du|de) upp|slår upp",
        "wifi": _WIFI,
    },
    "en": {
        "privacy": _PRIVACY["en"],
        "refund": r"(?<!my )(?<!got )money back|charged (?:me )?(?:twice|double)|double charge\w*|\brefund\w*",
        "manager": r"(?:speak|talk) (?:to|with) (?:the|a|your) (?:manager|owner|boss)",
        "reward": r"\bpoints\b|\breward\w*|\bvoucher\w*|\bcoupon\w*",
        "contents": r"\bnuts?\b|gluten|lactose|vegan|sesame|allerg|co?eliac|\begg\b|\bveg\b|alcohol|contain|almond",
        "toilet": _TOILET["en"],
        "bill": r"\bthe bill\b|\bget the check\b|\bpay now\b",
        "hours": r"\bopen(?:s|ing)?\b|\bclos(?:e|es|ing)\b|opening hours",
        "wifi": _WIFI,
    },
}
_DAYS: dict[Language, tuple[str, ...]] = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
_RELATIVE: dict[Language, dict[str, str]] = {
    "sv": {"tomorrow": r"i ?morgon\b|imorrn", "weekend": r"\bhelgen?\b|helger", "weekdays": r"vardag\w*"},
    "en": {"tomorrow": r"\btomorrow\b", "weekend": r"\bweekends?\b", "weekdays": r"\bweekdays?\b"},
}
# Words that ask the café, or the interviewer, whatever else is said.
_PLAINLY: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        rf"{_PRIVACY['sv']}|{_TOILET['sv']}|"
        r"\b(?:när|hur dags|vilken tid|hur länge) (?:är det |har ni )?(?:stänger|öppnar|öppet)\b|"
        r"\b(?:har ni|är det|är ni|e ni|har du) öppet\b|\b(?:kan|får) (?:jag|vi|man) (?:få )?(?:notan|betala)\b|"
        rf"\b(?:vad är|va e|vad e|har ni|vilket)\b.{{0,20}}(?:{_WIFI})|"
        r"\bär det (?:nötter|mjölk|laktos|gluten|soja|sesam|ägg|\w+mjölk)\b.{0,40}\b(?:i|på)\b|"
        r"\binnehåller (?:den|det|er|ni)\b|\bvet (?:du|ni) (?:om|när|var|hur|vad|vem|vilken)\b|"
        r"\bundrar (?:om|när|var|hur|vad|vem)\b|\bstämmer det\b|"
        r"\b(?:kan|får|går det att) (?:man |vi |jag )?boka\b"
    ),
    "en": re.compile(
        rf"{_PRIVACY['en']}|{_TOILET['en']}|"
        r"\b(?:when|what time) (?:do|are|does|is) (?:you|u|it|the café|the cafe|this place) (?:open|clos\w+|shut)\b|"
        r"\b(?:can|could|may) (?:i|we) (?:have|get|pay)\b.{0,12}(?:\b(?:the|our|my) (?:bill|check)\b|\bpay\b)|"
        rf"\bwhat(?:'s|s| is)\b.{{0,20}}(?:{_WIFI})|"
        r"\bdo you know (?:if|what|when|where|who|how)\b|\bis that true\b|\bwants? to know\b|"
        r"\bwondering (?:if|what|when|where|how)\b|"
        r"\b(?:is|are) there (?:any )?(?:nuts?|milk|dairy|gluten|soya?|sesame|eggs?)\b.{0,40}\bin\b"
    ),
}
# Beginnings of a holiday's name that stand for the whole.
_BEGINNINGS: dict[Language, tuple[str, ...]] = {
    "sv": ("midsommar", "tretton", "annandag"),
    "en": ("midsummer", "epiphany", "boxing"),
}


def subject_of(text: str, language: Language) -> Subject:
    """Return the subject of a question to the café."""
    said = text.casefold().replace("’", "'")
    if len(said.split()) <= LONGEST_REPEAT_WORDS:
        patterns: tuple[tuple[Subject, dict[Language, str]], ...] = (("repeat", _REPEAT), ("hears", _HEARS))
        for subject, found in patterns:
            if re.search(found[language], said):
                return subject
    return next((subject for subject, found in _SUBJECTS[language].items() if re.search(found, said)), "other")


def asks_plainly(text: str, language: Language) -> bool:
    """Return whether the words ask something by themselves, whatever the reading."""
    return bool(_PLAINLY[language].search(text.casefold().replace("’", "'")))


def answer_to(subject: Subject, text: str, *, cafe: Cafe, language: Language, today: date, wording: Wording) -> str:
    """Return the answer as far as the café's file holds it, otherwise who knows it."""
    if subject == "hours":
        return hours_answer(text, cafe=cafe, language=language, today=today)
    if subject == "wifi" and cafe.wifi is not None:
        return say(SECTION, "cafe.wifi", language, network=cafe.wifi.network, password=cafe.wifi.password)
    if subject in ("refund", "manager", "reward", "privacy", "bill", "toilet"):
        return say(SECTION, f"cafe.{subject}", language)
    return wording.draw("cafe.contents" if subject == "contents" else "cafe.staff")


def hours_answer(text: str, *, cafe: Cafe, language: Language, today: date) -> str:
    """Return the opening hours of the day that `text` asks about; of today if it names none."""
    said, relative = text.casefold(), _RELATIVE[language]
    if re.search(relative["weekdays"], said):
        return _weekdays(cafe, language)
    if re.search(relative["weekend"], said):
        return _weekend(cafe, language)
    day, label = _asked_day(said, language=language, today=today)
    return _hours(hours_on(cafe, day).window, label, language)


def _weekdays(cafe: Cafe, language: Language) -> str:
    """Return the hours of weekdays, then each weekday that differs."""
    hours = cafe.opening_hours
    usual = None if hours.weekdays == "closed" else hours.weekdays
    days = [
        _hours(window, _on_day(number, language), language)
        for number, window in enumerate(hours.week[:SATURDAY])
        if window != usual
    ]
    if usual is None:
        all_week = _hours(None, say(SECTION, "cafe.on_weekdays", language), language)
    else:
        all_week = say(SECTION, "cafe.weekdays", language, **_times(usual, language))
    return " ".join([all_week, *days])


def _weekend(cafe: Cafe, language: Language) -> str:
    saturday, sunday = cafe.opening_hours.week[SATURDAY:]
    if saturday is None or sunday is None:
        days = enumerate((saturday, sunday), start=SATURDAY)
        return " ".join(_hours(window, _on_day(number, language), language) for number, window in days)
    first = _times(saturday, language)
    return say(
        SECTION,
        "cafe.weekend",
        language,
        sat_open=first["opens"],
        sat_close=first["closes"],
        **_prefixed(_times(sunday, language)),
    )


def _on_day(number: int, language: Language) -> str:
    name = _DAYS[language][number]
    return say(SECTION, "cafe.on_day", language, day=name if language == "sv" else name.capitalize())


def _hours(window: Window | None, label: str, language: Language) -> str:
    if window is None:
        return say(SECTION, "cafe.closed_day", language, day=label)
    return say(SECTION, "cafe.hours", language, day=label, **_times(window, language))


def _asked_day(said: str, *, language: Language, today: date) -> tuple[date, str]:
    if re.search(_RELATIVE[language]["tomorrow"], said):
        return today + timedelta(days=1), say(SECTION, "cafe.tomorrow", language)
    for number, name in enumerate(_DAYS[language]):
        if name in said:
            day = today + timedelta(days=(number - today.weekday()) % WEEK_DAYS)
            return day, _on_day(number, language)
    for day, name in _holidays(today, language):
        begins = (part for part in _BEGINNINGS[language] if name.casefold().startswith(part))
        if name.casefold() in said or any(part in said for part in begins):
            return day, name
    return today, say(SECTION, "cafe.today", language)


def _holidays(today: date, language: Language) -> list[tuple[date, str]]:
    found = {**holidays_of(today.year), **holidays_of(today.year + 1)}
    return [(day, name.in_language(language)) for day, name in sorted(found.items()) if day >= today]


def _times(window: Window, language: Language) -> dict[str, str]:
    opens, closes = window
    if language == "sv":
        return {name: f"{at.hour}.{at:%M}".removesuffix(".00") for name, at in (("opens", opens), ("closes", closes))}
    return {"opens": _on_twelve_hours(opens), "closes": _on_twelve_hours(closes)}


def _on_twelve_hours(at: time) -> str:
    minutes = f":{at:%M}" if at.minute else ""
    return f"{(at.hour - 1) % NOON_HOUR + 1}{minutes} {'am' if at.hour < NOON_HOUR else 'pm'}"


def _prefixed(times: dict[str, str]) -> dict[str, str]:
    return {"sun_open": times["opens"], "sun_close": times["closes"]}
