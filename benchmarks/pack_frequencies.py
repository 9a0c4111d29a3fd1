"""Pack wordfreq's Arabic and English lists into bot/nlu_io/frequencies.txt.gz (run once, by hand).

Needs `pip install wordfreq==3.1.1`, which the bot does not. Words are folded as the classifier folds them; the
order is by frequency, so that a word's place is its rank. Credit and licence: NOTICE.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from wordfreq import top_n_list

from bot.nlu.normalize import words

KEEP = {"ar": 40_000, "en": 30_000}
TARGET = Path(__file__).parent.parent / "bot" / "nlu_io" / "frequencies.txt.gz"


def main() -> None:
    """Write one block of lines for each language: "# code", then its words, most frequent first."""
    lines: list[str] = []
    for language, count in KEEP.items():
        seen: dict[str, None] = {}
        for word in top_n_list(language, count * 2):
            folded = words(word)
            right_script = folded and folded[0].isascii() == (language == "en")
            if len(folded) == 1 and right_script and folded[0].isalpha() and len(folded[0]) > 1:
                seen.setdefault(folded[0])
            if len(seen) == count:
                break
        lines += [f"# {language}", *seen]
    TARGET.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    print(f"{TARGET}: {len(lines)} lines, {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
