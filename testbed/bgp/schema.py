"""Defines the part of GoBGP 4's gRPC interface that the testbed uses, as a table of fields.

protobuf's wire format needs only number and type of a field, so this table replaces generated
stubs: no code generator at build time, no generated code in the repository, any protobuf runtime
from 4.25 on. Enumerations are declared as int32, which is the same on the wire. Fields and
messages that we do not use are absent; protobuf keeps what it does not know.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "api"
SERVICE = "/api.GoBgpService/"

# message -> "name number type"; a trailing * repeats; a capital letter starts a message's name
TABLE: dict[str, str] = {
    "Family": "afi 1 int32, safi 2 int32",
    "Global": "asn 1 uint32, router_id 2 string, listen_port 3 int32, listen_addresses 4 string*",
    "StartBgpRequest": "global 1 Global",
    "StartBgpResponse": "",
    "GetBgpRequest": "",
    "GetBgpResponse": "global 1 Global",
    "PeerConf": "description 2 string, local_asn 3 uint32, neighbor_address 4 string,"
    " peer_asn 5 uint32",
    "PeerState": "neighbor_address 5 string, session_state 13 int32, router_id 20 string,"
    " disconnect_reason 21 int32, disconnect_message 22 string",
    "TimersConfig": "connect_retry 1 uint64, hold_time 2 uint64, keepalive_interval 3 uint64,"
    " idle_hold_time_after_reset 5 uint64",
    "Timers": "config 1 TimersConfig",
    "Transport": "local_address 1 string, passive_mode 4 bool, remote_port 6 uint32",
    "AfiSafiConfig": "family 1 Family, enabled 2 bool",
    "AfiSafiState": "family 1 Family, enabled 2 bool, received 3 uint64, accepted 4 uint64",
    "MpGracefulRestartConfig": "enabled 1 bool",
    "MpGracefulRestart": "config 1 MpGracefulRestartConfig",
    "AfiSafi": "mp_graceful_restart 1 MpGracefulRestart, config 2 AfiSafiConfig,"
    " state 3 AfiSafiState",
    "GracefulRestart": "enabled 1 bool, restart_time 2 uint32, deferral_time 4 uint32",
    "Peer": "conf 2 PeerConf, state 5 PeerState, timers 6 Timers, transport 7 Transport,"
    " graceful_restart 9 GracefulRestart, afi_safis 10 AfiSafi*",
    "AddPeerRequest": "peer 1 Peer",
    "AddPeerResponse": "",
    "DeletePeerRequest": "address 1 string",
    "DeletePeerResponse": "",
    "ListPeerRequest": "address 1 string",
    "ListPeerResponse": "peer 1 Peer",
    "Path": "is_withdraw 5 bool, family 9 Family, source_asn 10 uint32, neighbor_ip 15 string,"
    " nlri_binary 20 bytes, pattrs_binary 21 bytes*",
    "Destination": "paths 2 Path*",
    "AddPathRequest": "table_type 1 int32, path 3 Path",
    "AddPathResponse": "uuid 1 bytes",
    "DeletePathRequest": "table_type 1 int32, family 3 Family, path 4 Path",
    "DeletePathResponse": "",
    "ListPathRequest": "table_type 1 int32, name 2 string, family 3 Family,"
    " enable_only_binary 9 bool",
    "ListPathResponse": "destination 1 Destination",
    "WatchPeer": "",
    "WatchFilter": "type 1 int32, init 2 bool",
    "WatchTable": "filters 1 WatchFilter*",
    "WatchEventRequest": "peer 1 WatchPeer, table 2 WatchTable, batch_size 3 uint32",
    "PeerEvent": "type 1 int32, peer 2 Peer",
    "TableEvent": "paths 2 Path*",
    "WatchEventResponse": "peer 2 PeerEvent, table 3 TableEvent",
    "AddBmpRequest": "address 1 string, port 2 uint32, policy 3 int32",
    "AddBmpResponse": "",
    "DeleteBmpRequest": "address 1 string, port 2 uint32",
    "DeleteBmpResponse": "",
    "ListBmpRequest": "",
    "BmpStationConf": "address 1 string, port 2 uint32",
    "BmpStation": "conf 1 BmpStationConf",
    "ListBmpResponse": "station 1 BmpStation",
}

TABLE_GLOBAL = 1
TABLE_ADJ_IN = 3
WATCH_END_OF_RIB = 4
BMP_PRE_POLICY = 1
SESSION_STATES = (
    "UNKNOWN",
    "IDLE",
    "CONNECT",
    "ACTIVE",
    "OPENSENT",
    "OPENCONFIRM",
    "ESTABLISHED",
)
DISCONNECT_REASONS = (
    "",
    "administratively down",
    "hold timer expired",
    "notification sent",
    "notification received",
    "read failed",
    "write failed",
    "idle timer expired",
    "restart timer expired",
    "graceful restart",
    "invalid message",
    "hard reset",
    "deconfigured",
    "peer announced another AS number",
)


class Field(NamedTuple):
    """One field of a message: its name, its number on the wire, its type."""

    name: str
    number: int
    type: str
    repeated: bool


def fields(row: str) -> list[Field]:
    """One row of the table, parsed."""
    found = []
    for cell in filter(None, row.split(",")):
        name, number, kind = cell.split()
        found.append(Field(name, int(number), kind.rstrip("*"), kind.endswith("*")))
    return found


# Any: a message of gobgpd, or grpc's call with one; made at run time, so it has no static fields
Proto = Any


@lru_cache(maxsize=1)
def messages() -> Mapping[str, Proto]:
    """Message classes by name; built once, at first use, because protobuf costs start time."""
    return build(TABLE)


def build(table: Mapping[str, str]) -> Mapping[str, Proto]:
    """Message classes of a table in this module's notation."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="testbed/gobgp.proto", package=PACKAGE, syntax="proto3"
    )
    for message, row in table.items():
        entry = file.message_type.add(name=message)
        for field in fields(row):
            _fill_descriptor(entry.field.add(), field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{message}"))
        for message in table
    }


def _fill_descriptor(proto: Proto, field: Field) -> None:
    proto.name, proto.number = field.name, field.number
    proto.label = proto.LABEL_REPEATED if field.repeated else proto.LABEL_OPTIONAL
    if field.type[0].isupper():
        proto.type, proto.type_name = proto.TYPE_MESSAGE, f".{PACKAGE}.{field.type}"
    else:
        proto.type = getattr(proto, f"TYPE_{field.type.upper()}")
