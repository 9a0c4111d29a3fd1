"""How well voice notes are heard: espeak-ng's speech through the real path, in Arabic and English, and noise.

`python -m benchmarks.voice MODEL [SENTENCES]` prints words heard wrong, notes of which nothing was kept, topics reached
(by the words that were heard, beside the words that were spoken), seconds per second of speech, and memory. espeak-ng is
no person: its Arabic lacks the short vowels that nobody writes, so that its figures are a floor, not a forecast.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path

import numpy
from rapidfuzz.distance import Levenshtein

from bot.assemble import classifier_of
from bot.channels.voice import Heard, hear
from bot.content_tools.load.build import read_content
from bot.nlu.ranking import Classifier
from bot.nlu.utterance import Utterance
from bot.settings import read_settings
from tests.voice_kit import as_note, spoken

VARIETIES = {"ar": "msa", "en": "en"}
BYTES_A_SECOND = 2 * 22050
"""Of espeak-ng's WAV."""


def main(model: Path, sentences: int) -> None:
    """Print the table."""
    settings = read_settings()
    content = read_content(settings.content_dir).content
    assert content is not None
    classifier = classifier_of(settings)(content.campaign)
    for language, variety in VARIETIES.items():
        chance = random.Random(7)
        asked = [
            (topic.id, chance.choice(topic.phrasings[variety]))
            for topic in content.campaign.topics.values()
            if topic.phrasings.get(variety)
        ]
        print(language, _measured(chance.sample(asked, min(sentences, len(asked))), language, model, classifier))
    noise = numpy.random.default_rng(1)
    invented = 0
    for _ in range(10):
        sound = spoken(".", "en")[:44] + noise.normal(0, 2500, 22050 * 4).astype("<i2").tobytes()
        invented += hear(as_note(sound), model) is not None
    print(f"noise: something was heard in {invented} of 10 notes")
    print(f"memory of the other process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB")


def _measured(asked: list[tuple[str, str]], language: str, model: Path, classifier: Classifier) -> str:
    wrong = said = silent = by_voice = by_text = 0
    speech = work = 0.0
    for topic, text in asked:
        sound = spoken(text, language)
        speech += len(sound) / BYTES_A_SECOND
        begun = time.perf_counter()
        heard = hear(as_note(sound), model, (language, "en" if language == "ar" else "ar"))
        work += time.perf_counter() - begun
        by_text += _reaches(classifier, text, topic)
        if heard is None:
            silent += 1
            continue
        by_voice += _reaches(classifier, heard.text, topic)
        said += len(_words(text))
        wrong += _errors(text, heard)
    kept = len(asked) - silent
    return (
        f"notes {len(asked)}, nothing kept of {silent}; words wrong {100 * wrong / max(said, 1):.0f} % of {said}; right "
        f"topic among the first three {by_voice} of {kept} heard ({by_text} of {len(asked)} by text); "
        f"{work / speech:.2f} s per second of speech"
    )


def _reaches(classifier: Classifier, text: str, topic: str) -> bool:
    return topic in [ranked.topic for ranked in classifier.predict(Utterance.read(text)).ranked[:3]]


def _errors(text: str, heard: Heard) -> int:
    return Levenshtein.distance(_words(text), _words(heard.text))


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 30)
