"""The garbage collector of a process that scores for a long time over what it has loaded."""

from __future__ import annotations

import gc

NEW_OBJECTS = 50_000
"""Between two looks at what is new: a batch makes millions of objects, hardly any of them in cycles."""


def keep_loaded() -> None:
    """What has been loaded lives as long as the process: never look through it again, and seldom through what is new."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 100)
