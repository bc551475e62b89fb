"""Converts examples/data/co2.csv into the .npy files that the worked example reads.

Usage: build/venv/bin/python tools/co2_to_npy.py [--check]

With --check nothing is written; the exit status is 1 if a file differs from what would be written.
"""

import argparse
import csv
import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).resolve().parent.parent / "examples" / "data"


def read_csv(path: Path) -> dict[str, NDArray[np.generic]]:
    """The columns of the record by file name; a week without a measurement is NaN."""
    with path.open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    dates = [row["date"] for row in rows]
    return {
        "co2_year.npy": np.array([int(date[:4]) for date in dates], dtype="<i2"),
        "co2_month.npy": np.array([int(date[4:6]) for date in dates], dtype="<i2"),
        "co2_ppm.npy": np.array([float(row["co2"] or "nan") for row in rows], dtype="<f8"),
    }


def npy_bytes(array: NDArray[np.generic]) -> bytes:
    """The array as the content of a .npy file, format 1.0."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def main() -> int:
    """Writes or checks the files; returns the exit status."""
    parser = argparse.ArgumentParser(description="Convert examples/data/co2.csv to .npy files.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    status = 0
    for name, array in read_csv(DATA / "co2.csv").items():
        content = npy_bytes(array)
        path = DATA / name
        if not check:
            path.write_bytes(content)
            print(f"{path.name}: {array.shape[0]} x {array.dtype.str}, {len(content)} bytes")
        elif not path.exists() or path.read_bytes() != content:
            print(f"{path.name} differs from co2.csv", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
