"""``python -m quern_generator``."""

import signal
import sys

from .cli import main

if hasattr(signal, "SIGPIPE"):  # a reader that has seen enough, as head, ends the program without a word
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
sys.exit(main())
