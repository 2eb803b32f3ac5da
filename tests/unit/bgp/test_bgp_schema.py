"""The table of field numbers gives working messages, and costs nothing before it is used."""

from __future__ import annotations

import subprocess
import sys

from testbed.bgp import schema


def test_every_message_of_the_table_can_be_made_and_named() -> None:
    made = schema.messages()
    assert set(made) == set(schema.TABLE)
    for row in schema.TABLE.values():
        for field in schema.fields(row):
            assert field.type in schema.TABLE or field.type.islower()


def test_bytes_on_the_wire() -> None:
    """Field 20 is nlri_binary, 21 pattrs_binary: two octets of tag each."""
    path = schema.messages()["Path"](nlri_binary=b"\x01", pattrs_binary=[b"\x02", b"\x03"])
    assert path.SerializeToString().hex() == "a2010101aa010102aa010103"


def test_unknown_fields_of_a_newer_gobgpd_do_not_matter() -> None:
    raw = bytes.fromhex("0801") + bytes.fromhex("fa3f03") + b"new"
    assert schema.messages()["Family"].FromString(raw).afi == 1


def test_importing_the_room_loads_neither_grpc_nor_protobuf() -> None:
    code = (
        "import sys, testbed.bgp.session, testbed.bgp.policy_files\n"
        "print([m for m in sys.modules if m.startswith(('grpc', 'google'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "[]"
