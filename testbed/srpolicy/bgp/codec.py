"""Exports the codec of SR Policies in BGP (AFI 2, SAFI 73) for import from one place."""

from testbed.srpolicy.bgp.decode import Received, decode, decode_all, decode_nlri
from testbed.srpolicy.bgp.encode import encode_attributes, encode_nlri, encode_tunnel
from testbed.srpolicy.bgp.tlv import AFI, SAFI, CodecError

__all__ = [
    "AFI",
    "SAFI",
    "CodecError",
    "Received",
    "decode",
    "decode_all",
    "decode_nlri",
    "encode_attributes",
    "encode_nlri",
    "encode_tunnel",
]
