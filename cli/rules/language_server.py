"""The language server, which brings the features of the commands and pages to editors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from cli.rules.directory_beside import DirectoryFiles, NoDirectory
from cli.rules.text_positions import TextPositions
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
"""How many seconds must pass without a keystroke before a text is checked."""
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
    """A text and its diagnostics, kept so that quick fixes match the diagnostics that were shown."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


class RulesServer(LanguageServer):
    """The server's state: the directories, and the diagnostics and warnings that the editor has shown."""

    def __init__(self, given: Path | None) -> None:
        super().__init__("muster-rules", version("muster"), text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.directories = DirectoryFiles(given)
        self.checked: dict[str, _CheckedText] = {}
        self.warnings_shown: set[str] = set()
        """The warnings about missing directories that have been shown, so that none is shown twice."""

    def directory_of(self, uri: str) -> Directory | None:
        """The directory for a document. If there is none, returns None and shows a warning the first time."""
        path = to_fs_path(uri)
        try:
            return self.directories.directory(Path(path) if path else None)
        except NoDirectory as missing:
            warning = f"Names are not checked: {missing}"
            if warning not in self.warnings_shown:
                self.warnings_shown.add(warning)
                self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, warning))
            return None

    def text(self, uri: str) -> str:
        return self.workspace.get_text_document(uri).source

    def positions(self, text: str) -> TextPositions:
        return TextPositions(text, lsp.PositionEncodingKind(self.workspace.position_encoding))

    async def check(self, uri: str, pause: float = 0) -> None:
        """Check the current text and publish its diagnostics, unless the text changes in the meantime."""
        text, revision = self.text(uri), self.workspace.get_text_document(uri).version
        await asyncio.sleep(pause)
        if not self._is_current(uri, text):
            return
        directory = self.directory_of(uri)
        diagnostics = (
            parse_rules(text).diagnostics
            if directory is None
            else await asyncio.to_thread(check_rules, text, directory)
        )
        if not self._is_current(uri, text):
            return
        self.checked[uri] = _CheckedText(text, diagnostics)
        positions = self.positions(text)
        shown = [_for_editor(diagnostic, positions) for diagnostic in diagnostics]
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, shown, revision))

    def _is_current(self, uri: str, text: str) -> bool:
        return uri in self.workspace.text_documents and self.text(uri) == text


def language_server(given: Path | None) -> RulesServer:
    """Create a server without starting it. If no directory file is given, each file uses the one next to it."""
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


async def _opened(server: RulesServer, params: lsp.DidOpenTextDocumentParams) -> None:
    await server.check(params.text_document.uri)


async def _changed(server: RulesServer, params: lsp.DidChangeTextDocumentParams) -> None:
    await server.check(params.text_document.uri, PAUSE)


async def _saved(server: RulesServer, params: lsp.DidSaveTextDocumentParams) -> None:
    await server.check(params.text_document.uri)


def _closed(server: RulesServer, params: lsp.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.checked.pop(uri, None)
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _complete(server: RulesServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    uri = params.text_document.uri
    text = server.text(uri)
    positions = server.positions(text)
    completions = complete(text, positions.offset(params.position), server.directory_of(uri) or _EMPTY)
    items = [
        lsp.CompletionItem(
            label=one.label,
            kind=_KINDS.get(one.kind, lsp.CompletionItemKind.Value),
            detail=one.detail or None,
            documentation=one.info or None,
            sort_text=f"{number:04}",
            filter_text=one.insert.strip(),
            text_edit=lsp.TextEdit(positions.range(one.start, one.end), one.insert),
        )
        for number, one in enumerate(completions)
    ]
    return lsp.CompletionList(is_incomplete=True, items=items)


def _fix(server: RulesServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    uri = params.text_document.uri
    checked = server.checked.get(uri)
    if checked is None or checked.text != server.text(uri):
        return []
    positions = server.positions(checked.text)
    actions: list[lsp.CodeAction] = []
    for diagnostic in checked.diagnostics:
        shown = _for_editor(diagnostic, positions)
        if not _overlaps(shown.range, params.range):
            continue
        for nth, fix in enumerate(quick_fixes(checked.text, diagnostic)):
            edit = lsp.TextEdit(positions.range(fix.start, fix.end), fix.replacement)
            action = lsp.CodeAction(fix.title, lsp.CodeActionKind.QuickFix, [shown], nth == 0)
            action.edit = lsp.WorkspaceEdit(changes={uri: [edit]})
            actions.append(action)
    return actions


def _format(server: RulesServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    """One edit that replaces the whole text; none if the text is formatted or a line is not understood."""
    text = server.text(params.text_document.uri)
    try:
        formatted = format_rules(text)
    except (RulesRefused, FormattingFailed):
        return []
    positions = server.positions(text)
    return [] if formatted == text else [lsp.TextEdit(positions.range(0, len(text)), formatted)]


def _hover(server: RulesServer, params: lsp.HoverParams) -> lsp.Hover | None:
    uri = params.text_document.uri
    text = server.text(uri)
    positions = server.positions(text)
    found = hover(text, positions.offset(params.position), server.directory_of(uri) or _EMPTY)
    if found is None:
        return None
    content = lsp.MarkupContent(lsp.MarkupKind.PlainText, found.text)
    return lsp.Hover(content, positions.range(found.start, found.end))


def _for_editor(diagnostic: Diagnostic, positions: TextPositions) -> lsp.Diagnostic:
    page = _PAGES / f"{diagnostic.code}.md"
    return lsp.Diagnostic(
        range=positions.of_diagnostic(diagnostic),
        message="\n".join((diagnostic.text, *diagnostic.helps)),
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        code_description=lsp.CodeDescription(page.as_uri()) if page.exists() else None,
        source="muster",
    )


def _overlaps(one: lsp.Range, other: lsp.Range) -> bool:
    def key(position: lsp.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)
