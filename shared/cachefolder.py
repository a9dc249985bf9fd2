"""Where the project keeps what is slow to make and may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path | None:
    """Return the project's folder under ``XDG_CACHE_HOME``, by default ``~/.cache``; None for a user without a home."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not root.is_absolute():
        try:
            root = Path.home() / ".cache"
        except RuntimeError:
            return None
    return root / "deep-learning-labs"
