"""The connection to Temporal, by its standard settings.

``TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…`` or a profile in Temporal's own
configuration file, as its command-line tool reads them. Without any: 127.0.0.1:7233, namespace ``default``.
"""

from __future__ import annotations

from temporalio.client import Client
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter
from temporalio.envconfig import ClientConfig

LOCAL = "127.0.0.1:7233"

_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class OurPayloadConverter(CompositePayloadConverter):
    """Pydantic's, with one memory a process of how each type is read: every workflow makes a converter of its own."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=OurPayloadConverter)


async def connect(*, lazy: bool = True) -> Client:
    """One client for the life of a process.

    Lazy: it connects at its first call, and a Temporal that is down raises there (``RuntimeError`` at the
    first connection, ``RPCError`` afterwards). Not lazy: raises ``RuntimeError`` at once. A worker can't use a
    lazy one.
    """
    found = ClientConfig.load_client_connect_config()
    return await Client.connect(
        found.get("target_host", LOCAL),
        namespace=found.get("namespace", "default"),
        api_key=found.get("api_key"),
        tls=found.get("tls"),
        rpc_metadata=found.get("rpc_metadata", {}),
        data_converter=DATA_CONVERTER,
        lazy=lazy,
    )
