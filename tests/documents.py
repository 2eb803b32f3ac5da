"""The type of JSON and YAML documents that tests read field by field."""

from __future__ import annotations

from typing import Any

# Any, because a test says what it expects of a field by comparing it: a field that is missing or
# of another type fails that test, and a cast at every step would hide what is compared.
Document = dict[str, Any]
