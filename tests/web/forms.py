"""Reads the forms of a page, as a browser or a link scanner does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class FoundForm:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    """What is sent when nobody touches anything."""
    choices: dict[str, list[str]] = field(default_factory=dict)
    """Values of radio buttons and boxes, by name."""
    buttons: list[dict[str, str]] = field(default_factory=list)
    """What each submit button adds, in order. The first is pressed by whatever sends a form by itself."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(FoundForm(given.get("method", "get").lower(), given.get("action", "")))
            self.inside = True
        elif self.inside and tag == "button" and given.get("type", "submit") == "submit":
            self.forms[-1].buttons.append({given["name"]: given.get("value", "")} if "name" in given else {})
        elif self.inside and tag in ("input", "textarea") and "name" in given:
            self._field(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False

    def _field(self, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given["name"]
        if given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" not in given:
                return
        form.fields[name] = given.get("value", "")


def forms_of(page: str) -> list[FoundForm]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_to(page: str, ending: str = "") -> FoundForm:
    """The only form posted to an address with this ending."""
    found = [form for form in forms_of(page) if form.method == "post" and form.action.endswith(ending)]
    assert len(found) == 1, [form.action for form in forms_of(page)]
    return found[0]
