"""The language server over real pipes, as an editor uses it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.environment import example
from tests.cli.rules.language_client import MUSTER, Editor

RULES = example("small_team.rules").read_text("utf-8")
WRONG = 'rules for "Harbor Boats support"\n\nrule "Bœuf 🐂 A"\n  when prioriti is urgent\n  sent to team "Suport"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    shutil.copy(example("small_team.directory.json"), tmp_path / "boats.directory.json")
    return tmp_path / "boats.rules"


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    editor = Editor()
    editor.begin()
    yield editor
    assert editor.end() == 0


def applied(text: str, edit: dict[str, Any]) -> str:
    """The text with an edit applied; columns are UTF-16 code units."""

    def offset(place: dict[str, int]) -> int:
        lines = text.splitlines(keepends=True)
        line = lines[place["line"]] if place["line"] < len(lines) else ""
        before = line.encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
        return sum(map(len, lines[: place["line"]])) + len(before)

    return text[: offset(edit["range"]["start"])] + str(edit["newText"]) + text[offset(edit["range"]["end"]) :]


def test_diagnostics_have_code_place_and_page_and_go_when_fixed(editor: Editor, desk: Path) -> None:
    uri = editor.open(desk, WRONG)
    published = editor.diagnostics(uri)
    by_code = {one["code"]: one for one in published["diagnostics"]}
    fact = by_code["R205"]
    assert fact["range"] == {"start": {"line": 3, "character": 7}, "end": {"line": 3, "character": 15}}
    assert fact["message"].startswith("unknown fact `prioriti`\ndid you mean `priority`?")
    assert (fact["severity"], fact["source"]) == (1, "muster")
    assert fact["codeDescription"]["href"].endswith("/docs/messages/R205.md")
    editor.change(uri, 2, WRONG.replace("prioriti", "priority"))
    assert "R205" not in {one["code"] for one in editor.diagnostics(uri)["diagnostics"]}
    editor.change(uri, 3, RULES)
    assert editor.diagnostics(uri) == {"uri": uri, "version": 3, "diagnostics": []}


def test_only_the_last_of_quick_changes_is_checked(editor: Editor, desk: Path) -> None:
    uri = editor.open(desk, RULES)
    editor.diagnostics(uri)
    for version in range(2, 12):
        editor.change(uri, version, RULES + "x" * version)
    assert editor.diagnostics(uri)["version"] == 11


def test_a_quick_fix_applies_what_the_diagnostic_suggests(editor: Editor, desk: Path) -> None:
    uri = editor.open(desk, WRONG)
    editor.diagnostics(uri)
    text = WRONG
    for line in (3, 4):
        place = {"line": line, "character": 9}
        found = editor.request(
            "textDocument/codeAction",
            textDocument={"uri": uri},
            range={"start": place, "end": place},
            context={"diagnostics": []},
        )
        assert found[0]["kind"] == "quickfix"
        assert found[0]["isPreferred"]
        (edit,) = found[0]["edit"]["changes"][uri]
        text = applied(text, edit)
    assert "when priority is urgent\n  send to team" in text


def test_completion_knows_the_directory_and_counts_columns_as_the_editor_does(editor: Editor, desk: Path) -> None:
    text = f'{RULES}\nrule "🐂🐂"\n  send to team "Of'
    uri = editor.open(desk, text)
    line = text.count("\n")
    (item,) = editor.at("textDocument/completion", uri, line, 18)["items"]
    assert item["label"] == "Office"
    assert applied(text, item["textEdit"]).endswith('send to team "Office"')
    assert item["detail"].endswith("people") or item["detail"].endswith("person")
    text = f'{RULES}\nexpect "🐂" at'
    editor.change(uri, 2, text)
    assert editor.at("textDocument/completion", uri, text.count("\n"), 14) == {"isIncomplete": True, "items": []}


def test_formatting_is_one_edit_or_none(editor: Editor, desk: Path) -> None:
    untidy = RULES.replace("\n  ", "\n      ").replace("rule ", "RULE ")
    uri = editor.open(desk, untidy)
    options = {"tabSize": 2, "insertSpaces": True}
    (edit,) = editor.request("textDocument/formatting", textDocument={"uri": uri}, options=options)
    assert applied(untidy, edit) == RULES
    editor.change(uri, 2, RULES)
    assert editor.request("textDocument/formatting", textDocument={"uri": uri}, options=options) == []
    editor.change(uri, 3, WRONG)
    assert editor.request("textDocument/formatting", textDocument={"uri": uri}, options=options) == []


def test_hovering_over_a_phrase_shows_its_meaning(editor: Editor, desk: Path) -> None:
    uri = editor.open(desk, RULES)
    lines = RULES.splitlines()

    def hover_text(phrase: str) -> str:
        line = next(number for number, one in enumerate(lines) if phrase in one)
        found = editor.at("textDocument/hover", uri, line, lines[line].index(phrase) + 1)
        return str(found["contents"]["value"])

    assert hover_text("send to").startswith("Whom to ask first")
    assert hover_text("product area").startswith("product area: one of a list: ")
    assert hover_text('"Office"').startswith("team Office: ")
    assert editor.at("textDocument/hover", uri, 1, 0) is None or "Whose" in hover_text("rules for")


def test_without_a_directory_syntax_is_still_checked(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "alone.rules", WRONG)
    assert {one["code"] for one in editor.diagnostics(uri)["diagnostics"]} == {"R101"}
    # Others may come first: documents of earlier tests are still open, and their directories are gone.
    while "no alone.directory.json next to alone.rules" not in editor.wait_for("window/showMessage")["message"]:
        pass


def test_a_changed_directory_is_read_again(editor: Editor, desk: Path) -> None:
    uri = editor.open(desk, RULES)
    assert editor.diagnostics(uri)["diagnostics"] == []
    file = desk.with_name("boats.directory.json")
    file.write_text(file.read_text("utf-8").replace('"Office"', '"Back office"'), "utf-8")
    editor.notify("textDocument/didSave", textDocument={"uri": uri})
    assert "R201" in {one["code"] for one in editor.diagnostics(uri)["diagnostics"]}


def test_without_its_extra_an_error_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls/__init__.py").write_text("raise ModuleNotFoundError('none', name='pygls')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [MUSTER, "rules", "serve"], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "Error: the language server is an extra: install muster[lsp]\n"


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 24), ("utf-32", 21)])
def test_other_column_units_are_negotiated(desk: Path, encoding: str, column: int) -> None:
    editor = Editor("--directory", str(desk.with_name("boats.directory.json")))
    capabilities = editor.begin(general={"positionEncodings": [encoding]})
    assert capabilities["positionEncoding"] == encoding
    uri = editor.open(Path("/nowhere/else.rules"), RULES + '\nrule "🐂" when is when\n')
    (found,) = [one for one in editor.diagnostics(uri)["diagnostics"] if one["code"] == "R110"]
    assert found["range"]["end"]["character"] == column
    assert editor.end() == 0
