"""Which script and which language a message is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.nlu.normalize import WORD, clean

Script = Literal["arabic", "latin", "arabizi", "kurdish", "cyrillic", "other", "none"]

_ARABIC = re.compile(r"[\u0620-\u064a\u066e-\u06d3]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_SORANI = re.compile(r"[ڕڵێۆ]|ە")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT_SOUND = re.compile(r"(?:[a-z][2356789]|[2356789]['’]?[a-z])")
# From the beginning of a run only, and without going back: long rows of digits would take seconds otherwise.
_LATIN_WORD = re.compile(r"(?<![a-z0-9'’])[0-9'’]*+[a-z][a-z0-9'’]*+")
_UNIT = re.compile(r"\d+(?:st|nd|rd|th|k|km|kg|am|pm|usd|x|h|d|m|s|g|gb|days?|months?|years?)")


@dataclass(frozen=True, slots=True)
class ScriptAndLanguage:
    """What a message is written in."""

    language: Literal["ar", "en"] | None
    """Language to reply in; None where the message does not tell (digits, emoji, other scripts, a few bare names)."""
    script: Script
    """Script of most of its letters; "arabizi" is Arabic in Latin letters; "none" has no letters."""


# What tells Latin-letter Arabic from English is mostly its little words.
_ENGLISH = frozenset(
    """
    a about after again all alone already also always am an and any anyone anything are around as ask at away
    back bad be because been before being best better both bring brother but by call called calls came can cant
    cannot car check child come comes contact could country cousin dad daughter day days dead did didnt die do
    does doesnt doing dont down each email even ever every everyone fake father feel few fight find first for
    found free friend friends from front get gets getting give go goes going gone good got group guy guys had
    happen happened happens has hasnt have havent having he hell help her here hes hey hi him his home how
    husband i id if ill im in into is isnt it its ive job just keep know last law leave left legal let like long
    look lost lot made make man many me mean men missing mom money month months more most mother mum much must
    my name need never new next no nobody not nothing now number of off offer office ok old on once one only or
    other our out over own paid papers passport pay people person phone place please police prison prisoner put
    really right russia russian ukraine iraq iraqi safe said same say says scam school see seems send sent she
    should sign signed since sister so some someone something son soon still stop such take taken talk tell than
    thanks that thats the their them then there these they theyre thing things think this those thought time to
    today told too took training travel trip true try two uncle under until up us use very visa wait want wanted
    wants war was wasnt way we week well went were weve what whats when where which while who whos whose why
    wife will with without woman wont work working world worried would wouldnt wrong year years yes yesterday
    yet you youre your hello bye thank real report army soldier salary contract embassy camp body family boy
    girl house died killed wounded
    """.split()
)
_ARABIZI = frozenset(
    """
    shlon shloon shlone shlonak shlonkum shnu shno shinu shinoo shunu shgad shgd shkad shkd shgadd chm cham wein
    wain ween weyn wen aku ako akou maku mako makou hassa hasa hessa hisa hsa hasah leish leesh lesh laish laysh
    minu mnu meno mino manu menu yemta yamta shwakt shwakit shwaket shwagt elmn almn lmn alman elman lo law lau
    bas bes el al il bel bil bal lel lil w wa ya ani ane ana enta inta ento intu huwa hiya howa heya ehna ihna
    hum homa ma mo mu la laa ee eey eh na3am yaba yumma yuma khoya khoyeh khuya akhoya akhuya akhoy akhi ibni
    ebni abni wildi wlad walad weld abu abo umm um bint bnt zawji zoji rajli ammi ammu khali khal akh ukhti
    okhti sadiqi sadeeqi sadeqi sadi9i arid ared areed areid aridd yrid yreed yred tred trid yreid nreed agdar
    akdar aqdar a8dar agder yigdar ygdar yegdar rah rahat raah ra7 ray7 rayeh rayih raye7 raja3 arja3 arjaa
    yrja3 argaa irja3 raji3 sar sar7 yseer ysir yser yesir ssar hatha hada haza hathi hay hai hel hal mal malat
    malte mali b bi li min men ila ela 3ala ala 3la 3ind 3indi ind indi andi 3andi kul kol kulhum kull kulshi
    kolshi shi shay ishi wla wala walla wallah wallahi inshallah yalla khallas khalas khalis chan kan can jan
    chanat kant yakhi habibi 7abibi salam shukran zain zein zen mzein rusya roosya rosya ruosya rusia rosia
    ukrania okrania okranya 3iraq iraqi baghdad basra jaysh jesh jeish harb 7arb flus fls floos filus fulus
    ratib rateb ra2ib maash safara sfara jawaz jwaz jawazi jwazi viza simsar semsar shighil shughul shugul
    shighl shoghl 3aqd aqd aqid 3aqid qanoon qanun sijin sjin sijn habs 7abs mahkama raqam rakam akhaf khaf
    khayif khayef yihbsoni yhbsoni yhbsuni lazem lazim mat mayit 7ay jabha jabhat fa fee fi bee bih biha beeh
    beha wiya wiyah wayah wayya galo galoli galli galaw galouli kalo kaloli kalli qalo gal gallet yguloon ygolon
    ygulun yekolon ykol ygul tgul igul hich heech hech shon chi shaku shako shku shsawi shsawwi shasawi asawi
    sawi yswi ysawi sawa dez dazz dizz daz kam shkm ay ayy ayya
    """.split()
) - frozenset("can hal kant hell hum fee bee men min jan hada law lo wen um chi".split())


def _latin_language(text: str) -> tuple[int, int]:
    """Return (number of words that speak for English, number that speak for Arabizi) in lower-case text."""
    english = arabizi = 0
    for word in _LATIN_WORD.findall(text):
        bare = word.replace("'", "").replace("’", "")
        if bare in _ARABIZI:
            arabizi += 1
        elif bare in _ENGLISH:
            english += 1
        elif _DIGIT_SOUND.search(word) and not _UNIT.fullmatch(word):
            arabizi += 2
    return english, arabizi


def identify(text: str, *, cleaned: bool = False) -> ScriptAndLanguage:
    """Tell a message's script and the language to reply in; `cleaned` as in `fold`.

    Arabizi counts as Arabic. A message in two languages follows the language of most of its words. Sorani letters
    make it Kurdish; language is then None, as for Cyrillic and every other script.
    """
    text = text if cleaned else clean(text)
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    cyrillic, letters = len(_CYRILLIC.findall(text)), len(_LETTER.findall(text))
    if not letters:
        return ScriptAndLanguage(None, "none")
    other = letters - arabic - latin - cyrillic
    most = max(arabic, latin, cyrillic, other)
    if other == most and other > arabic and other > latin:
        return ScriptAndLanguage(None, "other")
    if cyrillic == most and cyrillic > max(arabic, latin):
        return ScriptAndLanguage(None, "cyrillic")
    if arabic and _is_sorani(text):
        return ScriptAndLanguage(None, "kurdish")
    arabic_words = sum(1 for w in WORD.findall(text) if _ARABIC.match(w))
    latin_words = sum(1 for w in _LATIN_WORD.findall(text))
    if arabic_words >= latin_words and arabic:
        return ScriptAndLanguage("ar", "arabic")
    english, arabizi = _latin_language(text)
    if arabizi > english:
        return ScriptAndLanguage("ar", "arabizi")
    if english > arabizi:
        return ScriptAndLanguage("en", "latin")
    return ScriptAndLanguage("ar", "arabic") if arabic else ScriptAndLanguage(None, "latin")


def _is_sorani(text: str) -> bool:
    """Whether at least a quarter of the Arabic-script words hold letters that only Sorani has."""
    arabic_words = [w for w in WORD.findall(text) if _ARABIC.match(w)]
    marked = sum(1 for w in arabic_words if _SORANI.search(w))
    # A single ە comes from a Kurdish keyboard under Arabic words now and then.
    sure = any(c in text for c in "ڕڵێۆ") or marked >= 2
    return sure and marked * 4 >= len(arabic_words)
