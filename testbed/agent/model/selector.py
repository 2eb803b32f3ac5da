"""Compiles Calico's label selectors, as far as pools and peers use them.

Grammar: all(), global(), has(k), k == 'v', k != 'v', k in {'a', 'b'}, k not in {…},
!, &&, ||, parentheses. Anything else is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Labels = Mapping[str, str]
Matcher = Callable[[Labels], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|[!(){},])|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[\w./-]+))"
)
_MAX_LENGTH = 4096  # characters; also bounds the recursion below


def parse(text: str) -> Matcher:
    """Compile a selector; raises ValueError with the part that is not understood."""
    if len(text) > _MAX_LENGTH:
        raise ValueError("selector is too long")
    if not text.strip():
        return lambda _labels: True
    parser = _Parser(_split_tokens(text))
    try:
        matcher = parser.parse_either()
    except RecursionError:
        raise ValueError("selector is nested too deeply") from None
    if parser.rest:
        raise ValueError(f"selector {text!r}: {parser.rest[0]!r} is not expected there")
    return matcher


def _split_tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"selector {text!r}: cannot read {text[position:].strip()!r}")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent; every method returns a matcher for what it consumed."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens

    def parse_either(self) -> Matcher:
        left = self.parse_both()
        while self._accept_token("||"):
            left = _any_of(left, self.parse_both())
        return left

    def parse_both(self) -> Matcher:
        left = self.parse_single()
        while self._accept_token("&&"):
            left = _all_of(left, self.parse_single())
        return left

    def parse_single(self) -> Matcher:
        if self._accept_token("!"):
            inner = self.parse_single()
            return lambda labels: not inner(labels)
        if self._accept_token("("):
            inner = self.parse_either()
            self._expect_token(")")
            return inner
        word = self._take_token()
        if word in ("all", "global", "has") and self._accept_token("("):
            return self._parse_call(word)
        return self._parse_comparison(word)

    def _parse_call(self, name: str) -> Matcher:
        if name != "has":
            self._expect_token(")")
            return lambda _labels: True
        key = self._take_token()
        self._expect_token(")")
        return lambda labels: key in labels

    def _parse_comparison(self, key: str) -> Matcher:
        operator = self._take_token()
        if operator == "==":
            value = self._parse_value()
            return lambda labels: labels.get(key) == value
        if operator == "!=":
            value = self._parse_value()
            return lambda labels: labels.get(key) != value
        negated = operator == "not"
        if negated:
            operator = self._take_token()
        if operator != "in":
            raise ValueError(f"selector: {operator!r} after {key!r} is not an operator")
        values = self._parse_set()
        return lambda labels: (labels.get(key) in values) != negated

    def _parse_set(self) -> set[str]:
        self._expect_token("{")
        values = {self._parse_value()}
        while self._accept_token(","):
            values.add(self._parse_value())
        self._expect_token("}")
        return values

    def _parse_value(self) -> str:
        token = self._take_token()
        if token[0] not in "'\"":
            raise ValueError(f"selector: the value {token!r} needs quotes")
        return token[1:-1]

    def _accept_token(self, token: str) -> bool:
        if self.rest and self.rest[0] == token:
            self.rest = self.rest[1:]
            return True
        return False

    def _expect_token(self, token: str) -> None:
        if not self._accept_token(token):
            raise ValueError(f"selector: {token!r} is missing")

    def _take_token(self) -> str:
        if not self.rest:
            raise ValueError("selector ends too early")
        token, self.rest = self.rest[0], self.rest[1:]
        return token


def _any_of(left: Matcher, right: Matcher) -> Matcher:
    return lambda labels: left(labels) or right(labels)


def _all_of(left: Matcher, right: Matcher) -> Matcher:
    return lambda labels: left(labels) and right(labels)
