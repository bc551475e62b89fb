"""Checks the worked example against NumPy.

usage: check.py DATA_FOLDER OUTPUT_FOLDER

Sums are taken over at most 53 weeks in another order than NumPy's, so means agree to a few units in
the last place; what is computed from the same means agrees exactly.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def largest_distance(ours: np.ndarray, reference: np.ndarray) -> float:
    """The largest difference in units of the reference's last place; NaN must stand beside NaN."""
    if ours.shape != reference.shape or not np.array_equal(np.isnan(ours), np.isnan(reference)):
        return float("inf")
    present = ~np.isnan(reference)
    return float(np.max(np.abs(ours - reference)[present] / np.spacing(np.abs(reference[present]))))


def check(data: Path, output: Path) -> list[str]:
    """What does not agree."""
    ppm = np.load(data / "co2_ppm.npy")
    year = np.load(data / "co2_year.npy")
    years = np.unique(year)
    means = np.array([np.nanmean(ppm[year == one]) for one in years])
    our_means = np.load(output / "co2_yearly_means.npy")
    our_anomalies = np.load(output / "co2_anomalies.npy")
    faults = []
    if not np.array_equal(np.load(output / "co2_years.npy"), years):
        faults.append("the years differ")
    distance = largest_distance(our_means, means)
    if not distance <= 4:
        faults.append(f"a yearly mean is {distance} ULP from NumPy's")
    exact = ppm - our_means[np.searchsorted(years, year)]
    if not np.array_equal(our_anomalies, exact, equal_nan=True):
        faults.append("an anomaly differs from NumPy's")
    overall = np.load(output / "co2_eval_mean.npy")
    if not abs(overall - np.nanmean(ppm)) <= 4 * np.spacing(np.nanmean(ppm)):
        faults.append("the mean that `quern eval` gives differs from NumPy's")
    if not np.array_equal(np.load(output / "co2_eval_anomalies.npy"), ppm - overall, equal_nan=True):
        faults.append("the anomalies that `quern eval` gives differ from NumPy's")
    if not faults:
        print(f"co2: {len(years)} yearly means within {distance:.1f} ULP of NumPy's, "
              f"{len(ppm)} anomalies bit-equal")
    return faults


if __name__ == "__main__":
    found = check(Path(sys.argv[1]), Path(sys.argv[2]))
    for fault in found:
        print(f"co2: {fault}", file=sys.stderr)
    sys.exit(1 if found else 0)
