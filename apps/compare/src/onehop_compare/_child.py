"""A command that ends with the process that started it, however that one ends.

    python -P _child.py LIFELINE TOLD MODULE ARGUMENTS...

does what ``python -m MODULE ARGUMENTS...`` does. The lifeline is the reading end of a
pipe whose writing end the parent alone holds and never writes to: when the parent ends,
or lets go of it, reading comes to an end, and so does this process. Nothing is asked of
the parent at its end, so a kill will do; and nothing of this process, whose files are
written whole or not at all.

At its end it writes to the descriptor TOLD how much memory it had at the most [bytes].
"""

import os
import resource
import runpy
import sys
import threading


def end_with(descriptor: int) -> None:
    """Wait for the other end of the pipe to be let go of, then end."""
    os.read(descriptor, 1)
    os._exit(1)


def peak() -> int:
    """The most memory that this process has had resident [bytes].

    Linux counts in `ru_maxrss` what the parent had when it started this process, which
    is not ours; its own status does not.
    """
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            (line,) = [line for line in status if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    _, line, told, *sys.argv = sys.argv
    threading.Thread(target=end_with, args=(int(line),), daemon=True).start()
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    finally:
        os.write(int(told), str(peak()).encode())
