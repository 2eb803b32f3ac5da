"""Finds every text in the code that can be printed after `fix:`, without running the code.

A fix is the argument `fix` of an error, finding, verdict or wait, or what a variable `fix` is set
to. Constants, local variables, alternatives and functions that make the text are followed; what is
known only as it runs stays as `{expression}`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from tests.repository import ROOT

FOLDERS = ("testbed", "scenarios", "topologies")
PASSED_ON = ("fix", "hint")  # names of what was made elsewhere, and is found there
DEEP = 5  # functions that make a text, by functions


@dataclass(frozen=True)
class Fix:
    """One text of one place; `module` is a path below the repository's root."""

    module: str
    text: str
    line: int = field(compare=False)

    @property
    def key(self) -> str:
        return f"{self.module}: {self.text}"


@cache
def printed() -> tuple[Fix, ...]:
    """All of them, each once."""
    modules = _modules()
    found: dict[Fix, None] = {}
    for module in modules.values():
        for scope, value in module.fixes(modules):
            for text in _texts(value, scope, DEEP):
                found.setdefault(Fix(module.path, text, value.lineno))
    return tuple(found)


@dataclass
class Module:
    path: str
    tree: ast.Module
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → module, name there
    takers: dict[str, int] = field(default_factory=dict)  # what takes a fix → at which place

    def fixes(self, modules: dict[str, Module]) -> Iterator[tuple[Scope, ast.expr]]:
        for function in _functions(self.tree):
            scope = Scope(modules, self, function)
            for node in _own_nodes(function):
                if isinstance(node, ast.Call):
                    yield from ((scope, v) for v in self._given(modules, node))
                elif isinstance(node, ast.Assign) and _names(node) == ["fix"]:
                    yield scope, node.value

    def _given(self, modules: dict[str, Module], call: ast.Call) -> Iterator[ast.expr]:
        yield from (k.value for k in call.keywords if k.arg == "fix")
        place = self._place(modules, call.func)
        if place is not None and len(call.args) > place:
            yield call.args[place]

    def _place(self, modules: dict[str, Module], func: ast.expr) -> int | None:
        if isinstance(func, ast.Name):
            where, name = self.imports.get(func.id, (_dotted(self.path), func.id))
            return modules[where].takers.get(name) if where in modules else None
        if isinstance(func, ast.Attribute) and func.attr == "wait_for":
            return 4
        return None


@dataclass(frozen=True)
class Scope:
    """Where a name is looked up: its function, then its module, then what that imports."""

    modules: dict[str, Module]
    module: Module
    function: ast.AST

    def values(self, name: str) -> list[ast.expr]:
        """What a variable of the function is set to."""
        return [
            n.value
            for n in _own_nodes(self.function)
            if isinstance(n, (ast.Assign, ast.NamedExpr)) and name in _names(n)
        ]

    def constant(self, name: str) -> tuple[Scope, ast.expr] | None:
        if name in self.module.constants:
            return Scope(self.modules, self.module, self.module.tree), self.module.constants[name]
        where, there = self.module.imports.get(name, ("", ""))
        if where in self.modules and there in self.modules[where].constants:
            other = self.modules[where]
            return Scope(self.modules, other, other.tree), other.constants[there]
        return None

    def returned(self, name: str) -> list[tuple[Scope, ast.expr]]:
        """What a function of this or of another module returns."""
        where, there = self.module.imports.get(name, (_dotted(self.module.path), name))
        if where not in self.modules or there not in self.modules[where].functions:
            return []
        other = self.modules[where]
        function = other.functions[there]
        scope = Scope(self.modules, other, function)
        return [
            (scope, n.value)
            for n in _own_nodes(function)
            if isinstance(n, ast.Return) and n.value is not None
        ]


def _texts(value: ast.expr, scope: Scope, deep: int) -> list[str]:
    """Every text that an expression can be; [] for none, and for what is passed on."""
    if isinstance(value, ast.Lambda):
        return _texts(value.body, scope, deep)
    if isinstance(value, ast.Constant):
        given = value.value
        return [str(given)] if isinstance(given, (str, int)) and given != "" else []
    if isinstance(value, ast.JoinedStr):
        return _joined([_part(part, scope, deep) for part in value.values])
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return _joined([_piece(side, scope, deep) for side in (value.left, value.right)])
    if isinstance(value, ast.IfExp):
        return [*_texts(value.body, scope, deep), *_texts(value.orelse, scope, deep)]
    if isinstance(value, ast.BoolOp):
        several = value.values if isinstance(value.op, ast.Or) else value.values[-1:]
        return [text for one in several for text in _texts(one, scope, deep)]
    if isinstance(value, ast.Attribute) and value.attr in PASSED_ON:
        return []
    if isinstance(value, ast.Name):
        return _named(value, scope, deep)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and deep:
        if value.func.id in PASSED_ON:
            return []
        if made := scope.returned(value.func.id):
            return [text for there, one in made for text in _texts(one, there, deep - 1)]
    return ["{" + ast.unparse(value) + "}"]


def _named(name: ast.Name, scope: Scope, deep: int) -> list[str]:
    if values := scope.values(name.id):
        return [text for one in values for text in _texts(one, scope, deep - 1)] if deep else []
    if constant := scope.constant(name.id):
        return _texts(constant[1], constant[0], deep)
    return [] if name.id in PASSED_ON else ["{" + name.id + "}"]


def _part(part: ast.expr, scope: Scope, deep: int) -> list[str]:
    """A part of an f-string: only constants are followed, the rest stays an expression."""
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    assert isinstance(part, ast.FormattedValue)
    if isinstance(part.value, ast.Name) and (constant := scope.constant(part.value.id)):
        return _texts(constant[1], constant[0], deep)
    return ["{" + ast.unparse(part.value) + "}"]


def _piece(side: ast.expr, scope: Scope, deep: int) -> list[str]:
    """A side of a sum, which may be an empty text."""
    empty = isinstance(side, ast.IfExp) and any(
        isinstance(s, ast.Constant) and s.value == "" for s in (side.body, side.orelse)
    )
    return [*([""] if empty else []), *_texts(side, scope, deep)]


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(words) for words in product(*(p or [""] for p in parts))]


def _functions(tree: ast.Module) -> Iterable[ast.AST]:
    """The functions of a module, and itself for what is at its level."""
    yield tree
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """What lies in a function, without the functions in it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from _own_nodes(child)
        else:
            yield from child.decorator_list


def _names(node: ast.Assign | ast.NamedExpr) -> list[str]:
    targets = [node.target] if isinstance(node, ast.NamedExpr) else node.targets
    return [t.id for t in targets if isinstance(t, ast.Name)]


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def _modules() -> dict[str, Module]:
    files = sorted(f for folder in FOLDERS for f in (ROOT / folder).glob("**/*.py"))
    return {_dotted(_path(file)): _read(file) for file in files}


def _path(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _read(file: Path) -> Module:
    module = Module(_path(file), ast.parse(file.read_text()))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                module.imports[name.asname or name.name] = (node.module, name.name)
        elif isinstance(node, ast.FunctionDef):
            module.functions.setdefault(node.name, node)
            module.takers.update(_taker(node))
        elif isinstance(node, ast.ClassDef):
            module.takers.update(_fields(node))
    for node in module.tree.body:
        if isinstance(node, ast.Assign):
            module.constants.update(dict.fromkeys(_names(node), node.value))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            module.constants[node.target.id] = node.value
    return module


def _taker(function: ast.FunctionDef) -> dict[str, int]:
    names = [a.arg for a in function.args.args]
    return {function.name: names.index("fix")} if "fix" in names else {}


def _fields(made: ast.ClassDef) -> dict[str, int]:
    names = [
        n.target.id
        for n in made.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    ]
    return {made.name: names.index("fix")} if "fix" in names else {}
