"""Judges each sentence of a view: a pattern has to say what it claims, and the rows whether that is so."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.web.sentences.fixed import FIXED
from tests.web.sentences.scene import Claim, Scene, Truths
from tests.web.sentences.truths_customer import AGENT_JOIN, CUSTOMER, JOIN, RATE
from tests.web.sentences.truths_desk import DESK
from tests.web.sentences.truths_lists import BOARD, LIST, OUTCOMES
from tests.web.sentences.truths_mail import MAIL
from tests.web.sentences.truths_states import RAISED
from tests.web.sentences.truths_story import STORY

TRUTHS: dict[str, Truths] = {
    "customer": CUSTOMER,
    "join": JOIN,
    "agent join": AGENT_JOIN,
    "rate": RATE,
    "mail": MAIL,
    "raised": RAISED,
    "story": STORY,
    "desk": DESK,
    "list": LIST,
    "board": BOARD,
    "outcomes": OUTCOMES,
}


@dataclass
class Judge:
    judged: int = 0
    fixed: int = 0
    said: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each pattern of each page occurred."""
    untrue: dict[str, str] = field(default_factory=dict)
    """The page and sentence, without its figures, and the first step at which it was said."""

    def judge(self, scene: Scene, step: str) -> None:
        for sentence in scene.view.sentences:
            self.judged += 1
            if sentence in FIXED:
                self.fixed += 1
                continue
            problem = self._problem(scene, sentence)
            if problem:
                key = f"{scene.view.page}: {re.sub(r'[0-9]+', 'N', sentence)}"
                self.untrue.setdefault(key, f"{problem} ({sentence!r}, after {step!r} at {scene.now})")

    def _problem(self, scene: Scene, sentence: str) -> str:
        """Why this sentence can't be believed; empty if it is true."""
        meant: list[Claim] = []
        for one in TRUTHS[scene.view.page]:
            match = one.pattern.fullmatch(sentence)
            if match is None:
                continue
            meant.append(one)
            self.said[scene.view.page, one.pattern.pattern] += 1
            try:
                if one.is_true(scene, match):
                    return ""
            except (LookupError, AttributeError, TypeError, ValueError, StopIteration):
                # The row that the sentence needs doesn't exist.
                continue
        return "no row bears it out" if meant else "no pattern says when it is true"

    def never_said(self) -> list[str]:
        """Patterns that occurred on no page."""
        said = {pattern for _, pattern in self.said}
        every = {one.pattern.pattern for truths in TRUTHS.values() for one in truths}
        return sorted(every - said)
