"""What can be wrong with one piece of text, whatever file it stands in. Pure: text in, faults out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from bot.content_tools.rule import error
from bot.dialogue.telegram_limits import html_faults
from bot.i18n import N_

error(
    "invisible",
    N_("a character that nobody can see stands here ({name}). Delete it; if you cannot find it, type the line again."),
)
error(
    "letter-lookalike",
    N_('in "{word}" the letter {letter} belongs to another alphabet. Type the word again with one keyboard.'),
    example="lookalike-latin",
)
error(
    "letter-persian",
    N_('in "{word}" the letter {letter} is not the Arabic one. Type the word again with an Arabic keyboard.'),
)
error("mark-latin", N_('a Latin "{mark}" follows an Arabic word. Write "{right}".'))
error("mark-arabic", N_('an Arabic "{mark}" follows a Latin word. Write "{right}".'))
error("mark-loose", N_('a space stands before "{mark}". Delete the space.'))
error("mark-double", N_('"{marks}" are two marks in a row. Keep the one that ends the sentence.'))
error("digits-eastern", N_('the digits "{digits}" are not the ones used here. Write {right}.'))
error("html-refused", N_("Telegram refuses {tag}. Delete it: texts here are plain."))
error("html", N_("askers would read {tag} as it stands. Delete it: texts here are plain."))
error(
    "markdown",
    N_('askers would read "{sign}" as it stands. Delete it: texts here are plain; a list line begins with "• ".'),
)
error(
    "raw-link",
    N_('"{link}" is a link or a handle. Put it into contacts.yaml or sources.yaml and write {{contact:...}} here.'),
)
error(
    "raw-phone",
    N_('"{number}" looks like a telephone number. Put it into contacts.yaml and write {{contact:...}} here.'),
)
error(
    "raw-emergency",
    N_("the emergency number stands here in digits. Write {{contact:{id}}}, or {{number:{id}}} in a warning."),
)
error(
    "placeholder-broken",
    N_(
        '"{typed}" is not a placeholder. Write {{contact:ID}} or {{number:ID}} with an id of contacts.yaml, without spaces.'
    ),
)
error(
    "placeholder-unknown",
    N_('there is no contact "{id}" (nearest: {nearest}). Correct the id, or add the contact to contacts.yaml.'),
    example="unknown-contact",
)
error(
    "placeholder-dead",
    N_("{{number:{id}}} shows nothing, because that contact has no confirmed number. Write {{contact:{id}}}."),
)

PLACEHOLDER = re.compile(r"\{(contact|number):([a-z0-9-]+)\}")

INVISIBLE = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\u3164\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
JOINERS = re.compile("(?<![\U0001f000-\U0001ffff\ufe0f])[\u200c\u200d]")
"""Joiners outside emoji: right in Kurdish or Persian, a slip in Arabic and English."""

_BRACED = re.compile(r"\{[^{}\n]{0,80}\}?|\}")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_MARKDOWN = re.compile(r"\*\*|__|`|\[[^\]\n]{1,80}\]\([^)\n]{1,200}\)|^#{1,6} ", re.MULTILINE)
_LINK = re.compile(
    r"https?:\S*|\bwww\.\S+|\bt\.me\b\S*|(?<![\w.@])[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|iq|ru|ua|info|io|me|gov|edu|eu|krd)\b\S*"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.\w+|(?<![\w.])@[A-Za-z]\w{2,}",
    re.ASCII | re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\d.,])\+?\d[\d ()/.-]{5,30}\d(?![\d,])")
_YEARS = re.compile(r"(?:19|20)\d\d(?:\s*[-–/]\s*(?:19|20)\d\d)+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}")
_DIGIT = re.compile(r"\d")
_WESTERN = {ord(digit): str(unicodedata.digit(digit)) for digit in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"}
_EASTERN_DIGIT = re.compile("[٠-٩۰-۹]+")
_LATIN_MARK = re.compile(r"[\u0621-\u064a\u0671-\u06d3][\u064b-\u0652»)\"]*\s*[,;?]")
_ARABIC_MARK = re.compile(r"[A-Za-z][\")]*\s*[،؛؟]")
_DOUBLE_MARK = re.compile(r"(?<![.!?؟،,;؛:])(?!\.{3}(?!\.))[.!?؟،,;؛:]{2,}")
_LOOSE_MARK = re.compile(r"\S\s+[،؛؟](?=\s|$)|\S [,;?!](?=\s|$)")
_PERSIAN = re.compile("[\u06a9\u06aa\u06cc\u06c1\u06be\u06d5\u06c0\u06d0\u06d2\u06d3\ufb50-\ufdff\ufe70-\ufefc]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_OTHER_ALPHABETS = re.compile("[\u0370-\u03ff\u0400-\u052f\u0531-\u058f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_ARABIC = re.compile("[\u0620-\u06ff]")
_JOINED = re.compile("[\u0621-\u064a]*\u0640[A-Za-z]+")
"""An Arabic particle stretched to a name in Latin letters, as Arabic typography has it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a text: message code, the fragment that shows its line, and the message's values."""

    code: str
    fragment: str
    values: dict[str, str] = field(default_factory=dict)


def invisible(line: str, *, joiners_allowed: bool) -> Iterator[tuple[int, str]]:
    """(column from 1, name) of every character in a line that nobody can see."""
    patterns = (INVISIBLE,) if joiners_allowed else (INVISIBLE, JOINERS)
    for pattern in patterns:
        for match in pattern.finditer(line):
            character = match.group()
            yield match.start() + 1, f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def letters(text: str, language: str) -> Iterator[Finding]:
    """Words whose letters come from two alphabets, or from the wrong one."""
    for match in _WORD.finditer(text):
        word = match.group()
        foreign = _OTHER_ALPHABETS.search(word)
        if foreign is not None:
            yield _letter("letter-lookalike", word, foreign.group())
        elif _LATIN.search(word) and (arabic := _ARABIC.search(word)) and not _JOINED.fullmatch(word):
            yield _letter("letter-lookalike", word, arabic.group())
        elif language == "ar" and (persian := _PERSIAN.search(word)):
            yield _letter("letter-persian", word, persian.group())


def mixed_letters(text: str) -> Iterator[Finding]:
    """Words in which a Cyrillic or Greek letter stands among Latin ones, as copies of adverts have them."""
    if _OTHER_ALPHABETS.search(text) is None:
        return
    for match in _WORD.finditer(text):
        word = match.group()
        foreign = _OTHER_ALPHABETS.search(word)
        if foreign is not None and _LATIN.search(word):
            yield _letter("letter-lookalike", word, foreign.group())


def _letter(code: str, word: str, letter: str) -> Finding:
    shown = f"{letter} (U+{ord(letter):04X})"
    return Finding(code, word, {"word": word, "letter": shown})


def punctuation(text: str) -> Iterator[Finding]:
    """Marks of the wrong script, and marks that stand loose."""
    bare = PLACEHOLDER.sub("x", text)
    for match in _LATIN_MARK.finditer(bare):
        mark = match.group()[-1]
        right = {",": "،", ";": "؛", "?": "؟"}[mark]
        yield Finding("mark-latin", match.group(), {"mark": mark, "right": right})
    for match in _ARABIC_MARK.finditer(bare):
        mark = match.group()[-1]
        right = {"،": ",", "؛": ";", "؟": "?"}[mark]
        # A name in Latin letters inside an Arabic sentence is followed by an Arabic mark.
        if not _ARABIC.search(text):
            yield Finding("mark-arabic", match.group(), {"mark": mark, "right": right})
    for match in _LOOSE_MARK.finditer(bare):
        yield Finding("mark-loose", match.group(), {"mark": match.group()[-1]})
    for match in _DOUBLE_MARK.finditer(bare):
        if match.group() not in ("?!", "؟!"):
            yield Finding("mark-double", match.group(), {"marks": match.group()})
    for match in _EASTERN_DIGIT.finditer(text):
        western = "".join(str(unicodedata.digit(digit)) for digit in match.group())
        yield Finding("digits-eastern", match.group(), {"digits": match.group(), "right": western})


def markup(text: str) -> Iterator[Finding]:
    """HTML and Markdown: askers would read the signs themselves."""
    tags = _TAG.findall(text)
    # The tags alone: the standard library's parser is slow on hostile text between them.
    refused = html_faults("".join(tags)) if tags else ()
    for tag in tags:
        closing = "/" if tag.startswith("</") else ""
        name = re.split(r"[\s/>]", tag.strip("</"), maxsplit=1)[0].lower()
        yield Finding("html-refused" if f"<{closing}{name}>" in refused else "html", tag, {"tag": tag})
    for match in _MARKDOWN.finditer(text):
        yield Finding("markdown", match.group(), {"sign": match.group()[:20].strip()})


@lru_cache(maxsize=4096)
def addresses(text: str) -> tuple[Finding, ...]:
    """Telephone numbers, links, e-mail addresses and handles that stand raw."""
    return tuple(_addresses(text))


def _addresses(text: str) -> Iterator[Finding]:
    bare = PLACEHOLDER.sub(" ", text)
    for match in _LINK.finditer(bare):
        yield Finding("raw-link", match.group(), {"link": match.group()[:60]})
    if _DIGIT.search(bare) is None:
        return
    western = bare.translate(_WESTERN)
    for match in _PHONE.finditer(_DATE.sub(" ", _YEARS.sub(" ", _LINK.sub(" ", western)))):
        if sum(character.isdigit() for character in match.group()) >= 7:
            yield Finding("raw-phone", match.group().strip(), {"number": match.group().strip()})


@dataclass(frozen=True, slots=True)
class Emergency:
    """The contact for danger to life."""

    id: str
    value: str


def emergency_digits(text: str, emergency: Emergency | None) -> Iterator[Finding]:
    """The emergency number in digits: it must come from the contact, and abroad with its warning."""
    if emergency is None or _DIGIT.search(text) is None:
        return
    pattern = rf"(?<![\d.,+]){re.escape(emergency.value)}(?![\d.,]*\d)"
    for match in re.finditer(pattern, PLACEHOLDER.sub(" ", text).translate(_WESTERN)):
        yield Finding("raw-emergency", match.group(), {"id": emergency.id})


def without_addresses(text: str, emergency: Emergency | None = None) -> str:
    """A text without the telephone numbers and links that stand raw in it: their digits are no figures."""
    for finding in (*addresses(text), *emergency_digits(text, emergency)):
        text = text.replace(finding.fragment, " ")
    return text


def placeholders(
    text: str, contacts: Collection[str], dialled: Collection[str], nearest: Callable[[str, Collection[str]], str]
) -> Iterator[Finding]:
    """Placeholders that would show nothing. `dialled`: contacts with a number that may be shown."""
    for match in _BRACED.finditer(text):
        typed = match.group()
        good = PLACEHOLDER.fullmatch(typed)
        if good is None:
            yield Finding("placeholder-broken", typed, {"typed": typed[:60]})
        elif good.group(2) not in contacts:
            wanted = good.group(2)
            yield Finding("placeholder-unknown", typed, {"id": wanted, "nearest": nearest(wanted, contacts)})
        elif good.group(1) == "number" and good.group(2) not in dialled:
            yield Finding("placeholder-dead", typed, {"id": good.group(2)})
