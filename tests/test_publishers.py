"""Who an answer's facts come from: named in the reader's language, the best known first."""

from __future__ import annotations

import pytest

from bot.content_tools import read_content
from bot.dialogue.render import PUBLISHERS_SHOWN, Renderer
from bot.i18n import LOCALES, read_phrases
from tests.conftest import ROOT


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_credit_names_the_best_known_first_in_the_readers_language(language: str) -> None:
    content = read_content(ROOT / "content").content
    assert content is not None
    render = Renderer(content.campaign, read_phrases(LOCALES, ("ar", "en")))
    shown = 0
    for topic in content.campaign.topics.values():
        sources = render.sources(topic)
        best = sorted({source.rank for source in sources})[:1]
        names = {source.publisher[language] for source in sources if source.rank in best}
        credit = render.credit(topic, language)
        assert not sources or any(name.replace("&", "&amp;") in credit for name in names), topic.id
        assert credit.count(" · ") < PUBLISHERS_SHOWN
        shown += bool(sources)
    assert shown > 90


def test_every_publisher_has_a_name_of_its_own_in_each_language() -> None:
    content = read_content(ROOT / "content").content
    assert content is not None
    for source in content.campaign.sources.values():
        assert source.publisher["ar"] and source.publisher["en"], source.id
        assert 1 <= source.rank <= 9
