"""The ledger as a part of docs/claims.md, made from a file of records beside it; pure.

The part begins with the SHA-256 of that file, so that neither changes without the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from testbed.errors import TestbedError
from testbed.json_types import as_object, get_objects, get_texts
from testbed.records.claims.ledger import ClaimRow, ClaimVerdict, last_outcomes, ledger
from testbed.records.record import Outcome, RunRecord, parse_record

BEGIN, END = "<!-- BEGIN ledger of claims", "<!-- END ledger of claims -->"
_COLUMNS = ("claim", "answer", "last verdicts", "what deviates or is missing")
_HEAD = f"""\
Written by `testbed claims --write docs/claims.md` from the records of runs in
[claims-ledger.json](claims-ledger.json). A verdict has nodes and cluster, date, commit and run.

| {" | ".join(_COLUMNS)} |
|{"---|" * len(_COLUMNS)}
"""


def kept_records(records: Iterable[RunRecord]) -> list[RunRecord]:
    """Of all runs only the outcomes that a ledger says something of.

    Without what is the caller's own: name, command, variables.
    """
    used: dict[str, tuple[RunRecord, list[Outcome]]] = {}
    for record, outcome in last_outcomes(records):
        used.setdefault(record.run, (record, []))[1].append(outcome)
    own = {"command": (), "caller": "", "environment": {}, "left_out": ()}
    kept = (
        record.model_copy(update={**own, "outcomes": tuple(outcomes)})
        for record, outcomes in used.values()
    )
    return sorted(kept, key=lambda record: record.started)


def dump(records: Iterable[RunRecord], scenarios: Mapping[str, Sequence[str]]) -> str:
    """The file that the page is made from."""
    runs = [json.loads(record.model_dump_json(exclude_defaults=True)) for record in records]
    names = {name: list(claims) for name, claims in sorted(scenarios.items())}
    return json.dumps({"scenarios": names, "records": runs}, indent=1, ensure_ascii=False) + "\n"


def load(text: str, where: str) -> tuple[list[RunRecord], dict[str, list[str]]]:
    """Read it. Raises TestbedError."""
    try:
        data = as_object(json.loads(text))
        records = [parse_record(one, where) for one in get_objects(data, "records")]
        scenarios = as_object(data["scenarios"])
        return records, {name: list(get_texts(scenarios, name)) for name in scenarios}
    except (ValueError, KeyError, TypeError) as error:
        raise TestbedError(
            "not a ledger of claims",
            where=where,
            why=str(error),
            fix="restore it; or remove it, and run `testbed claims --write docs/claims.md`",
        ) from None


def part(text: str, where: str) -> str:
    """The part of the page that follows from such a file. Raises TestbedError."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = "".join(map(_line, ledger(*load(text, where))))
    return f"{BEGIN}: sha256 {digest} -->\n\n{_HEAD}{rows}\n{END}\n"


def replaced(page: str, new: str, where: str) -> str:
    """The page with a new such part. Raises TestbedError if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END + "\n")
    if not (begin and end):
        raise TestbedError(
            "the page has no place for the ledger",
            where=where,
            fix=f"put a line {BEGIN} --> and a line {END} where it belongs",
        )
    return before + new + after


def _line(row: ClaimRow) -> str:
    said = "; ".join([row["why"], *row["missing"]] if row["why"] else row["missing"])
    verdicts = "<br>".join(_verdicts(row["verdicts"]))
    cells = [f"{row['claim']}: {row['says']}", row["answer"], verdicts or "–", said or "–"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _verdicts(verdicts: Iterable[ClaimVerdict]) -> Iterator[str]:
    """Those that have a say; scenarios with the same verdict in one run together."""
    found: dict[str, list[str]] = {}
    for one in verdicts:
        if one["verdict"] != "not applicable":
            found.setdefault(_describe(one), []).append(one["scenario"])
    for described, scenarios in found.items():
        yield f"{', '.join(sorted(scenarios))} {described}"


def _describe(one: ClaimVerdict) -> str:
    commit = one["commit"][:7] + ("+" if one["changed"] else "") if one["commit"] else "?"
    where = f"{one['nodes']}/{one['cluster']}"
    day = one["at"].date().isoformat()
    return f"{one['verdict']}: {where}, {day}, {commit}, {one['run']}"
