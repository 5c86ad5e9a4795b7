"""Words of `onehop-train` that several studies give their methods."""

__all__ = ["FAST", "PAIRS", "VDD"]

FAST = ("--lr", "1e-3")
PAIRS = (*FAST, "--passes", "6")
VDD = ("--draws", "1", "--expert-steps", "1", "--from-data")
