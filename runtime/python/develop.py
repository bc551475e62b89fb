"""Makes the package in a build tree importable: writes quern.pth into this Python's site-packages."""

import pathlib
import sys
import sysconfig


def main() -> None:
    package_root = pathlib.Path(sys.argv[1]).resolve()
    link = pathlib.Path(sysconfig.get_path("purelib")) / "quern.pth"
    text = f"{package_root}\n"
    if not link.exists() or link.read_text(encoding="utf-8") != text:
        link.write_text(text, encoding="utf-8")
    print(f"quern: {link} -> {package_root}")


if __name__ == "__main__":
    main()
