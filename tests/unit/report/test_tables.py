"""Tables: nothing is broken, columns go by rank, a pipe gets one line per record."""

from hypothesis import given
from hypothesis import strategies as st

from testbed.report.tables import Column, lay_out

POLICIES = [
    Column("head end"),
    Column("endpoint"),
    Column("family"),
    Column("source"),
    Column("pref", rank=2),
    Column("segments", prose=True),
    Column("state", rank=1),
]
ROW = [
    *("worker1", "fd12::1000", "IPv4", "best-effort", "11"),
    *("fcff:6::1 → fcff:8::1 → fcdd::12aa:d460:b250:45:b04", "chosen"),
]


def test_a_wide_terminal_shows_everything_on_one_line() -> None:
    assert lay_out(POLICIES, [ROW], 200) == [
        "HEAD END   ENDPOINT     FAMILY   SOURCE        PREF   "
        "SEGMENTS                                              STATE",
        "worker1    fd12::1000   IPv4     best-effort   11     "
        "fcff:6::1 → fcff:8::1 → fcdd::12aa:d460:b250:45:b04   chosen",
    ]


def test_columns_are_left_out_by_rank_and_prose_is_broken_between_words() -> None:
    assert lay_out(POLICIES, [ROW], 80) == [
        "HEAD END   ENDPOINT     FAMILY   SOURCE        SEGMENTS",
        "worker1    fd12::1000   IPv4     best-effort   fcff:6::1 → fcff:8::1 →",
        "                                               fcdd::12aa:d460:b250:45:b04",
    ]


def test_needed_columns_are_folded_below_their_record() -> None:
    assert lay_out(POLICIES, [ROW], 40) == [
        "HEAD END   ENDPOINT     FAMILY",
        "worker1    fd12::1000   IPv4",
        "  source: best-effort",
        "  segments: fcff:6::1 → fcff:8::1 →",
        "    fcdd::12aa:d460:b250:45:b04",
    ]


def test_a_pipe_gets_one_line_per_record() -> None:
    columns = [Column("node"), Column("blocks")]
    rows = [["master", "172.16.0.0/26\nfdfb::/122"], ["worker1", ""]]
    assert lay_out(columns, rows, None) == [
        "NODE      BLOCKS",
        "master    172.16.0.0/26, fdfb::/122",
        "worker1",
    ]


def test_a_table_without_records_is_its_head() -> None:
    assert lay_out([Column("name"), Column("why", prose=True)], [], 80) == ["NAME   WHY"]


words = st.text("abc:/→-", min_size=1, max_size=30)
cells = st.lists(st.lists(words, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=2)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=5).flatmap(
        lambda kinds: st.tuples(
            st.just([Column(f"c{n}", r, p) for n, (r, p) in enumerate(kinds)]),
            st.lists(
                st.lists(cells.map("\n".join), min_size=len(kinds), max_size=len(kinds)),
                max_size=3,
            ),
        )
    ),
    st.integers(20, 120),
)
def test_no_word_is_ever_broken(table: tuple[list[Column], list[list[str]]], width: int) -> None:
    columns, rows = table
    shown = " ".join(lay_out(columns, rows, width)).replace(",", " ").split()
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            if column.rank == 0:
                for word in cell.split():
                    assert word in shown or word == "-"


@given(st.lists(st.lists(words, min_size=3, max_size=3), max_size=3))
def test_a_table_fits_where_its_needed_words_do(rows: list[list[str]]) -> None:
    columns = [Column("a"), Column("b", rank=1), Column("c", rank=2)]
    longest = max((len(row[0]) for row in rows), default=1)
    assert all(len(line) <= max(longest, 20) for line in lay_out(columns, rows, max(longest, 20)))
