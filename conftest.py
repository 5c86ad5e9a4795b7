"""Tests run two at a time: a thread each, set before torch is imported."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
