"""Word patterns that people who do not program can write, matched against folded words in bounded time.

A pattern is one line of words:

    اخذوا جوازي           these words, one after the other
    اخذوا ... جوازي       up to four other words between
    جوازي|هويتي           one of these words
    (كل) جوازاتنا         the word in brackets may be missing
    يهدد*  *ناتنا         words that begin, or end, like this
    <took> ... <papers>   one of the words or phrases of a named group
    <لا يرد|ما يرد|مغلق>  one of these words or phrases
    <number>  <number 10-17>  <number 1500+>    a number, or one within bounds
    باجر + موسكو          both somewhere in the message, whichever comes first

Words are compared after folding (bot.nlu.normalize), without Arabic prefixes (و ب ل ال بال ...), with one misspelt letter
allowed in words of five letters or more, and by consonants where an Arabic word is written in Latin letters. Every
position of a message is one bit of an integer, so a pattern costs a few integer operations whatever the message
holds: no regular expression of an editor's can run away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.nlu.arabizi import PARTICLES, Arabiser, skeleton, skeleton_of_latin
from bot.nlu.normalize import WORD, fold, normalize, words
from bot.nlu.utterance import Utterance

GAP = 4
"""Words that three dots may stand for."""
LONGEST_WORDS = 700
"""Words of a message that are looked at: more than a Telegram message of real words holds."""
SHORTEST_FUZZY = 5
"""Letters from which one misspelt letter is forgiven."""
LONGEST_FUZZY = 14
MOST_ARABIZI = 120
"""Different Latin-letter words of one message that are looked up by sound."""
LIKENESS_ARABIZI = 0.66
"""How alike an Arabizi word must sound to an Arabic one (0 to 1)."""
FEWEST_CONSONANTS = 3
"""A Latin-letter word of fewer consonants sounds like too many Arabic ones."""
SHORTEST_AFFIX = 1

_PREFIXES = (
    "وبال",
    "فبال",
    "وعال",
    "وهال",
    "هال",
    "بهال",
    "وال",
    "بال",
    "فال",
    "كال",
    "عال",
    "شال",
    "ولل",
    "لل",
    "ال",
    "و",
    "ف",
    "ب",
    "ل",
    "ك",
    "ه",
    "ع",
)
_LONE = PARTICLES | frozenset("ال بال لل وال هال عال فال كال".split())
"""The article and its kin written as words of their own (bil mu3askar, ال contract): left out on both sides."""
_LATIN_PREFIXES = ("bil", "bl", "ll", "bel", "lil", "lel", "wil", "wel", "bal", "lal", "el", "al", "il", "w", "b", "l")
_MONEY = re.compile(r"\$|€|(?<=\d)\s?(?:usd|us)\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=[0-9٠-٩])[,.٬،](?=[0-9٠-٩]{3}(?![0-9٠-٩]))")
_DIGITS_THEN_LETTERS = re.compile(r"(?<![A-Za-z\d])(\d++)(dollars?|dolar|dinars?|iqd)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,،;؛!?؟\n•|/]+|\.(?!\d)")
_BREAK = "zqxzq"
_NUMBER = re.compile(r"(\d{1,9})(k?)")
_RANGE = re.compile(r"number(?:\s+(\d+)(?:-(\d+)|(\+))?)?")


class PatternError(ValueError):
    """A pattern that cannot be read; says what is wrong and how to mend it."""

    def __init__(self, code: str, sentence: str, **values: str) -> None:
        """`code` is what is wrong in one word, `sentence` the same in English with {values} filled in."""
        super().__init__(sentence.format(**values))
        self.code = code
        self.values = values


def seen_words(normal: str, *, by_clause: bool = False) -> list[str]:
    """The folded words of a normalised text that patterns see: money signs are words, thousands are one number.

    By clause, a comma or full stop is as wide as a gap, so that no pattern reaches from one clause into the next.
    """
    text = _DIGITS_THEN_LETTERS.sub(r"\1 \2", _MONEY.sub(" dollar ", _THOUSANDS.sub("", normal)))
    if by_clause:
        text = _CLAUSE_END.sub(f" {_BREAK} ", text)
    seen: list[str] = []
    for word in WORD.findall(fold(text, cleaned=True)):
        if word == _BREAK:
            seen += [""] * (GAP + 1)
        elif word not in _LONE:
            seen.append(word)
    return seen


# An atom is what one word of a message is compared with: ("w", word), ("x", word without misspelling),
# ("p", beginning), ("s", end), ("n", "10-17").
_Atom = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    """One place of a pattern: alternatives of one word (one element) or of several."""

    gap: bool
    optional: bool
    element: int
    phrases: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and the line that it came from: parts that must all stand in the message."""

    line: str
    parts: tuple[tuple[_Step, ...], ...]
    number: int
    """Which of its vocabulary's patterns it is."""

    @property
    def longest(self) -> int:
        """The most words that the first part can take up, its gaps left out."""
        return sum(max((1, *(len(phrase) for phrase in step.phrases))) for step in self.parts[0])


@dataclass(frozen=True, slots=True)
class Found:
    """Where a pattern was found: the first word and the one after the last."""

    start: int
    end: int


class PatternView:
    """One message read against a vocabulary. Bit i of a mask stands for word i."""

    def __init__(self, words_read: Sequence[str], masks: Mapping[int, int], possible: Set[int]) -> None:
        """Take the words, where each element stands, and the numbers of the patterns that are worth trying."""
        self.words = tuple(words_read)
        self.full = (1 << len(self.words)) - 1
        self._masks = masks
        self._possible = possible

    def mask(self, element: int) -> int:
        """The positions at which an element stands."""
        return self._masks.get(element, 0)

    def _ends(self, steps: tuple[_Step, ...], starts: int) -> int:
        """Positions after a match of one part that begins at one of the start positions."""
        full = self.full
        at = starts
        for step in steps:
            if step.gap:
                before = at
                for _ in range(GAP):
                    before = before << 1
                    at |= before
                at &= full
            after = (at & self._masks.get(step.element, 0)) << 1
            for sequence in step.phrases:
                along = at
                for element in sequence:
                    along = (along & self._masks.get(element, 0)) << 1
                    if not along:
                        break
                after |= along
            if step.optional:
                after |= at
            if not after:
                return 0
            at = after
        return at

    def has(self, pattern: Pattern, blocked: int = 0) -> bool:
        """Whether all parts of a pattern stand in the message, the first one not at a blocked beginning."""
        if pattern.number not in self._possible:
            return False
        starts = self.full & ~blocked
        for steps in pattern.parts:
            if not self._ends(steps, starts):
                return False
            starts = self.full
        return True

    def any(self, patterns: Iterable[Pattern], blocked: int = 0) -> Pattern | None:
        """The first pattern that stands in the message."""
        possible = self._possible
        for pattern in patterns:
            if pattern.number in possible and self.has(pattern, blocked):
                return pattern
        return None

    def find(self, pattern: Pattern, blocked: int = 0) -> Found | None:
        """Where the first part of a pattern stands first; the shortest match from there."""
        if not self.has(pattern, blocked):
            return None
        steps, starts = pattern.parts[0], self.full & ~blocked
        low, high = 0, len(self.words) - 1
        # Halving finds the first beginning: whether one stands at or before the middle.
        while low < high:
            middle = (low + high) // 2
            if self._ends(steps, starts & ((1 << (middle + 1)) - 1)):
                high = middle
            else:
                low = middle + 1
        ends = self._ends(steps, starts & (1 << low))
        return Found(low, (ends & -ends).bit_length() - 1)

    def after(self, patterns: Iterable[Pattern]) -> int:
        """The positions right after any of the patterns."""
        mask = 0
        for pattern in patterns:
            if pattern.number in self._possible:
                mask |= self._ends(pattern.parts[0], self.full)
        return mask

    def covered(self, patterns: Iterable[Pattern]) -> int:
        """The positions that any of the patterns takes up, and the ones right after."""
        mask = 0
        for pattern in patterns:
            if pattern.number not in self._possible:
                continue
            ends = self._ends(pattern.parts[0], self.full)
            mask |= ends
            for _ in range(pattern.longest):
                ends >>= 1
                mask |= ends
        return mask


class Vocabulary:
    """All words of all patterns, and how a message's words are looked up among them.

    First every pattern is compiled with `compile`; `seal` then builds the indexes; `read` may be called from then on.
    """

    def __init__(self) -> None:
        self._elements: dict[frozenset[_Atom], int] = {}
        self._of_atom: dict[_Atom, list[int]] = {}
        self._patterns = 0
        # Element -> patterns that cannot stand in a message without one of a few elements, this one among them.
        self._needing: dict[int, list[int]] = {}
        self._sealed = False
        self._kind = "w"
        # Groups stand in many patterns: each item is read once. The groups are kept alive by their owner meanwhile.
        self._items: dict[tuple[str, str, int], tuple[int, tuple[tuple[int, ...], ...]]] = {}

    # ---- patterns

    def compile(self, line: str, groups: Mapping[str, Sequence[str]], *, exact: bool = False) -> Pattern:
        """Read one pattern; an exact one forgives no misspelling. Raises PatternError: what is wrong, how to mend it."""
        self._kind = "x" if exact else "w"
        parts = tuple(self._part(part, groups, line) for part in line.split(" + "))
        number = self._patterns
        self._patterns += 1
        for element in min((_needs(step) for part in parts for step in part if not step.optional), key=len):
            self._needing.setdefault(element, []).append(number)
        return Pattern(line, parts, number)

    def _part(self, text: str, groups: Mapping[str, Sequence[str]], line: str) -> tuple[_Step, ...]:
        steps: list[_Step] = []
        gap = False
        for item in _split(text, " ", line):
            if item == "...":
                gap = bool(steps)
                continue
            optional = item.startswith("(") and item.endswith(")")
            inner = item[1:-1].strip() if optional else item
            known = self._items.get((self._kind, inner, id(groups)))
            if known is None:
                singles: list[_Atom] = []
                sequences: list[tuple[frozenset[_Atom], ...]] = []
                self._alternatives(inner, groups, line, singles, sequences, frozenset())
                known = (
                    self._element(frozenset(singles)) if singles else -1,
                    tuple(tuple(self._element(atoms) for atoms in one) for one in dict.fromkeys(sequences)),
                )
                self._items[(self._kind, inner, id(groups))] = known
            element, phrases = known
            if element < 0 and not phrases:
                if seen_words(normalize(item)):
                    raise PatternError(
                        "unreadable",
                        '"{part}" in "{line}" holds no word that can be compared. Write a word.',
                        part=item,
                        line=line,
                    )
                continue
            if optional and not steps:
                continue  # a word that may be missing at the beginning says nothing
            steps.append(_Step(gap, optional, element, phrases))
            gap = False
        if not any(not step.optional for step in steps):
            raise PatternError(
                "wordless", '"{line}" holds no word. Write at least one word that must stand there.', line=line
            )
        return tuple(steps)

    def _alternatives(
        self,
        item: str,
        groups: Mapping[str, Sequence[str]],
        line: str,
        singles: list[_Atom],
        sequences: list[tuple[frozenset[_Atom], ...]],
        inside: frozenset[str],
    ) -> None:
        """Add what an item of a pattern allows: words, phrases, groups and numbers, separated by bars."""
        for one in _split(item, "|", line):
            if not _is_bracketed(one):
                self._add_phrase(one, groups, line, singles, sequences, inside)
                continue
            name = one[1:-1].strip()
            number = _RANGE.fullmatch(name)
            if number is not None:
                low, high, more = number.groups()
                singles.append(("n", "0-" if low is None else f"{low}-" if more else f"{low}-{high or low}"))
            elif name in groups and name not in inside:
                for phrase in groups[name]:
                    self._alternatives(phrase, groups, line, singles, sequences, inside | {name})
            elif "|" in name or " " in name:
                self._alternatives(name, groups, line, singles, sequences, inside)
            else:
                known = ", ".join(groups) or "none"
                raise PatternError(
                    "group",
                    '"{line}" names the group <{name}>, which is not there. Groups: {known}.',
                    line=line,
                    name=name,
                    known=known,
                )

    def _add_phrase(
        self,
        phrase: str,
        groups: Mapping[str, Sequence[str]],
        line: str,
        singles: list[_Atom],
        sequences: list[tuple[frozenset[_Atom], ...]],
        inside: frozenset[str],
    ) -> None:
        """Add one word, or several that follow each other; a group may stand among them if it holds single words."""
        items: list[frozenset[_Atom]] = []
        for word in _split(phrase, " ", line):
            if "<" in word and not _is_bracketed(word):
                raise PatternError(
                    "joined",
                    '"{part}" in "{line}" joins a bracket to a word. Write a space between them.',
                    part=word,
                    line=line,
                )
            if word.startswith("<"):
                atoms: list[_Atom] = []
                longer: list[tuple[frozenset[_Atom], ...]] = []
                self._alternatives(word, groups, line, atoms, longer, inside)
                if longer or not atoms:
                    raise PatternError(
                        "nested",
                        '"{part}" in "{line}" holds a group of phrases. Write it on a line of its own.',
                        part=phrase,
                        line=line,
                    )
                items.append(frozenset(atoms))
                continue
            folded = _folded(word)
            if len(folded) == 1 and len(folded[0]) >= SHORTEST_AFFIX and word.endswith("*"):
                items.append(frozenset((("p", folded[0]),)))
            elif len(folded) == 1 and len(folded[0]) >= SHORTEST_AFFIX and word.startswith("*"):
                items.append(frozenset((("s", folded[0]),)))
            else:
                items += [frozenset(((self._kind, one),)) for one in folded if one not in _LONE]
        if len(items) == 1:
            singles += items[0]
        elif items:
            sequences.append(tuple(items))

    def _element(self, atoms: frozenset[_Atom]) -> int:
        number = self._elements.get(atoms)
        if number is None:
            number = self._elements[atoms] = len(self._elements)
            for atom in atoms:
                self._of_atom.setdefault(atom, []).append(number)
        return number

    # ---- messages

    def seal(self) -> None:
        """Build the indexes. No pattern may be compiled afterwards."""
        self._words = frozenset(value for kind, value in self._of_atom if kind == "w")
        self._exact = frozenset(value for kind, value in self._of_atom if kind == "x")
        self._beginnings = frozenset(value for kind, value in self._of_atom if kind == "p")
        self._ends = frozenset(value for kind, value in self._of_atom if kind == "s")
        self._ranges = tuple(
            (value, int(value.partition("-")[0]), int(value.partition("-")[2] or 10**12))
            for kind, value in self._of_atom
            if kind == "n"
        )
        self._without_one: dict[str, list[str]] = {}
        for word in sorted(self._words):
            if SHORTEST_FUZZY <= len(word.removeprefix("ال")) <= LONGEST_FUZZY and not any(c.isdigit() for c in word):
                for key in _deletions(word):
                    self._without_one.setdefault(key, []).append(word)
        arabic = {word: 1.0 for word in self._words | self._exact if not word.isascii() and len(word) >= 3}
        self._arabiser = Arabiser(arabic)
        self._sealed = True

    def read(self, utterance: Utterance, *, by_clause: bool = False) -> PatternView:
        """Look up a message's words; by clause, patterns do not reach over commas and full stops."""
        assert self._sealed
        arabizi = utterance.script == "arabizi"
        read = seen_words(utterance.normal, by_clause=by_clause)[:LONGEST_WORDS]
        known: dict[str, list[int]] = {}
        masks: dict[int, int] = {}
        looked_up = 0
        for position, word in enumerate(read):
            if not word:
                continue
            elements = known.get(word)
            if elements is None:
                by_sound = arabizi and word.isascii() and not word.isdigit() and looked_up < MOST_ARABIZI
                looked_up += by_sound
                elements = known[word] = self._look_up(word, by_sound)
            bit = 1 << position
            for element in elements:
                masks[element] = masks.get(element, 0) | bit
        possible = {number for element in masks for number in self._needing.get(element, ())}
        return PatternView(read, masks, possible)

    def _look_up(self, word: str, by_sound: bool) -> list[int]:
        atoms: set[_Atom] = set()
        forms = _latin_forms(word) if by_sound else _forms(word)
        for form in forms:
            if form in self._words:
                atoms.add(("w", form))
            if form in self._exact:
                atoms.add(("x", form))
            for size in range(SHORTEST_AFFIX, min(len(form), 12) + 1):
                if form[:size] in self._beginnings:
                    atoms.add(("p", form[:size]))
                if form[-size:] in self._ends:
                    atoms.add(("s", form[-size:]))
        number = _NUMBER.fullmatch(word)
        if number is not None:
            value = int(number.group(1)) * (1000 if number.group(2) else 1)
            atoms.update(("n", name) for name, low, high in self._ranges if low <= value <= high)
        if not atoms and number is None:
            for form in forms:
                atoms.update(("w", near) for near in self._near(form))
        if by_sound and not any(kind in "wx" for kind, _ in atoms):
            for latin in _latin_forms(word):
                if len(skeleton_of_latin(latin)) < FEWEST_CONSONANTS:
                    continue
                for arabic, like in self._arabiser.candidates(latin, 4):
                    if like >= LIKENESS_ARABIZI and _ending(latin) == _ending(arabic):
                        atoms.update((("w", arabic), ("x", arabic)))
        return sorted({element for atom in atoms for element in self._of_atom.get(atom, ())})

    def _near(self, word: str) -> set[str]:
        """Words of the patterns that this one may be a misspelling of."""
        if not SHORTEST_FUZZY <= len(word) <= LONGEST_FUZZY:
            return set()
        found: set[str] = set()
        for key in (word, *_deletions(word)):
            for near in (key, *self._without_one.get(key, ())):
                if near in self._words and near[0] == word[0] and _is_misspelling(word, near):
                    found.add(near)
        return found


def _needs(step: _Step) -> set[int]:
    """The elements of which one must stand in a message that holds this step."""
    return {phrase[0] for phrase in step.phrases} | ({step.element} if step.element >= 0 else set())


@lru_cache(maxsize=1 << 14)
def _folded(word: str) -> tuple[str, ...]:
    return words(word)


def _split(text: str, separator: str, line: str) -> list[str]:
    """The pieces of a text between separators that stand in no brackets."""
    pieces, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        if sign in "<(":
            depth += 1
        elif sign in ">)":
            depth -= 1
        elif sign == separator and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
        if depth < 0:
            break
    if depth:
        raise PatternError(
            "bracket",
            '"{line}" opens a bracket that it does not close, or the reverse. Write both < and >, ( and ).',
            line=line,
        )
    pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]


def _is_bracketed(item: str) -> bool:
    """Whether one pair of angle brackets holds the whole item."""
    if not (item.startswith("<") and item.endswith(">")):
        return False
    depth = 0
    for at, sign in enumerate(item):
        depth += (sign == "<") - (sign == ">")
        if depth == 0:
            return at == len(item) - 1
    return False


def _is_misspelling(word: str, meant: str) -> bool:
    """Whether two words differ by one slip of a kind that people make.

    A swap of neighbours, a letter too many or too few, or a letter of the same sound (د ذ ض, ح خ ه). Any other letter makes another
    word: انتظار (waiting) is no misspelt انتحار, and يكتلني is no misspelt كتلني (verbs change their person in front).
    """
    if OSA.distance(word, meant, score_cutoff=1) > 1:
        return False
    if len(word) != len(meant):
        return min(len(word), len(meant)) >= SHORTEST_FUZZY
    differing = [(one, other) for one, other in zip(word, meant, strict=True) if one != other]
    return len(differing) == 2 or all(skeleton(one) == skeleton(other) != "" for one, other in differing)


def _deletions(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _forms(word: str) -> tuple[str, ...]:
    """A word as it stands and without each Arabic prefix that it may carry."""
    if word.isascii():
        return (word,)
    return (
        word,
        *(word[len(p) :] for p in _PREFIXES if word.startswith(p) and len(word) - len(p) >= (2 if p == "و" else 3)),
    )


def _ending(word: str) -> str:
    """The vowel that a word of either script ends with: it tells me from him and us (jawazi, jawaza, jawazna)."""
    if word.endswith(("ي", "i", "y", "ee")):
        return "i"
    if word.endswith(("وا", "و", "o", "u", "w", "aw")):
        return "u"
    return "a" if word.endswith(("ا", "ه", "a", "ah", "eh")) else ""


def _latin_forms(word: str) -> tuple[str, ...]:
    return (word, *(word[len(p) :] for p in _LATIN_PREFIXES if word.startswith(p) and len(word) - len(p) >= 4))
