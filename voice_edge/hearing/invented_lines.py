"""Lines that Whisper invents over silence and noise, such as subtitle credits.

Collected from the filters of other projects and from the output of the packaged weights for
`tests/voice_edge/hearing/noises.py`. A line is matched as a whole sentence, never as a part of one: guests do say
"tack för att ni tittade till oss vid bordet".
"""

from __future__ import annotations

import re

_WITHOUT_VERB = r"(?:(?! (?:är|var|saknas|saknades|finns|fanns|på|menyn|behövs|blev|i)\b) [\w']+){0,5}"
# Sentences that no guest says in a café.
_CREDITS = (
    # authors of subtitles
    r"(?:svenska? ?)?(?:undertext(?:er|ning|at|ad)?|textning|textat|textad|översättning)"
    rf"(?: och (?:textning|korrektur))?(?: (?:av|från|till|nu|by|se))?{_WITHOUT_VERB}",
    r"(?:svensk|svansk)textning ?(?:nu|se)?",
    r"text vsi\b.*",
    r".*\b(?:btistudios?|iyuno|ordkedjan|castingwords|amara ?org|britneyspears\d*)\b.*",
    r"stina hedin\b.*",
    r"(?:subtitles?|captions?|captioning|closed captions?|transcri(?:bed|pted|ption)|translat(?:ed|ion)|subtitled)"
    r"(?: (?:and|provided|edited|sync|made))* (?:by|av)\b.*",
    # endings of videos
    r"(?:thank you|thanks)(?: all| guys| everyone)?(?: so much| very much)? for (?:watching|viewing|tuning in)"
    r"(?: (?:this|the|my|our) (?:video|episode|film|channel|show|stream))?"
    r"(?: (?:and|see you|bye|please|i'?ll|don'?t)\b.*)?",
    r"(?:thank you|thanks)(?: so much| very much)? for listening to (?:this|the|my|our) (?:podcast|video|episode|show)",
    r"tack (?:så mycket )?för att (?:ni|du) (?:har )?(?:tittade?|tittat)"
    r"(?: på (?:den här |denna )?(?:videon?|filmen|avsnittet|kanalen))?(?: (?:och glöm|vi ses|hej då|ha det)\b.*)?",
    r"tack för (?:tittandet|visningen|titten)",
    r"tack till elever och personal\b.*",
    r"(?:ett )?(?:stort )?tack till (?:alla )?mina (?:supporters?|patrons?|prenumeranter)\b.*",
    r"(?:(?:i'?ll|we'?ll|jag|vi) )?(?:see|catch|ses|syns) (?:(?:you|you guys|then|då) )?(?:in|i) (?:(?:the|my|our) )?"
    r"(?:next|nästa) (?:video|one|episode|avsnitt|film)",
    r"see you next (?:time|week)",
    r"vi ses nästa (?:gång|vecka)",
    r"we'?ll be right back",
    r"(?:this is )?the end(?: of (?:the|this) (?:video|film|episode))?",
    r"to be continued",
    # requests of videos
    r"(?:please |don'?t forget to |remember to |glöm inte (?:att )?)*(?:like (?:and|&) )?(?:share and )?"
    r"(?:subscribe|prenumerera)(?: (?:to|på) (?:(?:my|our|the|this|min|vår|den här) )?(?:channel|kanalen|kanal))?"
    r"(?: (?:and|och|for|för) (?:hit|ring|turn|tryck|more|fler|like|gilla)\b.*)?",
    r"(?:hit|smash|press) (?:that|the) (?:like|bell|subscribe)\b.*",
    # addresses and rights
    r"copyright\b.*",
    r"all rights reserved",
    r"www \w+ \w+",
    r"https? \S.*",
)
_CREDIT = re.compile("|".join(_CREDITS))
# Names of sounds, with or without brackets.
_SOUND = re.compile(
    r"(?:(?:upbeat|soft|gentle|dramatic|eerie|instrumental|stillsam|dramatisk|lugn|glad|background|playing) )*"
    r"(?:musik|music|applause|applåder|silence|tystnad|skratt|laughter|laughs|laughing|sighs?|suckar|coughs?|coughing"
    r"|hostar|bell rings|door (?:opens|closes)|phone rings|beep|beeping|blank audio|inaudible|ohörbart|no audio|static"
    r"|wind blowing|foreign|speaking (?:in )?foreign language|chatter|crowd chattering|indistinct chatter|sorl)"
    r"(?: (?:playing|spelas|continues|fortsätter|musik|music))*"
)
# Short courtesies and beginnings, as often invented as said.
COURTESIES = frozenset(
    {
        "you",
        "thank you",
        "thanks",
        "bye",
        "bye bye",
        "so",
        "oh",
        "okay",
        "ok",
        "hmm",
        "mm",
        "the",
        "i",
        "yeah",
        "uh",
        "um",
        "a",
    }
    | {"i'm sorry", "thank you very much", "thank you so much", "thank you bye", "thanks for listening", "all right"}
    | {"thank you for listening", "good night", "goodbye", "see you", "i'll see you"}
    | {
        "tack",
        "hej",
        "hej då",
        "ja",
        "och",
        "det",
        "den",
        "men",
        "för",
        "så",
        "nej",
        "jag",
        "en",
        "ett",
        "varsågod",
        "nu",
    }
    | {"tack tack", "tack så mycket", "tack för att ni lyssnade", "tack för att du lyssnade", "tack för att ni lyssnat"}
    | {"tack för mig", "jag har en", "det är", "vi ses", "ha det bra", "god natt", "hejdå", "uppdatering", "kanske"}
)
_LATIN = re.compile(r"[a-zåäöéüæøáàèêïôûç]", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"(?<=[.!?…♪])\s+|\n+|(?<=[\])*])\s*(?=\S)")
_BRACKETED = re.compile(r"^[\[(*♪♫\s].*[\])*♪♫\s.]$")
_WORDS = re.compile(r"\w+(?:['’-]\w+)*")


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]


def is_credit(sentence: str) -> bool:
    """Return whether no guest says this: credits, a named sound, another script, only punctuation."""
    said = _plain(sentence)
    if not said or _BRACKETED.fullmatch(sentence.strip()) or "♪" in sentence:
        return True
    letters = _LETTER.findall(sentence)
    if letters and sum(_LATIN.match(letter) is not None for letter in letters) < len(letters) / 2:
        return True
    return _CREDIT.fullmatch(said) is not None or _SOUND.fullmatch(_once(said)) is not None


def is_courtesy(sentence: str) -> bool:
    """Return whether this is a courtesy, as often said as invented."""
    return _plain(sentence) in COURTESIES


def without_credits(text: str) -> str:
    """Return `text` without invented lines at its beginning and end."""
    kept = sentences(text)
    if not any(is_credit(one) for one in kept):
        return text
    while kept and is_credit(kept[-1]):
        kept.pop()
    while kept and is_credit(kept[0]):
        kept.pop(0)
    return " ".join(kept)


def _plain(sentence: str) -> str:
    return " ".join(word.replace("’", "'") for word in _WORDS.findall(sentence.casefold().replace(".", " ")))


def _once(said: str) -> str:
    """Return a repeated word ("musik musik musik") once, and other text unchanged."""
    return said.split()[0] if len(set(said.split())) == 1 else said
