"""Texts on the rules language, led by the coverage they reach: run by `test_rules_soak.py`, which gives it its minutes.

The first argument is a folder of texts to begin with. Ends with another code than 0 where a text breaks a promise; the
text is then left in the folder of the second argument.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["rules_dsl"]):
    from tests.rules_dsl.desks import directory
    from tests.rules_dsl.fuzzing import DESKS, assert_sound


def one_text(data: bytes) -> None:
    """The first byte chooses the desk and the places that are asked about."""
    if not data:
        return
    desk = directory(DESKS[data[0] % len(DESKS)])
    assert_sound(data[1:].decode("utf-8", "surrogateescape"), desk, Random(data[0]))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_text)
    atheris.Fuzz()
