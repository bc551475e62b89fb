"""quern_add_kernels: a package out of tree, with a ufunc and a dtype, against the installed library."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from workshop import HERE, ROOT, WORK, Failed, edit, run

COMPONENTS = ("runtime", "development", "kernels")
EXPECTED = """\
[1.5 3.5]
kelvin [280.   281.5  279.   283.25]
[560.  563.  558.  566.5] kelvin
kelvin float64
[281.625 280.25  280.25  281.625]
283.25 1123.75 [False  True False  True]
[280 281 279 283]
32 6 1.19209e-07 110 kelvin float16 float64
280
astype: an element of dtype('kelvin') has a value that dtype('int16') does not hold, as the rule 'same_value' demands
unknown ufunc 'midpont'; did you mean 'midpoint'?
"""


@pytest.fixture(scope="module")
def prefix() -> Path:
    """The library as a package manager would install it, moved away from where it was installed."""
    build = Path(os.environ.get("QUERN_BUILD", ROOT / "build" / "release"))
    if not (build / "cmake_install.cmake").is_file():
        pytest.fail(f"there is no build in {build}; tools/run.sh makes one (QUERN_BUILD names another)")
    installed, moved = WORK / "installed", WORK / "prefix"
    for folder in (installed, moved):
        shutil.rmtree(folder, ignore_errors=True)
    for component in COMPONENTS:
        run("cmake", "--install", build, "--prefix", installed, "--component", component)
    installed.rename(moved)
    return moved


def configure(prefix: Path, source: Path, build: Path) -> None:
    run(
        "cmake",
        *("-S", source, "-B", build, "-G", "Ninja"),
        f"-DCMAKE_PREFIX_PATH={prefix}",
        *("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1"),
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache') or ''}",
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # its python3 has the generator's needs
    )


def test_a_package_builds_and_runs(prefix: Path) -> None:
    build = WORK / "weather-build"
    configure(prefix, HERE / "package", build)
    run("cmake", "--build", build, "-j", os.environ.get("QUERN_JOBS", str(os.cpu_count() or 1)))
    assert run(build / "weather") == EXPECTED


def test_the_package_is_three_files() -> None:
    """One file for the ufunc, two for the dtype; everything else is the project's own program."""
    root = HERE / "package"
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files - {"CMakeLists.txt", "weather.cpp"} == {
        "spec/ufuncs/midpoint.yaml",
        "spec/dtypes/kelvin.yaml",
        "spec/dtypes/kelvin.h",
    }


def test_a_fault_in_the_package_stops_the_configuration(prefix: Path, tmp_path: Path) -> None:
    source = tmp_path / "package"
    shutil.copytree(HERE / "package", source)
    edit(source / "spec" / "ufuncs" / "midpoint.yaml", "Mul(Add(a, b), 0.5)", "Mul(Ad(a, b), 0.5)")
    with pytest.raises(Failed, match="midpoint.yaml:6:") as failure:
        configure(prefix, source, tmp_path / "build")
    assert "Ad" in str(failure.value)
    assert "Add" in str(failure.value), "with the nearest word"
