"""The rules language for editors: a thin wrapper around what the commands and the pages use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from cli.rules.directory_beside import DirectoriesBeside, NoDirectory
from cli.rules.text_positions import TextPlaces
from rules_dsl import (
    Diagnostic,
    FormattingFailed,
    RulesRefused,
    check_rules,
    complete,
    format_rules,
    hover,
    parse_rules,
    quick_fixes,
)
from rules_dsl.directory import Directory

PAUSE = 0.15
"""Seconds without a keystroke before a text is checked."""
_PAGES = Path(__file__).parents[2] / "docs" / "messages"
_SEVERITIES = {"error": lsp.DiagnosticSeverity.Error, "warning": lsp.DiagnosticSeverity.Warning}
_KINDS = {
    "keyword": lsp.CompletionItemKind.Keyword,
    "fact": lsp.CompletionItemKind.Property,
    "value": lsp.CompletionItemKind.EnumMember,
    "definition": lsp.CompletionItemKind.Variable,
    "rule": lsp.CompletionItemKind.Reference,
}
_EMPTY = Directory("", "UTC", "EUR")


@dataclass(frozen=True)
class _CheckedText:
    text: str
    diagnostics: tuple[Diagnostic, ...]


class RulesServer(LanguageServer):
    def __init__(self, given: Path | None) -> None:
        super().__init__("muster-rules", version("muster"), text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.directories = DirectoriesBeside(given)
        self.checked: dict[str, _CheckedText] = {}
        self.told: set[str] = set()
        """Why there is no directory: said once each."""

    def directory_of(self, uri: str) -> Directory | None:
        """None where there is none; the reader is told why, once."""
        path = to_fs_path(uri)
        try:
            return self.directories.directory(Path(path) if path else None)
        except NoDirectory as missing:
            said = f"Names are not looked up: {missing}"
            if said not in self.told:
                self.told.add(said)
                self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, said))
            return None

    def text(self, uri: str) -> str:
        return self.workspace.get_text_document(uri).source

    def places(self, text: str) -> TextPlaces:
        return TextPlaces(text, lsp.PositionEncodingKind(self.workspace.position_encoding))

    async def check(self, uri: str, pause: float = 0) -> None:
        """Publish what is to be said about the text as it stands, unless it changes meanwhile."""
        text, revision = self.text(uri), self.workspace.get_text_document(uri).version
        await asyncio.sleep(pause)
        if not self._stands(uri, text):
            return
        directory = self.directory_of(uri)
        diagnostics = (
            parse_rules(text).diagnostics
            if directory is None
            else await asyncio.to_thread(check_rules, text, directory)
        )
        if not self._stands(uri, text):
            return
        self.checked[uri] = _CheckedText(text, diagnostics)
        places = self.places(text)
        shown = [_for_editor(diagnostic, places) for diagnostic in diagnostics]
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, shown, revision))

    def _stands(self, uri: str, text: str) -> bool:
        return uri in self.workspace.text_documents and self.text(uri) == text


def language_server(given: Path | None) -> RulesServer:
    """Not started yet. ``given``: the directory file for every rules file, else the one beside each."""
    server = RulesServer(given)
    server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)(_saved)
    server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(_closed)
    server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=['"', " ", ","]))(_complete)
    server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    )(_fix)
    server.feature(lsp.TEXT_DOCUMENT_FORMATTING)(_format)
    server.feature(lsp.TEXT_DOCUMENT_HOVER)(_hover)
    return server


async def _opened(server: RulesServer, opened: lsp.DidOpenTextDocumentParams) -> None:
    await server.check(opened.text_document.uri)


async def _changed(server: RulesServer, changed: lsp.DidChangeTextDocumentParams) -> None:
    await server.check(changed.text_document.uri, PAUSE)


async def _saved(server: RulesServer, saved: lsp.DidSaveTextDocumentParams) -> None:
    await server.check(saved.text_document.uri)


def _closed(server: RulesServer, closed: lsp.DidCloseTextDocumentParams) -> None:
    uri = closed.text_document.uri
    server.checked.pop(uri, None)
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _complete(server: RulesServer, asked: lsp.CompletionParams) -> lsp.CompletionList:
    uri = asked.text_document.uri
    text = server.text(uri)
    places = server.places(text)
    found = complete(text, places.offset(asked.position), server.directory_of(uri) or _EMPTY)
    items = [
        lsp.CompletionItem(
            label=one.label,
            kind=_KINDS.get(one.kind, lsp.CompletionItemKind.Value),
            detail=one.detail or None,
            documentation=one.info or None,
            sort_text=f"{number:04}",
            filter_text=one.insert.strip(),
            text_edit=lsp.TextEdit(places.range(one.start, one.end), one.insert),
        )
        for number, one in enumerate(found)
    ]
    return lsp.CompletionList(is_incomplete=True, items=items)


def _fix(server: RulesServer, asked: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    uri = asked.text_document.uri
    checked = server.checked.get(uri)
    if checked is None or checked.text != server.text(uri):
        return []
    places = server.places(checked.text)
    actions: list[lsp.CodeAction] = []
    for diagnostic in checked.diagnostics:
        shown = _for_editor(diagnostic, places)
        if not _meets(shown.range, asked.range):
            continue
        for nth, fix in enumerate(quick_fixes(checked.text, diagnostic)):
            edit = lsp.TextEdit(places.range(fix.start, fix.end), fix.replacement)
            action = lsp.CodeAction(fix.title, lsp.CodeActionKind.QuickFix, [shown], nth == 0)
            action.edit = lsp.WorkspaceEdit(changes={uri: [edit]})
            actions.append(action)
    return actions


def _format(server: RulesServer, asked: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    """Nothing where a line is not understood: that text stays as it is."""
    text = server.text(asked.text_document.uri)
    try:
        formatted = format_rules(text)
    except (RulesRefused, FormattingFailed):
        return []
    places = server.places(text)
    return [] if formatted == text else [lsp.TextEdit(places.range(0, len(text)), formatted)]


def _hover(server: RulesServer, asked: lsp.HoverParams) -> lsp.Hover | None:
    uri = asked.text_document.uri
    text = server.text(uri)
    places = server.places(text)
    found = hover(text, places.offset(asked.position), server.directory_of(uri) or _EMPTY)
    if found is None:
        return None
    said = lsp.MarkupContent(lsp.MarkupKind.PlainText, found.text)
    return lsp.Hover(said, places.range(found.start, found.end))


def _for_editor(diagnostic: Diagnostic, places: TextPlaces) -> lsp.Diagnostic:
    page = _PAGES / f"{diagnostic.code}.md"
    return lsp.Diagnostic(
        range=places.of_diagnostic(diagnostic),
        message="\n".join((diagnostic.text, *diagnostic.helps)),
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        code_description=lsp.CodeDescription(page.as_uri()) if page.exists() else None,
        source="muster",
    )


def _meets(one: lsp.Range, other: lsp.Range) -> bool:
    def key(position: lsp.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)
