"""Every setting of Muster, from ``MUSTER_*`` in the environment. Only entry points read them.

Temporal's own settings are the standard ``TEMPORAL_*``: see ``config.temporal``.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.media.relay import STUN, TURN, CallRelays, addresses
from domain.media.room import Room, room_of

ARCHIVE_EARLIEST = 30
"""Days after which nobody rates, moves or follows up a call any more."""


class SettingMissing(Exception):
    """A required setting, which has no sensible default, isn't set."""

    def __init__(self, variable: str, needed_for: str) -> None:
        super().__init__(f"set {variable}: it is needed {needed_for}")
        self.variable = variable


def with_driver(url: str) -> str:
    """A ``postgres://`` or ``postgresql://`` address, changed to name Muster's driver. Raises ``ValueError``."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("expected an address such as postgresql://user:password@host:5432/muster")
    return f"postgresql+psycopg://{rest}"


def archive_age(days: int) -> int:
    """Days until an escalation is archived. Raises ``ValueError`` if people may still be working with it."""
    if days != 0 and days < ARCHIVE_EARLIEST:
        raise ValueError(f"expected 0 or at least {ARCHIVE_EARLIEST}")
    return days


def networks(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks such as ``10.0.0.7, 172.16.0.0/12``. Raises ``ValueError``."""
    return tuple(ip_network(one.strip()) for one in listed.split(",") if one.strip())


def checked_proxies(listed: str) -> str:
    """The same text. Raises ``ValueError`` if it names anything but addresses and networks."""
    networks(listed)
    return listed


def stun_addresses(listed: str) -> str:
    """The same text. Raises ``ValueError`` if it names anything but STUN servers."""
    addresses(listed, STUN)
    return listed


def turn_addresses(listed: str) -> str:
    """The same text. Raises ``ValueError`` if it names anything but TURN servers."""
    addresses(listed, TURN)
    return listed


class Settings(BaseSettings):
    """Read once by an entry point and passed down. Frozen; its ``repr`` hides secrets."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(Path(".muster"), description="Folder for the embedded stack's data, logs and mail.")
    host: str = Field("127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(8700, ge=1, le=65535, description="Port that the web process listens on.")
    trusted_proxies: Annotated[str, AfterValidator(checked_proxies)] = Field(
        "127.0.0.1, ::1", description="Proxies whose `X-Forwarded-For` is believed: addresses or networks, with commas."
    )
    probe_host: str = Field("127.0.0.1", description="Address for the probe and metrics of a worker or ticker.")
    probe_port: int = Field(
        8790,
        ge=0,
        le=65535,
        description="Port for that, or the next free one of the nine after it; 0 for none.",
    )
    public_url: str = Field("", description="Base address for customers. Default: http://127.0.0.1:PORT.")
    embedded: bool = Field(False, description="Set by `muster up` for its processes: shows the caught mail.")

    database_url: Annotated[str, AfterValidator(with_driver)] | None = Field(
        None, description="Address of the PostgreSQL 18 database; without one, `muster up` starts its own."
    )
    database_pool: int = Field(
        10, ge=1, description="Database connections for a web process's pages, or a worker's upkeep."
    )
    workflow_cache: int = Field(
        1000, ge=0, description="Workflows that a worker keeps in memory (95 kB each); others are replayed when needed."
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="At least 32 characters; every link and form token is derived from it. `muster up` creates one.",
    )
    session_hours: int = Field(12, ge=1, description="Hours until a session expires.")
    room_url: str = Field(
        "",
        description="Template for a call's room, such as https://meet.example/{call_id}; without one, our own page.",
    )
    jitsi_url: str = Field(
        "", description="Jitsi server for calls, such as https://jitsi.example, if there is no `MUSTER_ROOM_URL`."
    )
    call_phone: str = Field(
        "", description="Phone number that customers may call if the browser can't; shown on the call's page."
    )
    stun_servers: Annotated[str, AfterValidator(stun_addresses)] = Field(
        "", description="STUN servers for calls, such as stun:turn.example:3478, with commas."
    )
    turn_servers: Annotated[str, AfterValidator(turn_addresses)] = Field(
        "", description="TURN servers that relay calls, such as turn:turn.example:3478?transport=udp, with commas."
    )
    turn_secret: SecretStr | None = Field(
        None, description="The secret shared with those servers (coturn's `static-auth-secret`)."
    )

    smtp_host: str | None = Field(None, description="Mail server; without it, the embedded stack catches mail.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the mail server.")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("none", description="How mail is encrypted.")
    smtp_user: str | None = Field(None, description="User name for the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server.")
    smtp_from: str | None = Field(
        None, description="Sender of all mail; without it, each team sends from its own address."
    )
    alert_webhook_url: str | None = Field(
        None,
        description="Slack-compatible webhook for alerts: searches that find nobody, bookings at risk, bad ratings.",
    )
    webhook_private_addresses: bool = Field(
        False, description="Allow webhooks to private addresses, such as your own chat server."
    )
    calendar_private_addresses: bool = Field(
        False, description="Allow calendars on private addresses, such as your own calendar server."
    )

    keep_sessions_days: int = Field(7, ge=1, description="Days to keep sessions that have expired.")
    keep_sign_in_links_days: int = Field(7, ge=1, description="Days to keep sign-in links that have expired.")
    keep_request_keys_days: int = Field(
        30, ge=1, description="Days for which a repeated `Idempotency-Key` returns the first result."
    )
    keep_received_webhooks_days: int = Field(
        30, ge=1, description="Days for which a webhook event received again is recognized."
    )
    keep_webhook_deliveries_days: int = Field(
        30, ge=1, description="Days to keep each webhook delivery with its answer in the inbox."
    )
    keep_webhook_bodies_days: int = Field(
        7, ge=1, description="Days to keep a delivery's body, so that it can be replayed."
    )
    keep_rounds_days: int = Field(30, ge=1, description="Days to keep rounds that made no offer.")
    keep_message_bodies_days: int = Field(
        90, ge=1, description="Days to keep the ids and times that a delivered message was written from."
    )
    keep_free_text_days: int = Field(
        180, ge=90, description="Days to keep free text that the previous release stored apart from its rows."
    )
    archive_after_days: Annotated[int, AfterValidator(archive_age)] = Field(
        0, description="Days after its end at which an escalation is archived as a file; at least 30, or 0 for never."
    )
    archive_folder: Path | None = Field(
        None,
        description="Folder for archived escalations, readable by web and workers. Default: `archive` in the home.",
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Lowest level to log.")
    log_format: Literal["text", "json"] = Field(
        "text", description="Log each record as a readable line or as a JSON object."
    )
    log_file_megabytes: int = Field(
        20, ge=1, description="Size at which `muster up` rotates a process's log file, in MiB."
    )
    log_files: int = Field(5, ge=1, description="Maximum log files that `muster up` keeps per process.")

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of trusted proxies."""
        return networks(self.trusted_proxies)

    @property
    def room(self) -> Room:
        """Where calls take place."""
        return room_of(self.room_url, self.jitsi_url, self.base_url)

    @property
    def call_relays(self) -> CallRelays:
        """The servers that help the two browsers of a call to reach each other."""
        secret = self.turn_secret.get_secret_value() if self.turn_secret else ""
        return CallRelays(addresses(self.stun_servers, STUN), addresses(self.turn_servers, TURN), secret)

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def local_url(self) -> str:
        """The web process's address for programs on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def mail_folder(self) -> Path:
        """Folder in which the embedded mailbox stores the mail it catches."""
        return self.home / "mail"

    @property
    def archive(self) -> Path:
        """Folder of archived escalations."""
        return self.archive_folder or self.home / "archive"

    def require_database_url(self) -> str:
        if self.database_url is None:
            raise SettingMissing("MUSTER_DATABASE_URL", "unless an embedded stack runs (`muster up`)")
        return self.database_url

    def require_secret_key(self) -> str:
        """The key for ``domain.ids.Tokens``; the embedded stack creates one in ``home/secret``."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        if not self.embedded:
            raise SettingMissing("MUSTER_SECRET_KEY", "to derive links and form tokens")
        return stored_secret(self.home / "secret")


def stored_secret(path: Path) -> str:
    """The secret in this file. A missing file is created with a new secret, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()
