"""Models SR Policies: candidate paths, selection, validity, wire format and file formats.

Pure: bytes and text in, values or `TestbedError` out. Names as in RFC 9256.
"""
