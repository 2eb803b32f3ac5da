"""Reads JSON files of an untrusted image archive, and defines what may be wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from testbed.images.archive.contents import Member
from testbed.json_types import JsonObject

Contents = Mapping[str, Member]


class Unsound(Exception):
    """The archive is not what it should be; the message says where."""


class OtherProcessor(Exception):
    """The archive has nothing for this machine; the message says for which it has."""


def member(contents: Contents, path: str) -> Member:
    """A file of the archive. Raises Unsound if it is missing."""
    if path not in contents:
        raise Unsound(f"{path} is missing: was the archive cut off?")
    return contents[path]


def mapping(contents: Contents, path: str) -> JsonObject:
    """A file that is a JSON object. Raises Unsound."""
    found = _parse_json(contents, path)
    if not isinstance(found, dict):
        raise Unsound(f"{path} is no JSON object")
    return found


def mappings(value: object, what: str) -> list[JsonObject]:
    """`value` as a list of JSON objects. Raises Unsound, naming it."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unsound(f"{what} is no list of JSON objects")
    return value


def parsed_list(contents: Contents, path: str) -> list[JsonObject]:
    """A file that is a list of JSON objects. Raises Unsound."""
    return mappings(_parse_json(contents, path), path)


def _parse_json(contents: Contents, path: str) -> object:
    try:
        return json.loads(member(contents, path).text or b"")
    except (ValueError, RecursionError):
        raise Unsound(f"{path} is no JSON") from None
