"""House rules without a linter: sizes, names, imports in functions, what may not be committed."""

from __future__ import annotations

import ast
import re
import tomllib

from tests.architecture.tree import PACKAGES, ROOT, named, sources, tracked

LINES_AT_MOST = 400
FUNCTION_AT_MOST = 60
"""Lines, decorators and docstring included. 40 is the aim."""
BAD_NAMES = {"utils", "util", "helpers", "helper", "common", "shared", "misc", "service", "services", "manager"}
REGISTRIES = ("pypi" + ".org", "files.pythonhosted" + ".org", "registry.npmjs" + ".org", "registry.yarnpkg" + ".com")
CLOCKS = {"datetime.now", "time.time", "uuid.uuid4", "uuid.uuid1", "random.random", "os.environ", "os.getenv"}
PURE = ("rules_dsl/", "domain/", "workflows/", "activities/contracts.py", "activities/messages.py")


def test_no_source_file_is_too_long() -> None:
    long = {named(path): len(path.read_text().splitlines()) for path in sources()}
    assert {name: lines for name, lines in long.items() if lines > LINES_AT_MOST} == {}


def test_every_package_is_installed_with_the_files_it_reads() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = [path.parent for path in tracked(*(f"{package}/*__init__.py" for package in PACKAGES))]
    assert sorted(setuptools["packages"]) == sorted(named(folder).replace("/", ".") for folder in packages)
    # The editor's sources aren't installed: they are bundled into web/static.
    read = {path for path in tracked(*(f"{package}/*" for package in PACKAGES)) if path.suffix != ".py"}
    read -= set(tracked("web/editor/*"))
    for package, patterns in setuptools["package-data"].items():
        for pattern in patterns:
            read -= set(tracked(f":(glob){package.replace('.', '/')}/{pattern}"))
    assert sorted(map(named, read)) == []


def test_no_function_is_too_long() -> None:
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_AT_MOST:
                    long.append(f"{named(path)}:{node.name} {length}")
    assert long == []


def test_every_file_is_named_for_its_content() -> None:
    assert [named(path) for path in tracked("*.py") if path.stem in BAD_NAMES] == []


def test_class_names_are_unique() -> None:
    """A search for a name finds one class."""
    found: dict[str, list[str]] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(named(path))
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_the_inner_layers_know_no_http_statuses() -> None:
    status = re.compile(r"^    status(: int)? = \d{3}$", re.MULTILINE)
    inner = [path for path in sources() if named(path).startswith(("domain/", "database/", "rules_dsl/"))]
    assert [named(path) for path in inner if status.search(path.read_text())] == []


def test_imports_are_at_the_top() -> None:
    inner = []
    for path in sources():
        tree = ast.parse(path.read_text())
        top = {id(node) for node in tree.body}
        typing_only = {
            id(inside)
            for node in tree.body
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for inside in node.body
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in top | typing_only:
                inner.append(f"{named(path)}:{node.lineno}")
    assert inner == []


def test_pure_code_uses_no_clock_no_randomness_and_no_environment() -> None:
    found = []
    for path in sources():
        if not named(path).startswith(PURE):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS:
                found.append(f"{named(path)}:{node.lineno} {ast.unparse(node)}")
    # Pure code takes ids and the time as arguments.
    assert found == []


def test_the_systems_clock_is_read_in_one_place() -> None:
    """A process whose clock is wrong uses the database's."""
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    found = set()
    for path in sources():
        tree = ast.parse(path.read_text())
        if any(isinstance(node, ast.Attribute) and ast.unparse(node) in clocks for node in ast.walk(tree)):
            found.add(named(path))
    # Trying rules on an example needs no database; a process counts guesses by itself, by the clock of its library.
    assert found == {"database/clock.py", "cli/rules/inputs.py", "web/security/rate_limit.py"}


def test_every_module_has_a_docstring() -> None:
    undocumented = [
        named(path)
        for path in sources()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert undocumented == []


def test_nothing_committed_names_a_package_registry() -> None:
    found = []
    for path in tracked():
        content = path.read_bytes()
        found += [f"{named(path)}: {host}" for host in REGISTRIES if host.encode() in content]
    assert found == []


def test_lock_files_contain_no_address() -> None:
    for path in tracked("requirements.lock", "package-lock.json"):
        assert re.search(r"https?://[^\s\"]*\.(whl|tgz|tar\.gz)", path.read_text()) is None, named(path)


def test_the_workflow_id_is_built_in_one_place() -> None:
    literal = re.compile(r'f"escalation-\{')
    assert [named(path) for path in sources() if literal.search(path.read_text())] == ["domain/ids.py"]
