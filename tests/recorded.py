"""Where the recorded data lies; known without pytest, so that it can be replayed on any installation."""

from pathlib import Path

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
