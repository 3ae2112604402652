"""Pieces of the project itself: code, cells of notebooks, files, and what README says."""

import ast
import inspect
import json
import re
import types
from pathlib import Path

import spreidplan as sp

ROOT = Path(__file__).parent.parent
_LANGUAGES = {".py": "python", ".toml": "toml", ".csv": "text", ".lp": "text", ".ps1": "powershell"}


def source(path: str, name: str) -> str:
    """Return a function, class or assignment of a module as it stands, with decorators and text below it."""
    text = (ROOT / path).read_text(encoding="utf-8")
    lines, body = text.splitlines(), ast.parse(text).body
    for place, node in enumerate(body):
        if name in _names(node):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            after = body[place + 1] if place + 1 < len(body) else None
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            last = after.end_lineno if said and after else node.end_lineno
            return _fenced("python", "\n".join([f"# {path}", *lines[first - 1 : last]]))
    raise ValueError(f"{path} has no {name}")


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return {target.id for target in targets if isinstance(target, ast.Name)}


def cell(notebook: str, *numbers: str) -> str:
    """Return code cells of a notebook, counted from 1."""
    text = (ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8")
    code = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    return _fenced("python", "\n\n".join("".join(code[int(n) - 1]["source"]) for n in numbers))


def file(path: str) -> str:
    """Return a whole file of the project, its licence of words left to itself."""
    return _fenced(_LANGUAGES[Path(path).suffix], (ROOT / path).read_text(encoding="utf-8").rstrip())


def quote(path: str, language: str) -> str:
    """Return the piece of code in a language that a text of the project has."""
    text = (ROOT / path).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return _fenced(language, found.rstrip())


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


def front_door() -> str:
    """Return every call of the front door with its options and the first line of what it says of itself."""
    lines = ["| call | what it does |", "|---|---|"]
    for name in sp.__all__:
        made = getattr(sp, name)
        if isinstance(made, types.FunctionType):
            names = [_option(one) for one in inspect.signature(made).parameters.values()]
            said = (inspect.getdoc(made) or "").splitlines()[0]
            lines.append(f"| `sp.{name}({', '.join(names)})` | {said} |")
    return "\n".join(lines)


def _option(one: inspect.Parameter) -> str:
    """Return a parameter as it is called: options by their name."""
    starred = one.kind is inspect.Parameter.VAR_POSITIONAL
    return f"{one.name}=…" if one.kind is inspect.Parameter.KEYWORD_ONLY else "*" * starred + one.name
