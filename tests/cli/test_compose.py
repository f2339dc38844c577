"""The compose file and the image, checked without Docker."""

from __future__ import annotations

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.main import COMMANDS
from cli.stack.temporal import SEARCH_ATTRIBUTES
from config.settings import Settings

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "ticker", "migrate")

KEYS = {
    *("build", "image", "restart", "environment", "depends_on", "command", "entrypoint", "ports", "healthcheck"),
    *("stop_grace_period", "deploy", "configs", "volumes", "cpu_shares", "profiles", "network_mode"),
}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
TEMPORAL_SERVER = {
    *("DB", "DB_PORT", "POSTGRES_SEEDS", "POSTGRES_USER", "POSTGRES_PWD", "DBNAME", "VISIBILITY_DBNAME"),
    *("BIND_ON_IP", "NUM_HISTORY_SHARDS"),
}
KNOWN = {
    "postgres": {"POSTGRES_PASSWORD"},
    "temporal": TEMPORAL_SERVER,
    "temporal-schema": {"SQL_PASSWORD"},
    "temporal-namespace": {"TEMPORAL_ADDRESS"},
    "temporal-ui": {"TEMPORAL_ADDRESS"},
    "mail": set[str](),
    "turn": set[str](),
}
SETTINGS = {f"MUSTER_{name.upper()}" for name in Settings.model_fields}


def test_the_structure_is_that_of_a_compose_file() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == {
        *("name", "services", "networks", "configs", "volumes")
    }
    for name, service in SERVICES.items():
        assert set(service) <= KEYS, name
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, name
            assert how["condition"] in CONDITIONS, name
        for mount in service.get("volumes", ()):
            assert mount.partition(":")[0] in COMPOSE["volumes"], name
        for config in service.get("configs", ()):
            assert config["source"] in COMPOSE["configs"], name
        for part in ("command", "entrypoint"):
            assert all(isinstance(word, str) for word in service.get(part, [])), name
        assert all(isinstance(value, str) for value in service.get("environment", {}).values()), name


def test_web_and_worker_share_the_archive_outside_their_containers() -> None:
    for name in ("web", "worker"):
        assert "archive:/var/lib/muster/archive" in SERVICES[name]["volumes"], name
        assert "MUSTER_ARCHIVE_FOLDER" not in SERVICES[name]["environment"], name
    image = (ROOT / "Dockerfile").read_text()
    assert "MUSTER_HOME=/var/lib/muster\n" in image
    assert Settings(home=Path("/var/lib/muster")).archive == Path("/var/lib/muster/archive")


def test_services_that_must_be_healthy_have_a_health_check() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]


def test_services_do_not_depend_on_each_other_in_a_circle() -> None:
    def depth(name: str, above: tuple[str, ...]) -> None:
        assert name not in above
        for needed in SERVICES[name].get("depends_on", {}):
            depth(needed, (*above, name))

    for name in SERVICES:
        depth(name, ())


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert image
    assert re.fullmatch(r"v?\d+(\.\d+)+", tag), tag


def test_base_images_name_their_version() -> None:
    image = (ROOT / "Dockerfile").read_text()
    usual = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)", image, re.MULTILINE))
    bases = re.findall(r"^FROM \$\{(\w+)\}", image, re.MULTILINE)
    assert len(bases) == len(re.findall("^FROM", image, re.MULTILINE)) == 2, "a digest can be given for each"
    assert all(re.search(r":\d", usual[base]) for base in bases)


def test_the_image_installs_with_hashes_what_the_tests_use() -> None:
    assert (
        "pip install --no-cache-dir --require-hashes -r requirements.runtime.lock\n"
        in (ROOT / "Dockerfile").read_text()
    )
    ours, tested = (
        set((ROOT / name).read_text().splitlines()) for name in ("requirements.runtime.lock", "requirements.lock")
    )
    pinned = {line.partition(" ")[0] for line in ours if "==" in line}
    assert {"fastapi", "psycopg", "setuptools"} <= {line.partition("==")[0] for line in pinned}
    assert pinned <= {line.partition(" ")[0] for line in tested}


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist(name: str) -> None:
    (command,) = SERVICES[name]["command"]
    assert command in COMMANDS
    assert json.loads(re.findall(r"^ENTRYPOINT (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0]) == [
        "muster"
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_variables_are_known(name: str) -> None:
    allowed = SETTINGS | {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"} if name in OURS else KNOWN[name]
    assert set(SERVICES[name].get("environment", {})) <= allowed


def test_variables_of_the_compose_file_are_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    listed = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used <= listed


def test_settings_reach_the_containers() -> None:
    own = (ROOT / ".env.example").read_text().partition("sets some itself")[2].partition("and Temporal's")[0]
    fixed = set(re.findall(r"MUSTER_[A-Z_]+", own))
    passed = {name for name, value in SERVICES["web"]["environment"].items() if value.startswith(f"${{{name}:")}
    assert passed | fixed == SETTINGS
    assert not passed & fixed
    for name in OURS:
        assert passed <= set(SERVICES[name]["environment"]), name


def test_proxies_are_trusted_in_the_compose_networks_own_range_only() -> None:
    (network,) = COMPOSE["networks"].values()
    (config,) = network["ipam"]["config"]
    subnet = config["subnet"].removeprefix("${MUSTER_SUBNET:-").removesuffix("}")
    usual = SERVICES["web"]["environment"]["MUSTER_TRUSTED_PROXIES"].replace(config["subnet"], subnet)
    proxies = Settings(trusted_proxies=usual.removeprefix("${MUSTER_TRUSTED_PROXIES:-").removesuffix("}")).proxies
    assert set(map(str, proxies)) == {"127.0.0.1/32", "::1/128", subnet}
    assert ip_network(subnet).num_addresses <= 256


def test_ports_are_published_on_this_machine_only() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_temporal_is_set_up_like_the_embedded_one() -> None:
    (script,) = SERVICES["temporal-namespace"]["command"]
    assert "--retention 720h" in script
    assert f"for name in {' '.join(SEARCH_ATTRIBUTES)};" in script
    assert "--type Keyword" in script


def test_docker_gives_a_stopping_worker_more_time_than_it_needs() -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > 20
