"""The examples that detectors learn from: ids in them, marked words, and texts that stand under two labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load import example_schema
from bot.content_tools.load.examples import read_marks
from bot.content_tools.load.word_schema import UNKNOWN
from bot.content_tools.load.yaml_tree import Step
from bot.content_tools.rule import error
from bot.i18n import N_
from bot.nlu.normalize import fold

error("mark-broken", N_("a mark in this text is broken: write [[sign|words]] with both brackets, nothing nested."))
error(
    "example-twice",
    N_("this text also stands in {other}, where it means something else. Delete it in one of the two places."),
)

_MARK = re.compile(r"\[\[[a-z0-9-]+\|[^\[\]|]+\]\]")


def check(inspection: Inspection) -> None:
    """Look at the files of examples of every language."""
    if inspection.campaign is None:
        return
    varieties = {code: language.varieties for code, language in inspection.campaign.languages.items()}
    seen: dict[str, tuple[str, str]] = {}
    for path, label, where, variety, text in _texts(inspection):
        language = path.split("/")[0]
        if variety not in varieties.get(language, {}):
            inspection.one_known(path, where[:-1], variety, varieties.get(language, {}), "campaign.yaml", on_key=True)
            continue
        if label == "scam":
            _marks(inspection, path, where, text)
        key = fold(text)
        known, at = seen.setdefault(key, (label, path))
        if known != label and {known, label} & {"none", "honest"}:
            inspection.folder.at(path, where, "example-twice", other=inspection.folder.shown(at))
    for path, model in _danger_models(inspection):
        for position, group in enumerate(model.groups):
            if group.place is not None:
                places = {*inspection.campaign.places, UNKNOWN}
                inspection.one_known(path, ("groups", position, "place"), group.place, places, "campaign.yaml")


def _danger_models(inspection: Inspection) -> Iterator[tuple[str, example_schema.DangerExamplesFile]]:
    for path, model in inspection.folder.models.items():
        if isinstance(model, example_schema.DangerExamplesFile):
            yield path, model


def _texts(inspection: Inspection) -> Iterator[tuple[str, str, tuple[Step, ...], str, str]]:
    """(path, label, place, variety, text) of every example."""
    for path, model in inspection.folder.models.items():
        match model:
            case example_schema.DangerExamplesFile():
                label = path.rpartition("/")[2].removesuffix(".yaml")
            case example_schema.HarmlessExamplesFile():
                label = "none"
            case example_schema.ScamExamplesFile():
                label = "scam"
            case example_schema.HonestExamplesFile():
                label = "honest"
            case _:
                continue
        for position, group in enumerate(model.groups):
            for variety, texts in group.texts.items():
                for number, text in enumerate(texts):
                    yield path, label, ("groups", position, variety, number), variety, text


def _marks(inspection: Inspection, path: str, where: tuple[Step, ...], text: str) -> None:
    rest = _MARK.sub("", text)
    if "[[" in rest or "]]" in rest:
        inspection.folder.at(path, where, "mark-broken")
        return
    signs = {sign for _, _, file in inspection.contents("_offers.yaml") for sign in file.signs}
    for _, _, sign in read_marks(text, "").spans:
        if signs:
            inspection.one_known(path, where, sign, signs, "_offers.yaml")
