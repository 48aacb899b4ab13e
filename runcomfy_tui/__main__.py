"""`python -m runcomfy_tui` is `runcomfy-tui`."""

import sys

from runcomfy_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
