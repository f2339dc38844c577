"""Every setting of Muster, from ``MUSTER_*`` in the environment. Only entry points read it.

Temporal's own settings are the standard ``TEMPORAL_*`` ones: see ``config.temporal``.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingMissing(Exception):
    """A setting without a sensible default is needed and not there."""

    def __init__(self, variable: str, needed_for: str) -> None:
        super().__init__(f"set {variable}: it is needed {needed_for}")
        self.variable = variable


def with_driver(url: str) -> str:
    """``postgres://`` and ``postgresql://`` addresses, made to name the driver that Muster uses."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("expected an address such as postgresql://user:password@host:5432/muster")
    return f"postgresql+psycopg://{rest}"


class Settings(BaseSettings):
    """Read once by an entry point and handed down. Frozen; secrets don't show in its text."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(Path(".muster"), description="Folder of the embedded stack's data, logs and mail.")
    host: str = Field("127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(8700, ge=1, le=65535, description="Port that the web process listens on.")
    public_url: str = Field("", description="Address that customers reach; else http://127.0.0.1:PORT.")
    embedded: bool = Field(
        False, description="Set by `muster up` for its processes: shows the caught mail and the dev room."
    )

    database_url: Annotated[str, AfterValidator(with_driver)] | None = Field(
        None, description="PostgreSQL 18 database; without it `muster up` brings its own."
    )
    database_pool: int = Field(10, ge=1, description="Database connections a process keeps at most.")
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="At least 32 characters; every link and form token is made from it. Made once by `muster up`.",
    )
    session_hours: int = Field(12, ge=1, description="Hours until a signed-in person signs in again.")
    room_url: str = Field(
        "{public_url}/dev/room/{call_id}",
        description="Template of a call's room, as https://meet.example/{call_id}.",
    )

    smtp_host: str | None = Field(None, description="Mail server; the embedded default catches mail instead.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the mail server.")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("none", description="How mail is encrypted.")
    smtp_user: str | None = Field(None, description="Name to sign in to the mail server with.")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server.")
    smtp_from: str | None = Field(
        None, description="One sender for all mail; without it each team's own address sends."
    )
    alert_webhook_url: str | None = Field(
        None, description="Slack-compatible webhook that hears of bad ratings at once."
    )
    webhook_private_addresses: bool = Field(
        False, description="Lets webhooks lead to private addresses, as a chat server of your own."
    )
    calendar_private_addresses: bool = Field(
        False, description="Lets people's calendars be read from private addresses, as a calendar server of your own."
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    log_format: Literal["text", "json"] = Field("text", description="One readable line or one JSON object.")

    @property
    def base_url(self) -> str:
        """The public address without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def mail_folder(self) -> Path:
        """Where the embedded mailbox keeps what it catches."""
        return self.home / "mail"

    def require_database_url(self) -> str:
        if self.database_url is None:
            raise SettingMissing("MUSTER_DATABASE_URL", "where no embedded stack runs (`muster up`)")
        return self.database_url

    def require_secret_key(self) -> str:
        """The key of ``domain.ids.Tokens``; the embedded stack makes one and keeps it in ``home/secret``."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        if not self.embedded:
            raise SettingMissing("MUSTER_SECRET_KEY", "to make links and form tokens from")
        return kept_secret(self.home / "secret")


def kept_secret(path: Path) -> str:
    """The secret in this file; made with it, readable by its owner only, if it isn't there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()
