"""Coverage-guided fuzzing of the rules language, run by `test_rules_soak.py` for some minutes.

The last argument is a folder with initial texts. Exits with a code other than 0 if a text breaks a promise; libFuzzer
leaves that text in the folder of ``-artifact_prefix``.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["rules_dsl"]):
    from tests.rules_dsl.desks import directory
    from tests.rules_dsl.fuzzing import DESKS, assert_sound


def one_text(data: bytes) -> None:
    """The first byte selects the directory and the tested positions."""
    if not data:
        return
    desk = directory(DESKS[data[0] % len(DESKS)])
    assert_sound(data[1:].decode("utf-8", "surrogateescape"), desk, Random(data[0]))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_text)
    atheris.Fuzz()
