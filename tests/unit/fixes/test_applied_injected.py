"""What is said of SR Policies in the injector's form: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_files import Mended, changed, check_mended

INJECTED = """\
nlri:
  distinguisher: 4
  color: 94
  endpoint: fd11::1000
segmentlist:
  segments:
  - sid: fcdd::11aa:c11:b42f:f17e:a682
    behavior: 19
"""


SEGMENTS = "testbed/te/lint/segments.py: "
POLICIES = "testbed/te/lint/policies.py: "
FIELDS = "testbed/srpolicy/files/fields.py: "

injected = changed(INJECTED)

CASES = {
    "an endpoint misspelt": injected(
        POLICIES + "{owners.closest(endpoint, Kind.NODE)}", "fd11::1000", "fd11::100", "SUGGESTED"
    ),
    "an endpoint of nobody": injected(
        POLICIES + "the cluster nodes are {known or 'none'}",
        "fd11::1000",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    ),
    "a SID as endpoint": injected(
        POLICIES + "did you mean {owners.plan.address_v6(owned.node)} ({owned.node})?",
        "endpoint: fd11::1000",
        "endpoint: fcdd::11aa:c11:b42f:f17e:a683",
        "endpoint: SUGGESTED",
    ),
    "no behaviour": injected(
        POLICIES + "add behavior: 18 (End.DT6) or 19 (End.DT4) to the last segment",
        "a682\n    behavior: 19",
        "a682",
        anywhere=True,
    ),
    "another's SID last": injected(
        SEGMENTS + "did you mean {owners.get(wanted)}?",
        "fcdd::11aa:c11:b42f:f17e:a682",
        "fcdd::11aa:c11:b42f:f17e:a683",
        "SUGGESTED",
    ),
    "another family": injected(
        "testbed/srpolicy/files/injector.py: use afi: 2, safi: 73",
        "segmentlist:",
        "family: {afi: 1, safi: 73}\nsegmentlist:",
        old="afi: 1",
        new="afi: 2",
    ),
    "a misspelt word": injected(
        FIELDS + "did you mean {by_lower[found[0]]}?", "endpoint:", "endpiont:", "SUGGESTED:"
    ),
    "a strange word": injected(
        FIELDS + "the fields are {', '.join(known)}",
        "  color: 94",
        "  zzz: 1\n  color: 94",
        old="  zzz: 1",
        new="",
    ),
    "a word left out": injected(
        FIELDS + "add {key}",
        "  endpoint: fd11::1000\n",
        "",
        "  endpoint: fd11::1000\n  color: 94",
        old="  color: 94",
        anywhere=True,
    ),
    "a SID near none": injected(
        SEGMENTS + "did you mean {owners.get(wanted)}?",
        "fcdd::11aa:c11:b42f:f17e:a682",
        "fcff:6::1",
        "SUGGESTED",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
