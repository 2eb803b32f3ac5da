"""What a night consists of: commands of the testbed, in order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LAB = "nightly"
SCENARIOS, LONG, CONFORMANCE, EVALUATION = "scenarios", "long", "conformance", "evaluation"
RUNS = (SCENARIOS, LONG, EVALUATION)  # the steps whose runs are in the store
_LAB_UP = "lab"


@dataclass(frozen=True)
class Step:
    """One command. `after`: it is run only if the step of this name passed.

    `informs`: it tells what there is, and does not decide whether the night was good.
    """

    name: str
    arguments: tuple[str, ...]
    after: str = ""
    informs: bool = False


@dataclass(frozen=True)
class Night:
    """A night by name; where its logs and reports go, and the store of runs.

    `before`: the name of the last good night, empty if there is none.
    """

    name: str
    directory: Path
    store: Path
    before: str = ""

    def evidence(self, what: str) -> Path:
        """The directory of a run in the store, which calls the run so."""
        return self.store / run_name(self.name, what)

    def junit(self, what: str) -> Path:
        """The JUnit file of a step that writes one."""
        return self.directory / f"{what}.xml"

    def log(self, step: Step) -> Path:
        """What a step printed."""
        return self.directory / f"{step.name.replace(' ', '-')}.log"


def run_name(night: str, what: str) -> str:
    """The name of a night's run."""
    return f"{night}-{what}"


def steps(night: Night) -> list[Step]:
    """All of a night."""
    runs = [run_name(night.name, what) for what in RUNS]
    return [
        _run(night, SCENARIOS, "--all", "kubernetes"),
        _run(night, LONG, "--long", "none"),
        Step(
            CONFORMANCE,
            _words(
                *("conformance", "--evidence", night.directory / CONFORMANCE),
                *("-o", night.directory / "conformance.md", "--junit", night.junit(CONFORMANCE)),
            ),
        ),
        Step(_LAB_UP, _words("up", "full", "-n", LAB, "--cluster", "kubernetes")),
        Step(
            EVALUATION,
            _words("evaluate", "--quick", "-n", LAB, "--out", night.evidence(EVALUATION)),
            after=_LAB_UP,
        ),
        Step("lab down", _words("down", "-n", LAB)),
        Step("report", _words("report", *runs, "-o", night.directory / "report")),
        *(_compare(night, what) for what in RUNS if night.before),
    ]


def _run(night: Night, what: str, which: str, cluster: str) -> Step:
    """Scenarios; long ones need many nodes and pods more than they need Kubernetes."""
    kept = ("--evidence", night.evidence(what), "--junit", night.junit(what))
    return Step(what, _words("run", which, "--cluster", cluster, *kept))


def _compare(night: Night, what: str) -> Step:
    """What has changed since the last good night."""
    names = [run_name(name, what) for name in (night.before, night.name)]
    return Step(f"changes of {what}", _words("diff", *names), informs=True)


def _words(*arguments: object) -> tuple[str, ...]:
    return tuple(map(str, arguments))


def is_good(codes: Mapping[str, int | None], night: Night) -> bool:
    """Did every step that decides pass? None stands for one that was not run."""
    return all(codes.get(step.name) == 0 for step in steps(night) if not step.informs)
