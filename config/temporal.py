"""The connection to Temporal, configured by its standard settings.

These are ``TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…`` or a profile in Temporal's own
configuration file, as for its command-line tool. Default: 127.0.0.1:7233, namespace ``default``.
"""

from __future__ import annotations

import logging
from functools import cache

from temporalio.client import Client
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

LOCAL = "127.0.0.1:7233"

_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class OurPayloadConverter(CompositePayloadConverter):
    """Pydantic's converter, with type adapters cached per process, although each workflow has its own converter."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=OurPayloadConverter)


async def connect(*, lazy: bool = True) -> Client:
    """A client for the lifetime of a process.

    A lazy client connects on its first call, which raises if Temporal is down (``RuntimeError`` on the first
    connection, ``RPCError`` afterwards). Without ``lazy``, this function connects, and raises ``RuntimeError`` if it
    can't. A worker can't use a lazy client.
    """
    options = ClientConfig.load_client_connect_config()
    return await Client.connect(
        options.get("target_host", LOCAL),
        namespace=options.get("namespace", "default"),
        api_key=options.get("api_key"),
        tls=options.get("tls"),
        rpc_metadata=options.get("rpc_metadata", {}),
        data_converter=DATA_CONVERTER,
        lazy=lazy,
        runtime=_runtime(),
    )


@cache
def _runtime() -> Runtime:
    """Temporal's core, logging through our own handler; by itself, it writes to standard error in its own format."""
    forwarding = LogForwardingConfig(logging.getLogger("temporalio.core"), append_target_to_name=False)
    filter_ = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter_, forwarding)))
