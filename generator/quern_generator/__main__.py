"""``python -m quern_generator``."""

import sys

from .cli import main

sys.exit(main())
