"""``zwicky``, and ``python -m zwicky``: the command line, which a signal may end from its first import on."""

import gc

from zwicky.stopping import ended_by_signals

__all__ = ["main"]

#: New objects between two looks for garbage. Imports make a hundred thousand that live to the end: to look
#: through them after every 700, as Python does, is a fifteenth of the time of a short command.
_OBJECTS = 50_000


def main() -> None:
    """Run the command line on the arguments of this process."""
    gc.set_threshold(_OBJECTS)
    try:
        with ended_by_signals():
            from zwicky.cli import main

            main()
    finally:
        # Python looks for garbage among them twice more as it ends: a quarter of a short command's time.
        gc.freeze()


if __name__ == "__main__":
    main()
