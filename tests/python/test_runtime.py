"""Files, targets, threads, memory, the shape of the package."""

import importlib.resources
import io
import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import DTYPES, JUDGED_DTYPES, REDUCTIONS, UFUNCS, assert_same, sample

import quern


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
def test_files_both_ways(dtype, tmp_path, rng):
    for shape in ((), (5,), (3, 4), (0, 2)):
        for source in (sample(dtype.str, shape, rng), sample(dtype.str, shape, rng).T):
            for array in (source, source.astype(source.dtype.newbyteorder())):
                theirs, mine = tmp_path / "theirs.npy", tmp_path / "mine.npy"
                np.save(theirs, array)
                assert_same(quern.load(theirs), array)
                quern.save(mine, array)
                assert_same(np.load(mine), array)
                assert_same(quern.load(str(mine), mmap_mode="r"), array)


def test_file_forms(tmp_path):
    quern.save(tmp_path / "without_suffix", [1, 2])
    assert quern.load(tmp_path / "without_suffix.npy").tolist() == [1, 2]
    stream = io.BytesIO()
    quern.save(stream, [1, 2])
    stream.seek(0)
    assert quern.load(stream).tolist() == [1, 2]
    mapped = quern.load(tmp_path / "without_suffix.npy", mmap_mode="r")
    with pytest.raises(ValueError):
        mapped[0] = 5
    private = quern.load(tmp_path / "without_suffix.npy", mmap_mode="c")
    private[0] = 5
    assert quern.load(tmp_path / "without_suffix.npy").tolist() == [1, 2]


def test_file_errors(tmp_path):
    with pytest.raises(FileNotFoundError):
        quern.load(tmp_path / "nowhere.npy")
    with pytest.raises(OSError):
        quern.load(tmp_path)
    with pytest.raises(OSError):
        quern.save(tmp_path / "nowhere" / "x.npy", [1])
    bad = tmp_path / "bad.npy"
    for content in (b"", b"\x93NUMPY", b"x" * 100, b"\x93NUMPY\x01\x00\xff\xff{}"):
        bad.write_bytes(content)
        with pytest.raises(quern.FormatError):
            quern.load(bad)
        with pytest.raises(quern.FormatError):
            quern.load(io.BytesIO(content))
    np.save(bad, np.array([{}, 1], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError):
        quern.load(bad)
    for wrong in (5, None, 1.5):
        with pytest.raises(TypeError):
            quern.load(wrong)
    with pytest.raises(ValueError):
        quern.load(bad, mmap_mode="w")
    with pytest.raises(ValueError):
        quern.load("a\0b")


def test_targets():
    assert quern.current_target() in quern.targets()
    assert set(quern.targets()) <= set(quern.built_targets())
    before = quern.current_target()
    try:
        for target in quern.targets():
            quern.set_target(target)
            assert quern.current_target() == target
            assert quern.add([1.5, 2.5], 1).tolist() == [2.5, 3.5]
    finally:
        quern.set_target(before)
    with pytest.raises(ValueError):
        quern.set_target("bogus")


def test_threads():
    before = quern.thread_limit()
    assert before >= 1
    try:
        quern.set_thread_limit(1)
        assert quern.thread_limit() == 1
    finally:
        quern.set_thread_limit(before)
    with pytest.raises(ValueError):
        quern.set_thread_limit(0)
    with pytest.raises(TypeError):
        quern.set_thread_limit("many")


def test_calls_from_many_threads():
    a = np.arange(50_000.0)
    expected = (a + a).sum()
    wrong = []

    def work():
        for _ in range(50):
            if quern.sum(quern.add(a, a)).item() != expected:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_memory_statistics():
    figures = quern.memory_statistics()
    keep = quern.zeros(100_000)
    after = quern.memory_statistics()
    assert after["bytes_in_use"] >= figures["bytes_in_use"] + keep.nbytes
    assert after["allocations"] > figures["allocations"]
    assert quern.trim_memory() >= 0


def test_package():
    files = {pathlib.Path(str(file)).name for file in importlib.resources.files("quern").iterdir()}
    assert {"__init__.py", "py.typed", "_quern.pyi"} <= files
    stub = (importlib.resources.files("quern") / "_quern.pyi").read_text(encoding="utf-8")
    for ufunc in UFUNCS:
        assert f"\n{ufunc.name}: ufunc" in stub
    for name, _ in REDUCTIONS:
        assert f"\ndef {name}(" in stub
    for dtype in DTYPES:
        assert f"\n{dtype.name}: dtype" in stub
    assert quern.__version__.count(".") == 2
    assert set(quern.__all__) <= set(dir(quern))


def test_stubs(tmp_path):
    """The stubs are sound, and say what typed_use.py expects of them."""
    pytest.importorskip("mypy")
    package = pathlib.Path(str(importlib.resources.files("quern")))
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), "--python-executable", sys.executable]
    use = pathlib.Path(__file__).parent / "typed_use.py"
    environment = dict(os.environ)
    # mypy finds an installed package by itself, and refuses to be told of site-packages.
    if package.parent.name != "site-packages":
        environment["MYPYPATH"] = str(package.parent)
    command += ["--warn-unused-ignores", str(use)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout


def test_everything_public_is_documented():
    for name in quern.__all__:
        if name not in ("newaxis", "__version__"):
            assert getattr(quern, name).__doc__, name


def test_import_does_not_need_numpy():
    code = "import sys; sys.modules['numpy'] = None; import quern; print(quern.add([1, 2], 3).tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[4, 5]"
    assert not done.stderr


def test_clean_exit_with_live_views():
    """Buffers of NumPy held by arrays, callbacks and capsules at exit do not disturb the interpreter."""
    code = """
import numpy as np, quern, threading
a = quern.asarray(np.arange(10)); b = np.asarray(quern.zeros(5)); c = a.__dlpack__()
quern.seterrcall(lambda *x: None)
import sys; sys.keep = (a, b, c)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr
