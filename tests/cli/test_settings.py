"""Settings: what they accept, and that every one is documented."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from config.settings import SettingMissing, Settings, with_driver

ROOT = Path(__file__).parent.parent.parent
VARIABLES = [f"MUSTER_{name.upper()}" for name in Settings.model_fields]
OTHER_VARIABLES = {"MUSTER_CHROMIUM", "MUSTER_API_TOKEN", "MUSTER_DATABASE_PASSWORD", "MUSTER_SUBNET"}
"""Variables for the browser tests, one command and the compose file; not settings of Muster itself."""


@pytest.mark.parametrize("document", [".env.example", "docs/operations.md"])
def test_every_setting_is_documented_and_nothing_else_is(document: str) -> None:
    documented = set(re.findall(r"\bMUSTER_[A-Z_]+\b", (ROOT / document).read_text()))
    assert set(VARIABLES) <= documented
    assert documented <= {*VARIABLES, *OTHER_VARIABLES}


def test_the_table_shows_the_real_defaults() -> None:
    table = (ROOT / "docs/operations.md").read_text()
    for name, field in Settings.model_fields.items():
        if field.default not in (None, ""):
            shown = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert f"| `MUSTER_{name.upper()}` | `{shown}` | {field.description} |" in table


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_PORT", "9100")
    monkeypatch.setenv("MUSTER_DATABASE_URL", "postgres://muster:word@db.example/muster")
    monkeypatch.setenv("MUSTER_SMTP_HOST", "")
    settings = Settings()
    assert settings.base_url == "http://127.0.0.1:9100"
    assert settings.require_database_url() == "postgresql+psycopg://muster:word@db.example/muster"
    assert settings.smtp_host is None, "an empty variable counts as unset"


@pytest.mark.parametrize("wrong", ["mysql://db.example/muster", "db.example", "sqlite:///muster.db"])
def test_only_postgresql_addresses_are_accepted(wrong: str) -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        with_driver(wrong)


def test_an_invalid_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_SECRET_KEY", "short")
    with pytest.raises(ValidationError, match="secret_key"):
        Settings()


def test_secrets_do_not_show() -> None:
    assert "o" * 40 not in repr(Settings(secret_key=SecretStr("o" * 40)))


def test_the_embedded_stack_creates_its_key_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", embedded=True)
    key = settings.require_secret_key()
    assert len(key) >= 32
    assert settings.require_secret_key() == key
    assert stat.S_IMODE((tmp_path / "home" / "secret").stat().st_mode) == 0o600
    with pytest.raises(SettingMissing, match="MUSTER_SECRET_KEY"):
        Settings(home=tmp_path / "home").require_secret_key()
