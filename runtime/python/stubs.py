"""Writes the type stubs of the extension module: python stubs.py PACKAGE_DIRECTORY.

nanobind's generator reads the signatures out of the module. What it cannot know is added here: names of this module
hide builtins (``bool`` is a dtype), calls of ufuncs have no signature of their own, and the error classes are
presented under the package's name.
"""

import ast
import builtins
import importlib
import pathlib
import sys

from nanobind.stubgen import StubGen  # type: ignore[import-untyped]

UFUNC_CALL = """
def __call__(
    self, *args: object, out: object = None, where: object = True, casting: str = "same_kind", order: str | None = "K",
    dtype: object = None, signature: object = None, sig: object = None, subok: bool = True
) -> typing.Any: ...
"""


class BuiltinNames(ast.NodeTransformer):
    """Writes builtins in annotations so that no name of the module can hide them."""

    def qualify(self, annotation: ast.expr | None) -> None:
        for node in ast.walk(annotation) if annotation else ():
            if isinstance(node, ast.Name) and hasattr(builtins, node.id):
                node.id = f"builtins.{node.id}"

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        self.qualify(node.annotation)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self.qualify(node.annotation)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        self.qualify(node.returns)
        return node


def is_import_of_errors(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "quern"


def error_classes(module: object) -> list[ast.stmt]:
    """The classes that the generator took for imports from the package."""
    found = []
    for name, value in vars(module).items():
        if isinstance(value, type) and issubclass(value, Exception):
            bases = ", ".join(f"builtins.{base.__name__}" for base in value.__bases__)
            found += ast.parse(f"class {name}({bases}):\n    {value.__doc__!r}").body
    return found


def adapt_class(node: ast.ClassDef) -> None:
    if node.name == "ufunc":
        node.body = [item for item in node.body if not assigns_dunder(item) and getattr(item, "name", "") != "__call__"]
        node.body += ast.parse(UFUNC_CALL).body
    for item in node.body:
        # A property may have the name of its class, which then no longer means the class.
        if isinstance(item, ast.FunctionDef) and item.returns and ast.unparse(item.returns) == node.name:
            item.returns = ast.parse("typing.Self", mode="eval").body
    for index, item in enumerate(node.body):
        if isinstance(item, (ast.Assign, ast.AnnAssign)) and "__hash__" in ast.unparse(item):
            node.body[index] = ast.parse("__hash__: typing.ClassVar[None]  # type: ignore[assignment]").body[0]


def assigns_dunder(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.target).startswith("__")


def adapted(text: str, module: object) -> str:
    tree = ast.parse(text)
    body = [node for node in tree.body if not is_import_of_errors(node)]
    imports = ast.parse("import builtins\nimport typing").body
    start = 1 if ast.get_docstring(tree) else 0
    version = ast.parse("__version__: str").body
    tree.body = body[:start] + imports + error_classes(module) + version + body[start:]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            adapt_class(node)
    written = ast.unparse(ast.fix_missing_locations(BuiltinNames().visit(tree)))
    return written.replace("ClassVar[builtins.None]", "ClassVar[None]").replace(
        "__hash__: typing.ClassVar[None]", "__hash__: typing.ClassVar[None]  # type: ignore[assignment]"
    )


def main() -> None:
    package = pathlib.Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(package.parent))
    module = importlib.import_module("quern._quern")
    generator = StubGen(module, include_private=True)
    generator.put(module)
    (package / "_quern.pyi").write_text(adapted(generator.get(), module) + "\n", encoding="utf-8")
    (package / "py.typed").touch()


if __name__ == "__main__":
    main()
