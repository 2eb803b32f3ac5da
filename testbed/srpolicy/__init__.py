"""SR Policy as a type: candidates, selection, validity, wire format, and the files that hold them.

Pure: bytes and text in, values or `TestbedError` out. Names as in RFC 9256.
"""
