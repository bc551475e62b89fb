"""Where the report was made: versions, CPU, targets, compiler."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path

from .basics import Json
from .context import Context

CPUINFO = Path("/proc/cpuinfo")

# Instruction sets worth naming, as the kernel names them.
TELLING_FLAGS = ("sse2", "sse4_2", "avx", "f16c", "fma", "bmi2", "avx2", "avx512f", "avx512bw",
                 "avx512vl", "avx512_vbmi2", "avx512_bf16", "avx512_fp16", "amx_tile", "asimd",
                 "sve", "sve2")  # fmt: skip


def _cpu() -> tuple[str, list[str]]:
    """The model's name and its telling flags, as far as the system tells."""
    if not CPUINFO.exists():
        return platform.processor() or platform.machine(), []
    lines = [line.partition(":") for line in CPUINFO.read_text(encoding="utf-8").splitlines()]
    facts = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    return facts.get("model name", platform.machine()), [f for f in TELLING_FLAGS if f in flags]


def _compiler(build: Path) -> str:
    """As the command line tool tells it."""
    tool = build / "bin" / "quern"
    if not tool.exists():
        return "unknown"
    try:
        run = subprocess.run([tool, "info", "--json"], capture_output=True, text=True, check=True)
        return str(json.loads(run.stdout)["compiler"])
    except (subprocess.CalledProcessError, ValueError, KeyError, OSError):
        return "unknown"


def describe(context: Context, threads_seen: int | None) -> dict[str, Json]:
    """threads_seen: OS threads of this process at its busiest, None where nothing tells."""
    model, flags = _cpu()
    return {
        "library": context.library.version,
        "numpy": context.oracle.version,
        "spec": context.spec.fingerprint,
        "targets": list(context.all_targets),
        "targets_built": list(context.spec.targets),
        "compiler": _compiler(context.build),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": model,
        "cpu_flags": flags,
        "cpus": os.cpu_count(),
        "scale": context.scale.name,
        "threads_seen": threads_seen,
    }


def count_threads() -> int | None:
    """Threads of this process, where /proc tells."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else None
