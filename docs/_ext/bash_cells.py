"""What ``%%bash`` does in the site's notebooks: one block of output, in the order of a terminal.

IPython's own prints what a command says in pieces of a hundred letters, which the site would take for lines.
"""

import subprocess

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line: str, cell: str) -> None:
    """Run a cell by bash; what fails fails the cell."""
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", cell],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, end="")
    done.check_returncode()
