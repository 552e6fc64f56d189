"""Writing much without getting into the way: in steps, each handed to the disk and slept after.

For whatever copies whole stores beside a hub that answers. A step that is waited for (``fdatasync``)
makes the journal commit, and the hub's own commits wait behind it; so the disk is only told to begin
(``posix_fadvise`` DONTNEED starts writing on Linux), and the pause leaves it, and the processor, to
others for twice as long as the step took.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

STEP = 4 * 1024 * 1024  # bytes
SHARE = 2.0  # seconds of rest for each second of work
MOST = 0.5  # seconds of rest at once


class Pace:
    """The pace of one writer."""

    def __init__(
        self, *, share: float = SHARE, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._share = share
        self._sleep = sleep
        self._began = time.perf_counter()

    def step(self, file: int) -> None:
        """So much more was written to that file descriptor."""
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        worked = time.perf_counter() - self._began
        self._sleep(min(worked * self._share, MOST))
        self._began = time.perf_counter()


NO_PACE = Pace(share=0.0)
"""As fast as it goes: nobody is there to be held up."""
