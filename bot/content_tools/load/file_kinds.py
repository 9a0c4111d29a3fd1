"""Which model reads which content file, and what its keys are called."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, RootModel

from bot.content_tools.load import example_schema, schema, word_schema

FILES: dict[str, type[BaseModel]] = {
    "campaign": schema.CampaignFile,
    "topics": schema.TopicsFile,
    "dangers": schema.DangersFile,
    "facts": schema.FactsFile,
    "sources": schema.SourcesFile,
    "contacts": schema.ContactsFile,
    "vocabulary": schema.VocabularyFile,
    "answer": schema.AnswerFile,
    "phrasings": schema.PhrasingsFile,
    "categories": schema.CategoriesFile,
    "words": schema.WordsFile,
    "foreign": schema.ForeignFile,
    "safety": word_schema.SafetyFile,
    "offers": word_schema.OffersFile,
    "smalltalk": word_schema.SmallTalkFile,
    "sentences": word_schema.SentencesFile,
    "style": word_schema.StyleFile,
    "wordings": schema.WordingsFile,
    "danger-examples": example_schema.DangerExamplesFile,
    "harmless-examples": example_schema.HarmlessExamplesFile,
    "scam-examples": example_schema.ScamExamplesFile,
    "honest-examples": example_schema.HonestExamplesFile,
}
"""Kind of file -> its model."""


def fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that a model knows at a path of keys and positions; empty where any key may stand."""
    current: Any = model
    for step in path:
        current = _below(current, step)
    current = _model_in(current)
    if current is None or issubclass(current, RootModel):
        return ()
    return tuple(field.alias or name for name, field in current.model_fields.items())


def _below(annotation: Any, step: str | int) -> Any:
    model = _model_in(annotation)
    if model is not None:
        field = model.model_fields.get("root" if issubclass(model, RootModel) else str(step))
        if field is None:
            return None
        return _below(field.annotation, step) if issubclass(model, RootModel) else field.annotation
    arguments = [a for a in getattr(annotation, "__args__", ()) if a is not type(None)]
    return arguments[-1] if arguments else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (
            isinstance(argument, type)
            and issubclass(argument, BaseModel)
            and not getattr(annotation, "__origin__", None)
        ):
            return argument
    return None
