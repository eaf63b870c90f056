"""What users install is what git tracks: no more, no less, and it works away from the tree."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

import osteokg

ROOMS = ("kg", "api", "ontology", "shapes")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command without the surroundings that could lead Python back into the tree."""
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"
    }
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=surroundings,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def packaged(tracked: Iterable[Path]) -> set[str]:
    """Return the names that tracked files have in the wheel."""
    rooms = {f"osteokg/{path.as_posix()}" for path in tracked if path.parts[0] in ROOMS}
    return rooms | {"osteokg/__init__.py", "osteokg/py.typed"}


def wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def copy_of(project: Path, tracked: Iterable[Path], target: Path, *, links: bool) -> Path:
    """Copy the tracked files as they are now: a clean clone that holds the working changes."""
    for path in tracked:
        source = project / path
        if source.is_symlink() and not links:
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target / path, follow_symlinks=False)
    return target


def build(tree: Path, target: Path, *kinds: str) -> Path:
    """Build distributions of a tree; without kinds the sdist, and the wheel from the sdist."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", target, *kinds, tree, cwd=tree)
    return target


def installed_in(folder: Path, what: Path) -> Path:
    """Install a wheel or a tree into a new environment; dependencies are those of this one."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    # A path in a .pth file is only appended: an osteokg that is installed here stays unseen.
    asking = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", asking, cwd=folder).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    run(*pip, *offline, what, cwd=folder)
    return python


@pytest.fixture(scope="session")
def clone(project, tracked, tmp_path_factory):
    return copy_of(project, tracked, tmp_path_factory.mktemp("clone"), links=True)


@pytest.fixture(scope="session")
def built(clone, tmp_path_factory):
    return build(clone, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def wheel(built):
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def python(wheel, tmp_path_factory):
    """Return the Python of an environment that the wheel is installed in."""
    return installed_in(tmp_path_factory.mktemp("clean"), wheel)


def test_the_sdist_holds_the_tracked_files_it_names(built, tracked, project):
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    named = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    # Beside what it is told, hatchling adds what a build needs.
    added = {".gitignore", "pyproject.toml", "README.md", *settings["project"]["license-files"]}
    expected = {
        path.as_posix()
        for path in tracked
        if path.as_posix() in added
        or any(path == Path(name) or Path(name) in path.parents for name in named)
    }
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert not [member.name for member in archive if member.issym() or member.islnk()]
        found = {name.partition("/")[2] for name in archive.getnames()}
    assert found == expected | {"PKG-INFO"}


def test_the_wheel_from_the_sdist_holds_the_tracked_files_of_the_rooms(wheel, tracked):
    assert wheel_files(wheel) == packaged(tracked)


def test_the_wheel_carries_both_licences_and_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        named = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
        metadata = archive.read(named["METADATA"]).decode()
        entry_points = archive.read(named["entry_points.txt"]).decode()
    assert {"licenses/LICENSE", "licenses/LICENSE-data"} <= set(named)
    assert "License-Expression: Apache-2.0 AND CC-BY-4.0\n" in metadata
    assert "osteokg = osteokg.api.cli:main" in entry_points


def test_the_installed_wheel_works_away_from_the_tree(python, tracked, project, tmp_path):
    assert osteokg.__version__ in run(python.with_name("osteokg"), "--version", cwd=tmp_path)
    listing = """
import json, osteokg, pathlib
from importlib.resources import files
top = pathlib.Path(str(files("osteokg")))
found = [f"osteokg/{p.relative_to(top).as_posix()}" for p in top.rglob("*") if p.is_file()]
print(json.dumps([osteokg.__file__, [name for name in found if "__pycache__" not in name]]))
"""
    where, found = json.loads(run(python, "-c", listing, cwd=tmp_path))
    assert not Path(where).is_relative_to(project)
    assert set(found) == packaged(tracked)


def test_every_module_of_the_installed_wheel_can_be_imported(python, tmp_path):
    importing = """
import importlib, pkgutil, osteokg, osteokg.kg, osteokg.api
for room in (osteokg.kg, osteokg.api):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""
    run(python, "-c", importing, cwd=tmp_path)


def test_a_tree_without_links_can_be_installed(project, tracked, tmp_path):
    tree = copy_of(project, tracked, tmp_path / "tree", links=False)
    clean = installed_in(tmp_path / "clean", tree)
    asking = "import osteokg.kg.names as names; print(names.__file__)"
    assert Path(run(clean, "-c", asking, cwd=tmp_path).strip()).is_relative_to(tmp_path / "clean")
    assert osteokg.__version__ in run(clean.with_name("osteokg"), "--version", cwd=tmp_path)


def test_withdrawn_evidence_is_not_built_again(project, tracked, tmp_path):
    tree = copy_of(project, tracked, tmp_path / "tree", links=True)
    withdrawn = tree / "kg" / "evidence" / "withdrawn.ttl"
    withdrawn.write_text("# a study that will be withdrawn\n", encoding="utf-8")
    (first,) = build(tree, tmp_path / "first", "--wheel").glob("*.whl")
    assert "osteokg/kg/evidence/withdrawn.ttl" in wheel_files(first)

    withdrawn.unlink()
    (second,) = build(tree, tmp_path / "second", "--wheel").glob("*.whl")
    assert wheel_files(second) == packaged(tracked)
