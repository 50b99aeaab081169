"""Which sources a kernel is compiled from: its own file and all of the package that the file can see.

A kernel takes in whatever it calls and every constant that it names, and these come from its own file or
through that file's imports. A digest of all of them changes whenever the compiled code might.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

__all__ = ["sources_digest", "sources_of"]

#: ``from package.room import names``, the names in brackets or not, and ``import package.room``.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n]*))|import[ \t]+([^\n]+))",
    re.MULTILINE,
)


def sources_digest(path: Path, root: Path) -> str:
    """Digest of what is written in a file and in all files of its package that it imports, however far off.

    Parameters
    ----------
    path
        A source file under `root`.
    root
        The package's folder.

    Raises
    ------
    OSError
        If a source cannot be read.
    """
    digest = hashlib.sha256()
    for source in sorted(sources_of(path, root)):
        digest.update(f"{source.relative_to(root).as_posix()} {_read(source, root)[0]}\n".encode())
    return digest.hexdigest()


def sources_of(path: Path, root: Path) -> set[Path]:
    """The file and all files of the package under `root` that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting.extend(_read(source, root)[1])
    return found


@cache
def _read(path: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    """Digest of one file, and the files of the package that it names in its imports."""
    text = path.read_bytes()
    imported = []
    for module, bracketed, plain, modules in _IMPORT.findall(text.decode("utf-8")):
        if module:
            names = re.findall(r"\w+", re.sub(r"#.*", "", bracketed or plain))
            imported += [module, *(f"{module}.{name}" for name in names)]
        else:
            imported += re.findall(r"[\w.]+", modules)
    files = (_file_of(name, root) for name in imported if name.split(".")[0] == root.name)
    return hashlib.sha256(text).hexdigest(), tuple({file for file in files if file})


@cache
def _file_of(module: str, root: Path) -> Path | None:
    """The source of a module of the package, None if the name is not a module's."""
    place = root.joinpath(*module.split(".")[1:])
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
