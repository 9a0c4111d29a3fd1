"""The campaign's own rules of wording, as far as a program can know them. Pure: texts in, findings out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from bot.content_tools.checks.texts import Finding

EMERGENCY = "iraq-911"
"""The contact whose digits start another country's emergency service when dialled in Russia."""

NEVER_NAMED = {"get-lost": re.compile(r"get lost|iditelesom|غيت لوست|idite lesom", re.IGNORECASE)}
"""Contacts that stay out of every reply."""

NEVER_SHOWN = {
    "get-lost": "it may serve Russian citizens only.",
    "i-want-to-live": "it is run by one side of the war, and using it is a crime in Russia.",
}
"""Contacts whose number or handle no check makes fit to be shown, with why."""

NEVER_ALONE = {"R19": ("R05", "R14")}
"""Fact -> facts that must stand beside it in a topic: who issues real visas, and that real visas ended in contracts."""

NEVER_STATED = frozenset({"R39"})
"""Facts whose figures no answer gives."""

_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")

# A number for inside Iraq, in an answer for somebody who may be in Russia: both halves of the warning must be there.
_WARNING = {
    "en": (
        re.compile(r"inside Iraq", re.I),
        re.compile(
            r"\bnot (?:to )?(?:dial|call|ring)\b[^.]*\bRussia|\bRussia\b[^.]*\bnot (?:to )?(?:dial|call|ring)\b", re.I
        ),
    ),
    "ar": (
        re.compile(r"داخل العراق"),
        re.compile(r"{0}[^.؟]*روسيا|روسيا[^.؟]*{0}".format(r"(?<!\w)[وف]?(?:لا|ألا) [تي](?:تصل|طلب)")),
    ),
}

_PROMISES = {
    "en": re.compile(
        r"\b(?:we|I|you can) guarantee\b|\bguaranteed\b|\bwe promise\b|\bI promise\b|\byou(?: will|'ll| are|'re) (?:be )?(?:completely |perfectly |totally )?safe\b"
        r"|\bnothing will happen to (?:you|him|them)\b|\b(?:you|he|they) (?:will not|won't|will never) be "
        r"(?:jailed|imprisoned|arrested|punished|prosecuted|sentenced|deported|charged|harmed)\b|\b100 ?% safe\b"
        r"|\bno risk (?:at all|whatsoever)\b|\byou have nothing to fear\b",
        re.IGNORECASE,
    ),
    "ar": re.compile(
        r"(?<!\w)(?:و|ف)?(?:نضمن|أضمن|اضمن|نعدك|نعدكم|أعدك|أعدكم|مضمون|مضمونة)(?!\w)"
        r"|(?<!\w)(?:ستكون|ستكونين|ستكونون|أنت|انت) (?:بأمان|بامان|في أمان|آمنا|آمنين)(?!\w)"
        r"|(?<!\w)لن (?:تسجن|تسجنوا|يسجن|تعتقل|يعتقل|تحاكم|يحاكم|تعاقب|يعاقب|تتأذى|يتأذى)(?!\w)"
        r"|(?<!\w)لن (?:يحدث|يحصل|يصيبك|يصيبه)(?: (?:لك|له|لكم|لهم))? (?:شيء|أي شيء|مكروه)(?!\w)",
    ),
}
# "Nobody can promise", "an offer that says 'guaranteed'", a question: talk about promises is no promise.
_DENIED = {
    "en": re.compile(
        r"\b(?:no|not|nobody|none|never|cannot|can't|without|if|says?|said|claims?|told|whoever|who)\b", re.I
    ),
    "ar": re.compile(r"(?<!\w)(?:و|ف)?(?:لا|لم|ليس|ليست|غير|دون|بلا|إن|إذا|يقول|يقولون|قال|قالوا|وعد|من|ما من)(?!\w)"),
}
_SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]?")


def promises(text: str, language: str) -> Iterator[Finding]:
    """Words that promise what nobody can promise."""
    pattern = _PROMISES.get(language)
    for sentence in _SENTENCE.findall(text) if pattern is not None else ():
        bare = _MARKS.sub("", sentence)
        found = pattern.search(bare) if pattern is not None else None
        if found is None or sentence.rstrip().endswith(("?", "؟")):
            continue
        if _DENIED[language].search(bare[: found.start()]) and not found.group().startswith("لن"):
            continue
        words = found.group().strip()
        yield Finding("promise", words, {"words": words})


def emergency_abroad(text: str, language: str) -> Iterator[Finding]:
    """The emergency number in words for somebody who is or may be in Russia."""
    if f"{{contact:{EMERGENCY}}}" in text:
        yield Finding("emergency-callable", f"{{contact:{EMERGENCY}}}", {"id": EMERGENCY})
    warning = _WARNING.get(language)
    if warning is not None and f"{{number:{EMERGENCY}}}" in text:
        bare = _MARKS.sub("", text)
        if not all(part.search(bare) for part in warning):
            yield Finding("emergency-unwarned", f"{{number:{EMERGENCY}}}", {"id": EMERGENCY})


def never_named(text: str) -> Iterator[Finding]:
    """Names and placeholders of contacts that stay out of replies."""
    for contact, pattern in NEVER_NAMED.items():
        found = pattern.search(text)
        typed = found.group() if found is not None else f"{{contact:{contact}}}"
        if found is not None or typed in text:
            yield Finding("contact-hidden", typed, {"name": typed})


def missing_beside(facts: Collection[str]) -> Iterator[tuple[str, str]]:
    """(fact, fact that must stand beside it and does not)."""
    for fact, companions in NEVER_ALONE.items():
        if fact in facts:
            yield from ((fact, companion) for companion in companions if companion not in facts)


_DOCUMENT = {"en": re.compile(r"\b(?:document|paper)", re.I), "ar": re.compile(r"وثيق|مستند|وثائق")}


def untraced_share(text: str, language: str, facts: Collection[str]) -> Iterator[Finding]:
    """The survival figure that no document bears out, without the words that say so."""
    document = _DOCUMENT.get(language)
    if "R37" in facts and document is not None and not document.search(text):
        found = re.search(r"(?<![\d.,])5(?![\d.,]*\d)", text)
        if found is not None:
            yield Finding("share-untraced", "5", {})
