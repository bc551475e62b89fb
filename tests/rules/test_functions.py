"""Functions stay short: nine in ten within 40 lines, none above 80; and no vendor intrinsics.

Functions of C++ are found by matching braces in code without comments and strings: a brace at
namespace or class level whose declaration has a parameter list opens a function. A function's length
is counted from the first line of its declaration to its closing brace.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
from conftest import Tree
from sources import CPP, Finding, Repository, cpp_code, line_of, without_exceptions

NINE_IN_TEN = 40
MOST = 80

INTRINSIC = re.compile(
    r"\b_mm(?:256|512)?_\w+|\b__m(?:64|128|256|512)[dih]?\b|\b__builtin_ia32_\w+"
    r"|<\w*intrin\.h>|<arm_(?:neon|sve)\.h>|\bv(?:ld|st)[1-4]q?_\w+"
)

_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_NAME = re.compile(r"([~\w:]+|operator[^\w\s]{1,3}|operator\s+\w+)\s*\($")


@dataclass(frozen=True)
class Function:
    path: str
    line: int
    name: str
    length: int


def _is_container(declaration: str) -> bool:
    """True for a namespace or a type: a word for one outside template lists and parentheses."""
    bare = re.sub(r"<[^<>]*>", "", declaration)
    bare = re.sub(r"\([^()]*\)", "", bare)
    return "(" not in bare and bool(_CONTAINER.search(bare)) and not re.search(r"[^=!<>]=\s*$", bare)


def _is_member_initialiser(declaration: str) -> bool:
    """True where the brace gives a member its value, in a constructor's list: ``: a_{1}``."""
    after = declaration[declaration.rfind(")") + 1 :]
    return bool(re.search(r"[:,]\s*[\w:<>]+\s*$", after)) and "->" not in after


def _name(declaration: str) -> str:
    depth = 0
    for i in range(len(declaration) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(declaration[i], 0)
        if declaration[i] == "(" and depth == 0:
            found = _NAME.search(declaration[: i + 1])
            if found and not re.search(r"(?:(?<!:):|,)\s*\w+\s*\($", declaration[: i + 1]):
                return found[1]
    return "?"


def cpp_functions(path: str, text: str) -> Iterator[Function]:
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m[0]), cpp_code(text))
    begin = 0  # of the declaration being read
    depth = 0  # of braces inside a function or a value
    opened = 0  # where the function's declaration starts
    name = ""
    for match in re.finditer(r"[{};]|\b(?:public|private|protected):", code):
        token, at = match[0], match.start()
        if depth > 0:
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth == 0:
                if name:
                    yield Function(path, line_of(code, opened), name, code.count("\n", opened, at) + 1)
                    begin = at + 1
                name = ""
            continue
        declaration = code[begin:at]
        if token != "{":
            if declaration.count("(") == declaration.count(")"):
                begin = at + len(token)
        elif _is_container(declaration):
            begin = at + 1
        else:
            depth = 1
            is_function = "(" in declaration and declaration.count("(") == declaration.count(")")
            if is_function and not _is_member_initialiser(declaration):
                opened = begin + len(declaration) - len(declaration.lstrip())
                name = _name(declaration)


def python_functions(path: str, text: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            yield Function(path, node.lineno, node.name, node.end_lineno - node.lineno + 1)


def functions(repository: Repository, *folders: str) -> list[Function]:
    found: list[Function] = []
    for path in repository.under(*folders, suffixes=CPP):
        found.extend(cpp_functions(path, repository.text(path)))
    for path in repository.under(*folders, suffixes=(".py",)):
        found.extend(python_functions(path, repository.text(path)))
    return found


def too_long(found: Iterable[Function]) -> Iterator[Finding]:
    for function in found:
        if function.length > MOST:
            what = f"{function.name} has {function.length} lines; at most {MOST}"
            yield Finding(function.path, function.line, what)


def ninth_decile(found: Iterable[Function]) -> int:
    lengths = sorted(function.length for function in found)
    return lengths[(len(lengths) - 1) * 9 // 10]


def intrinsics(repository: Repository) -> Iterator[Finding]:
    for path in repository.under("runtime", "generated", "generator", "bench"):
        if not path.endswith((*CPP, ".j2")):
            continue
        code = cpp_code(repository.text(path)) if path.endswith(CPP) else repository.text(path)
        for match in INTRINSIC.finditer(code):
            yield Finding(path, line_of(code, match.start()), f"vendor intrinsic {match[0]}")


@pytest.mark.parametrize("folder", ["runtime", "generator", "tools", "bench"])
def test_functions_are_short(repository: Repository, folder: str) -> None:
    found = functions(repository, folder)
    if not found:
        pytest.skip(f"{folder} has no functions")
    assert without_exceptions(f"function_length_{folder}", too_long(found)) == []
    assert ninth_decile(found) <= NINE_IN_TEN


def test_functions_are_found(repository: Repository) -> None:
    """Guards the brace matching: the runtime has hundreds, and known ones are among them."""
    found = functions(repository, "runtime")
    assert len(found) > 300
    by_name = {function.name: function for function in found}
    assert 5 <= by_name["RunTiles"].length <= 40
    assert "Array::reshape" in by_name
    assert sum(function.name == "?" for function in found) <= len(found) // 50


def test_no_vendor_intrinsics(repository: Repository) -> None:
    assert without_exceptions("vendor_intrinsics", intrinsics(repository)) == []


SAMPLE = """// f() { in a comment
#define MACRO(x) { x }
namespace a {
namespace {
struct Point {
  Point(int x, int y) : x_(x), y_{y} {
    const char* text = "{";
  }
  bool operator==(const Point& other) const { return x_ == other.x_; }
  int x_ = 0;
  int y_{0};
};
constexpr int kTable[] = {1, 2, 3};
template <class T>
std::vector<T> Make(std::initializer_list<T> list = {}) {
  const auto twice = [](int v) {
    return 2 * v;
  };
  if (list.size() > 3) {
    return {};
  }
  return {twice(1)};
}
}  // namespace
int Declared(int x);
enum class Colour { red, green };
Shape::Shape(std::span<const int> extents, Order order)
    : order_(order), size_(Product({1, 2})) {
  Fill();
}
auto After() -> int { return 1; }
}  // namespace a
"""


def test_cpp_functions_are_told_from_other_braces() -> None:
    found = [(f.name, f.line, f.length) for f in cpp_functions("sample.cpp", SAMPLE)]
    assert found == [
        ("Point", 6, 3),
        ("operator==", 9, 1),
        ("Make", 14, 10),
        ("Shape::Shape", 27, 4),
        ("After", 31, 1),
    ]


def test_rule_finds_long_functions(tree: Tree) -> None:
    body = "  x();\n" * 79
    repository = tree(
        {
            "runtime/a.cpp": "void F() {\n" + body + "}\n",
            "runtime/b.py": "def f():\n" + "    x()\n" * 80,
            "runtime/c.cpp": "void F() {\n" + body[7:] + "}\n",
        }
    )
    found = functions(repository, "runtime")
    assert [str(finding) for finding in too_long(found)] == [
        "runtime/a.cpp:1: F has 81 lines; at most 80",
        "runtime/b.py:1: f has 81 lines; at most 80",
    ]


def test_ninth_decile() -> None:
    lengths = [Function("", 1, "", length) for length in (*[10] * 90, *[50] * 10)]
    assert ninth_decile(lengths) == 10
    assert ninth_decile(lengths[1:] + [Function("", 1, "", 50)]) == 50


@pytest.mark.parametrize(
    "line",
    [
        "auto x = _mm256_add_ps(a, b);",
        "__m512d v;",
        "#include <immintrin.h>",
        "__builtin_ia32_pause();",
        "vld1q_f32(p);",
    ],
)
def test_rule_finds_intrinsics(tree: Tree, line: str) -> None:
    repository = tree({"runtime/a.cpp": line + "\n", "runtime/b.cpp": "// " + line + "\n"})
    assert [finding.path for finding in intrinsics(repository)] == ["runtime/a.cpp"]
