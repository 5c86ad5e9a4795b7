"""Settings that served on more than one task, as words of `onehop-train`.

VDD         from the teacher's trunk and last layer, noised as the target is
KDM, DNK    from pairs written beforehand
SLIM        DNK whose eigenvalues come from a small layer
FASTER      without the block in the middle, too, which is missed least
"""

__all__ = ["DNK", "FASTER", "KDM", "SLIM", "VDD"]

VDD = (
    *("--experts", "8", "--std", "0.3", "--start", "teacher", "--mean-bound", "0.5"),
    *("--draws", "1", "--expert-steps", "1", "--lr", "2e-4", "--gate-lr", "1e-3"),
    *("--control", "--diffused", "--weighted", "--t-range", "0.02", "0.95"),
)
KDM = ("--lr", "5e-4")
DNK = (*KDM, "--first-action", "3", "--batch-size", "128")
SLIM = ("--gamma-width", "128")
FASTER = ("--blocks", "3", *SLIM)
