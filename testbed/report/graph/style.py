"""Colours and sizes of drawings, distinct in grey and for colour-blind readers."""

from __future__ import annotations

PAGE = "#ffffff"
INK = "#1f2933"
GREY = "#5b6875"  # of small texts: still 4.5:1 on every fill
LINK = "#52606d"
ATTACHMENT = "#b8c2cc"
DOWN = "#b42318"  # and dashed, with the word: never by colour alone

ROUTER = (PAGE, "#1f3a5f")  # fill, outline
CLUSTER = ("#e8f3ee", "#2f855a")
INJECTOR = ("#f1ebf9", "#6b46c1")
HOST = ("#f5f7fa", "#9aa5b1")

# Okabe and Ito's palette: told apart by everybody.
TE_PATHS = ("#d55e00", "#0072b2", "#cc79a7", "#009e73", "#e69f00")

UNIT = 150.0  # pixels between neighbouring routers
ROUTER_RADIUS = 27.0
MARGIN = 26.0
LANE = 5.0  # pixels between paths that take the same link
NAME_SIZE = 13.0
DETAIL_SIZE = 9.0
LABEL_SIZE = 8.5
HOST_SIZE = 9.0
TITLE_SIZE = 15.0

# What a reader sees who prefers dark pages; the colours of paths stay.
DARK = {
    PAGE: "#14181d",
    INK: "#e4e7eb",
    GREY: "#a9b4c0",
    LINK: "#8794a1",
    ATTACHMENT: "#52606d",
    DOWN: "#f97066",
    ROUTER[1]: "#9cc2f0",
    CLUSTER[0]: "#1d3328",
    CLUSTER[1]: "#5fbf8d",
    INJECTOR[0]: "#2b2140",
    INJECTOR[1]: "#b39ddb",
    HOST[0]: "#1f252c",
    HOST[1]: "#7b8794",
}
