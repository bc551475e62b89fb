"""What is known of Highway itself."""

from __future__ import annotations

# What Highway 1.2 can compile for, from the least up within each architecture.
HIGHWAY_TARGETS = {
    "SSE2": "x86", "SSSE3": "x86", "SSE4": "x86", "AVX2": "x86", "AVX3": "x86", "AVX3_DL": "x86",
    "AVX3_ZEN4": "x86", "AVX3_SPR": "x86",
    "NEON_WITHOUT_AES": "arm", "NEON": "arm", "NEON_BF16": "arm", "SVE": "arm", "SVE2": "arm",
    "SVE_256": "arm", "SVE2_128": "arm",
    "EMU128": "any", "SCALAR": "any",
}  # fmt: skip

# Those that Highway compiles only where HWY_WANT_<name> is defined.
WANTED_TARGETS = ("AVX3_DL",)
