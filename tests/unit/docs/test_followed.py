"""A test types every command that a page shows, or a table says why none does."""

import pytest

from tests.followed import IN_A_COPY, MACHINES, NOT_TYPED, ON_MACHINES, ON_NAMESPACES, is_typed
from tests.pages import PAGES, Command, steps
from tests.recipes import recipe, titles
from tests.repository import ROOT


def shown(page: str) -> list[Command]:
    return [step for step in steps((ROOT / page).read_text()) if isinstance(step, Command)]


def followed(page: str) -> list[str]:
    """The commands of a page that a test types."""
    if page in ON_NAMESPACES:
        return [step.typed for step in shown(page) if is_typed(page, step.typed)]
    if page == IN_A_COPY:
        return [c.typed for title in titles() for step in recipe(title) for c in step.commands]
    return list(ON_MACHINES) if page == MACHINES else []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_typed_or_has_a_reason(page: str) -> None:
    known = {*followed(page), *NOT_TYPED.get(page, {})}
    assert [f"{page}:{c.line}: {c.text}" for c in shown(page) if c.typed not in known] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_typed_or_has_a_reason_is_shown(page: str) -> None:
    there = {step.typed for step in shown(page)}
    assert {*followed(page), *NOT_TYPED.get(page, {})} <= there
    assert not set(followed(page)) & set(NOT_TYPED.get(page, {}))


def test_the_table_names_pages() -> None:
    assert {*ON_NAMESPACES, *NOT_TYPED, IN_A_COPY, MACHINES} <= set(PAGES)


def test_a_comment_is_not_typed() -> None:
    command = "testbed link up r6 r8      # and: link set r6 r8 --bw 100"
    assert Command(1, command).typed == "testbed link up r6 r8"
    assert Command(1, "sed 's/#a/b/' # x").typed == "sed 's/#a/b/'"
