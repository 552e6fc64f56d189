"""Writing much without getting into the way: in steps, each handed to the disk and slept after.

For whatever copies whole stores beside a hub that answers. A step that is waited for (``fdatasync``)
makes the journal commit, and the hub's own commits wait behind it; one that is not handed on at all
is written by the system when it likes, hundreds of megabytes at once. So the disk is told to begin
(``sync_file_range``, Linux), and the pause leaves it, and the processor, to others for twice as long
as the step took.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable

STEP = 1024 * 1024  # bytes
SHARE = 2.0  # seconds of rest for each second of work
MOST = 0.5  # seconds of rest at once
_WAIT_BEFORE, _WRITE = 1, 2  # https://man7.org/linux/man-pages/man2/sync_file_range.2.html
_OFFSET = ctypes.c_int64


class Pace:
    """The pace of one writer."""

    def __init__(
        self, *, share: float = SHARE, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._share = share
        self._sleep = sleep
        self._began = time.perf_counter()

    def step(self, file: int, *, again: bool = False) -> None:
        """So much more was written to that file descriptor. ``again``: it will be read soon."""
        _begin_writing(file)
        if not again:
            _forget(file)
        worked = time.perf_counter() - self._began
        self._sleep(min(worked * self._share, MOST))
        self._began = time.perf_counter()


NO_PACE = Pace(share=0.0)
"""As fast as it goes: nobody is there to be held up."""


def _begin_writing(file: int) -> None:
    """Have what was written to it go to the disk from now on, once what went before is there: never
    more than a step stands in its queue. Where that cannot be said, nothing."""
    say = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if say is not None:
        say(file, _OFFSET(0), _OFFSET(0), _WAIT_BEFORE | _WRITE)


def _forget(file: int) -> None:
    """Leave the memory of what is on disk to others."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
