"""``zwicky``, and ``python -m zwicky``: the command line, which a signal may end from its first import on."""

from zwicky.stopping import ended_by_signals

__all__ = ["main"]


def main() -> None:
    """Run the command line on the arguments of this process."""
    with ended_by_signals():
        from zwicky.cli import main

        main()


if __name__ == "__main__":
    main()
