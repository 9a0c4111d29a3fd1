"""Measure build time, start from cache, latency and memory of the classifier as the content grows.

    .venv/bin/python -m benchmarks.scale [--topics 82:6000,700:60000] [--semantic]

Each size runs in a process of its own. Sizes beyond the campaign's 82 topics are made by giving copies of its
phrasings new topic-specific words, which is harder on time than on ranking: nothing about quality is measured here.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from benchmarks.matching import own_campaign
from bot.dialogue.campaign import Campaign, Topic
from bot.dialogue.corpus import corpus_of
from bot.nlu.training import train_classifier
from bot.nlu_io.cache import read_frequencies
from bot.nlu_io.encoder import load_encoder

QUESTIONS = 600
_LETTERS = "بتجحدرسشعفقكلمنهوي"


def grown(campaign: Campaign, topics: int, random: Random, total: int) -> Campaign:
    """Return a campaign of that many topics with about `total` phrasings in all."""
    originals = list(campaign.topics.values())
    share = max(2, total // topics)
    made = {}
    for number in range(topics):
        source = originals[number % len(originals)]
        word = "".join(random.choice(_LETTERS) for _ in range(6))
        pool = [(v, p) for v, found in source.phrasings.items() for p in found]
        chosen = random.sample(pool, min(share, len(pool)))
        phrasings: dict[str, list[str]] = {}
        for variety, text in chosen:
            phrasings.setdefault(variety, []).append(text if number < len(originals) else f"{word} {text}")
        name = f"{source.id}-{number}"
        made[name] = Topic(name, "", (), (), "any", None, {}, {v: tuple(t) for v, t in phrasings.items()})
    return Campaign({}, (), made, {}, {}, {}, campaign.words, {}, out_of_scope=campaign.out_of_scope)


def _memory() -> float:
    """Return the resident MiB of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def one(topics: int, phrasings: int, *, semantic: bool) -> None:
    """Measure one size and print its row."""
    random = Random(1)
    campaign = grown(own_campaign(), topics, random, phrasings)
    frequencies, encoder, cache = read_frequencies(), load_encoder() if semantic else None, dict[str, bytes]()
    texts = [p for t in campaign.topics.values() for found in t.phrasings.values() for p in found]
    start, worked = time.perf_counter(), time.process_time()
    train_classifier(corpus_of(campaign, (), frequencies), encoder=encoder, cache=cache)
    built, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    classifier = train_classifier(corpus_of(campaign, (), frequencies), encoder=encoder, cache=cache)
    restored = time.perf_counter() - start
    questions = random.sample(texts, min(QUESTIONS, len(texts)))
    for question in questions[:20]:
        classifier.predict(classifier.read(question))
    times = []
    for question in questions:
        start = time.perf_counter()
        classifier.predict(classifier.read(question))
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    cached = sum(map(len, cache.values())) / 2**20
    print(
        f"{topics:6d} topics {len(texts):6d} phrasings: cold {built:6.1f} s (CPU {worked:.1f}), from cache {restored:5.2f} s, "
        f"p50 {times[len(times) // 2]:6.2f} ms, p99 {times[int(len(times) * 0.99)]:6.2f} ms, "
        f"now {_memory():5.0f} MiB, peak while learning {peak:5.0f} MiB, cache {cached:4.0f} MiB",
        flush=True,
    )


def main() -> None:
    """Run each size in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topics", default="82:6000,82:10000,700:60000,7000:60000", help="topics:phrasings, ...")
    parser.add_argument("--semantic", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        topics, phrasings = map(int, chosen.one.split(":"))
        one(topics, phrasings, semantic=chosen.semantic)
        return
    for size in chosen.topics.split(","):
        command = [sys.executable, "-m", "benchmarks.scale", "--one", size]
        subprocess.run(command + (["--semantic"] if chosen.semantic else []), check=True)


if __name__ == "__main__":
    main()
