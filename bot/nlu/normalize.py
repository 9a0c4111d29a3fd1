"""Text as people type it, made comparable: clipping, cleaning, folding, words.

Two strengths of normalising, because their readers differ:

- `clean` keeps the spelling and removes only what is no letter of it (vowel marks, stretching, invisible
  characters, emoji). Sentence encoders get this.
- `fold` goes on to one spelling per sound group, so that words typed without hamza, with ه for ة, ظ for ض or
  ك for گ meet the same words in a list. Everything that compares words gets this: the matcher, the safety
  module, the offer module.

No function here raises for any str, lone surrogates included, and each is linear in the text's length.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 400
"""Characters of a question that are looked at; a longer one keeps its beginning and its end."""

_READ_AT_MOST = 6000
"""Raw characters looked at before cleaning: more than Telegram's 4096, and a bound on the work."""

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u06df-\u06e8\u06ea-\u06ed\u070f\u08d3-\u08ff\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\u034f\u00ad\U000e0000-\U000e01ef]"
)
_NOT_TEXT = re.compile(r"[^\w\s.,;:!?'’`\-/&%+@#()،؛؟«»\"]")
_STRETCH_ARABIC = re.compile(r"([\u0620-\u064a\u0671-\u06d3])\1{2,}")
_STRETCH_OTHER = re.compile(r"([^\W\d\u0620-\u064a\u0671-\u06d3])\1{2,}")
_STRETCH_SIGN = re.compile(r"([^\w\s])\1+")
_STRETCHED = re.compile(r"(\w)\1\1|([^\w\s])\2")
"""Whether any of the three above may have work: one look instead of three, since most texts have nothing stretched."""

_SPELT = {ord(a): str(i) for row in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for i, a in enumerate(row)} | {
    ord(a): b for a, b in zip("کیہھےۀۂۃ", "كيههيههه", strict=True)
}
_FOLD = str.maketrans(
    {
        **dict.fromkeys("أإآٱٲٳ", "ا"),
        **dict.fromkeys("ىئیېےۍ", "ي"),
        **dict.fromkeys("ؤ", "و"),
        **dict.fromkeys("ةۃہھۀەۂ", "ه"),
        **dict.fromkeys("گکڪ", "ك"),
        **dict.fromkeys("چ", "ج"),
        **dict.fromkeys("پ", "ب"),
        **dict.fromkeys("ڤ", "ف"),
        **dict.fromkeys("ژ", "ز"),
        **dict.fromkeys("ظ", "ض"),
        **dict.fromkeys("ڕ", "ر"),
        **dict.fromkeys("ڵ", "ل"),
        **dict.fromkeys("ۆ", "و"),
        **dict.fromkeys("ێ", "ي"),
        "ء": "",
        "ß": "ss",
        "æ": "ae",
        "ø": "o",
        "ı": "i",
        "'": "",
        "’": "",
        "`": "",
        "ʿ": "3",
        "ʾ": "2",
    }
)
WORD = re.compile(r"[\u0620-\u06d3]+|[^\W_\u0600-\u06ff]+")


def clip(text: str, limit: int = LONGEST) -> str:
    """Return at most `limit` characters: a longer text keeps two fifths from its start and the rest from its end.

    Askers tell the story first and put the question last.
    """
    if len(text) <= limit:
        return text
    head = limit * 2 // 5
    return text[:head] + " " + text[len(text) - (limit - head - 1) :]


def normalize(text: str) -> str:
    """Return a text with one spelling for each character; signs, emoji and line breaks stay.

    Marks and invisible characters go; letters repeated three times or more shrink (to one in Arabic script, to two in
    others); Arabic-Indic digits become 0-9; Persian forms of Arabic letters become Arabic ones; Latin letters become
    lower case.
    """
    text = clip(text, _READ_AT_MOST)
    # One character may stand for eighteen.
    text = clip(unicodedata.normalize("NFKC", text), _READ_AT_MOST).translate(_SPELT)
    return _shrunk(_MARKS.sub("", text).lower())


def readable(normal: str) -> str:
    """Return a normalised text on one line, without emoji and markup signs."""
    kept = _NOT_TEXT.sub(" ", normal)
    # A sign that stood between two others may be gone by now.
    return _one_line(_STRETCH_SIGN.sub(r"\1", kept) if _STRETCHED.search(kept) is not None else kept)


def clean(text: str) -> str:
    """Return one line of readable text in the asker's own spelling."""
    return readable(normalize(text))


def _shrunk(text: str) -> str:
    """Return the text with stretched letters shrunk."""
    if _STRETCHED.search(text) is None:
        return text
    return _STRETCH_OTHER.sub(r"\1\1", _STRETCH_ARABIC.sub(r"\1", text))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def fold(text: str, *, cleaned: bool = False) -> str:
    """Return `clean(text)` with one letter per group of confused letters; idempotent.

    Arabic: أإآ=ا, ى=ئ=ي, ؤ=و, ة=ه, no ء, گ=ك, چ=ج, پ=ب, ڤ=ف, ظ=ض. Latin: no accents, no apostrophes (don't = dont).
    Word lists that are compared with folded text must be folded too. `cleaned` says that the text comes from `clean`.
    """
    spelt = text if cleaned else clean(text)
    text = spelt.translate(_FOLD)
    if text == spelt and text.isascii():
        return text
    if not (text.isascii() or unicodedata.is_normalized("NFKD", text)):
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = text.translate(_FOLD).lower()
    # Folding may bring equal letters together (هة, ئيي), which a second call would shrink.
    return _one_line(_shrunk(text))


def words(text: str, *, cleaned: bool = False) -> tuple[str, ...]:
    """Return the folded words of a text, in order; `cleaned` as in `fold`.

    A change between Arabic and other letters or digits begins a new word (الvisa, رقم911); digits inside Latin
    words stay, since Arabizi writes sounds with them (3ala, 7elwa).
    """
    return tuple(WORD.findall(fold(text, cleaned=cleaned)))


_TO_ARABIC = str.maketrans(
    dict(zip("`qwertyuiop[]asdfghjkl;'zxcvnm,./", "ذضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظ", strict=True)) | {"b": "لا"}
)
_TO_LATIN = {
    ord(a): e for a, e in zip("ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظ", "qwertyuiop[]asdfghjkl;'zxcvnm,./", strict=True)
}


def swap_layout(text: str) -> str:
    """Return the text as the same keys give it on the other layout (Arabic 101 and US English)."""
    text = text.lower()
    if sum(1 for c in text if c.isascii() and c.isalpha()) * 2 >= sum(1 for c in text if c.isalpha()):
        return text.translate(_TO_ARABIC)
    return text.replace("لا", "b").replace("ـ", "").translate(_TO_LATIN)
