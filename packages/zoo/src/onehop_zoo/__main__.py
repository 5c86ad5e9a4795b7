"""What is in the zoo: `python -m onehop_zoo`."""

from . import artefact, names, path


def main() -> None:
    """Print every artefact, checked, with the command that makes it again."""
    for name in names():
        card = artefact(name)
        print(f"{name}: {card.about}\n  {path(name)}\n  {card.rebuild}")  # noqa: T201


if __name__ == "__main__":
    main()
