"""No page, mail or entry of a story says a sentence that the rows contradict."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.servers import free_port
from tests.web.sentences.fixed import FIXED
from tests.web.sentences.judging import Judge
from tests.web.sentences.lives import LIVES
from tests.web.sentences.scene import Scene
from tests.web.sentences.town import open_town
from tests.web.sentences.views import observe

STATES_SOMETHING = re.compile(
    r"\d|\b(?:booked|taken|took|joined|accepted|declined|cancelled|withdrawn|expired|sent|emailed|told|rated|moved|"
    r"ended|over|began|begun|left|missed|failed|delivered|called|closed|reminded|found|asked|wrote|written|was|were|"
    r"has|have|had|will|Anna|Miguel|Freja|Lukas|Noor|Ines|Mira|Otto|Marta)\b"
)


@pytest.mark.soak
async def test_every_sentence_of_every_life_is_borne_out_by_the_rows(
    database: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    judge, lies = Judge(), Judge()
    async with open_town(database, database_url, monkeypatch) as town:
        for tell in LIVES:
            await town.next_morning()
            async for life, step in tell(town):
                rows, views = await observe(town, life)
                for view in views:
                    judge.judge(Scene(rows, view), f"{tell.__name__}: {step}")
        lie = replace(views[-1], page="customer", about=rows.links[-1], sentences=("Your call is cancelled", "Hurrah!"))
        lies.judge(Scene(rows, lie), "the last life")
    untrue = "\n".join(f"{sentence}: {why}" for sentence, why in judge.untrue.items())
    assert untrue == "", untrue
    assert judge.never_said() == []
    assert judge.judged > 10_000
    assert len(lies.untrue) == 2, "a sentence that isn't so, and one of which nothing says when it is"


def test_fixed_texts_state_nothing() -> None:
    assert [one for one in FIXED if STATES_SOMETHING.search(one)] == []
