"""A command that ends with the process that started it, however that one ends.

    python -P _child.py DESCRIPTOR MODULE ARGUMENTS...

does what ``python -m MODULE ARGUMENTS...`` does. The descriptor is the reading end of a
pipe whose writing end the parent alone holds and never writes to: when the parent ends,
or lets go of it, reading comes to an end, and so does this process. Nothing is asked of
the parent at its end, so a kill will do; and nothing of this process, whose files are
written whole or not at all.
"""

import os
import runpy
import sys
import threading


def end_with(descriptor: int) -> None:
    """Wait for the other end of the pipe to be let go of, then end."""
    os.read(descriptor, 1)
    os._exit(1)


if __name__ == "__main__":
    _, line, *sys.argv = sys.argv
    threading.Thread(target=end_with, args=(int(line),), daemon=True).start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
