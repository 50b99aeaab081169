"""Run commands again and again, each time killed at another file operation, and look at what is left.

A program of its own (``python kills.py FOLDER CASE...``), since it forks: everything is imported and compiled
once, every run is a child that SIGKILLs itself where an audit hook counts to a number.
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

#: What Python tells an audit hook of when files change; what libraries do by themselves lies between two.
EVENTS = {
    *("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"),
    *("os.chmod", "os.utime", "ctypes.dlsym"),
}

#: Seconds after which a command says where each of its threads stands, and ends.
LONGEST_S = 900

#: Seconds, and what goes by them, which no two runs share; and the number of the paper's claims about times.
TIMES = {"wall_s", "pairs_per_s", "seconds", "pair_seconds", "timing", "provenance", "run_digest"}
CLAIMS_OF_TIMES = 7


class _Hook:
    """Counts file operations below a folder once it is told to, and kills at one of them."""

    root: str | None = None
    seen = 0
    last = 0

    @classmethod
    def heard(cls, event, arguments):
        if cls.root is None or event not in EVENTS:
            return
        if event == "ctypes.dlsym":
            counts = arguments[1] == "renameat2"
        else:
            counts = isinstance(arguments[0], str | bytes) and os.fsdecode(arguments[0]).startswith(cls.root)
            counts |= hasattr(arguments[0], "__fspath__") and os.fspath(arguments[0]).startswith(cls.root)
        if counts:
            cls.seen += 1
            if cls.seen == cls.last:
                os.kill(os.getpid(), signal.SIGKILL)


def run(words, root, last=0):
    """A command in a child process that is killed at operation `last`; its exit code, and what it counted."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            faulthandler.dump_traceback_later(LONGEST_S, exit=True)
            from zwicky.cli import main

            _Hook.root, _Hook.last = str(root), last
            try:
                main([str(word) for word in words])
            except SystemExit as end:
                code = end.code or 0
            _Hook.root = None
            os.write(writing, str(_Hook.seen).encode())
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        seen = int(told.read() or 0)
    status = os.waitpid(child, 0)[1]
    return (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), seen


def run_here(words, root):
    """A command in this process, which has all that it imports and compiles from then on; what it counted."""
    from zwicky.cli import main

    _Hook.root, _Hook.seen, _Hook.last = str(root), 0, 0
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    with open("log.txt", "w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code or 0
    faulthandler.cancel_dump_traceback_later()
    _Hook.root, n, _Hook.seen = None, _Hook.seen, 0
    assert code == 0, f"{words}: {Path('log.txt').read_text()}"
    return n


def digest(path: Path):
    """What a file says, without times."""
    content = path.read_bytes()
    if path.suffix == ".json":
        with contextlib.suppress(ValueError):  # cut short, in a folder that is being made
            return json.dumps(timeless(json.loads(content)))
    if path.suffix == ".safetensors":
        end = 8 + int.from_bytes(content[:8], "little")
        # Its header has names in an order of chance.
        header = json.dumps(timeless(json.loads(content[8:end])), sort_keys=True)
        content = header.encode() + content[end:]
    return hashlib.sha256(content).hexdigest()


def timeless(value):
    """JSON without `TIMES`, also inside of texts that are JSON."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [timeless(item) for item in value if not _is_claim_of_time(item)]
    return value


def _is_claim_of_time(item):
    return isinstance(item, dict) and "claim" in item and item["number"] == CLAIMS_OF_TIMES


def differences(one, other):
    """Names whose contents differ, and of JSON the keys that do."""
    for name in sorted({*one, *other}):
        if one.get(name) == other.get(name):
            continue
        try:
            pair = json.loads(one[name]), json.loads(other[name])
        except (KeyError, TypeError, ValueError):  # not in both, or no JSON
            yield name
        else:
            yield f"{name}: {', '.join(_keys_that_differ(*pair))}"


def _keys_that_differ(one, other, at=""):
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        one, other = dict(enumerate(one)), dict(enumerate(other))
    if not (isinstance(one, dict) and isinstance(other, dict)):
        if one != other:
            yield f"{at} ({one!r:.80} and {other!r:.80})"
        return
    for key in {**one, **other}:
        yield from _keys_that_differ(one.get(key), other.get(key), f"{at}.{key}")


def content(root: Path, leave=()):
    """Every name below a folder, and what it says; names that hold times only are there or not."""
    return {
        str(path.relative_to(root)): path.name in leave or (digest(path) if path.is_file() else "folder")
        for path in sorted(root.rglob("*"))
    }


def reset(root: Path, template: Path):
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template, root, symlinks=True)


def try_case(case, folder: Path, wanted):
    """Kill a command at each operation of `wanted` (all if None); returns what it looked at, or complains.

    Parameters
    ----------
    case
        ``name``, ``words`` with ``OUT`` for the folder, ``whole``: names below it that are the old or the new
        at any moment; ``leave``: names of files that hold times.
    """
    root, template, words = folder / "out", folder / "before", case["words"]
    words = [word.replace("OUT", str(root)) for word in words]
    leave = set(case.get("leave", ()))
    reset(root, template)
    before = content(root, leave)
    n = run_here(words, root)
    after = content(root, leave)
    assert after != before, case["name"]
    hidden = [name for name in after if any(part.startswith(".") for part in Path(name).parts)]
    assert hidden == [], f"{case['name']}: left {hidden}"

    tried = [k for k in range(1, n + 1) if wanted is None or k in wanted(n)]
    for k in tried:
        where = f"{case['name']}, killed at operation {k} of {n}"
        reset(root, template)
        code, _ = run(words, root, k)
        assert code == -signal.SIGKILL, f"{where}: exit code {code}: {Path('log.txt').read_text()}"
        found = content(root, leave)
        for name in case.get("whole", ()):
            parts = [
                {key: value for key, value in some.items() if key == name or key.startswith(f"{name}/")}
                for some in (found, before, after)
            ]
            assert parts[0] in parts[1:], f"{where}: {name} is neither the old nor the new: {parts[0]}"
        code, _ = run(words, root)
        assert code == 0, f"{where}: given again: {Path('log.txt').read_text()}"
        differ = list(differences(content(root, leave), after))
        assert differ == [], f"{where}: differ after giving it again: {differ}"
    return n, len(tried)


def chain(case, folder: Path, step: int):
    """Kill a command at its operation `step`, the next call at 2 `step` and so on, until one ends."""
    root, template = folder / "out", folder / "before"
    words = [word.replace("OUT", str(root)) for word in case["words"]]
    leave = set(case.get("leave", ()))
    reset(root, template)
    for kills in range(1000):
        code, _ = run(words, root, step * (kills + 1))
        if code == 0:
            return content(root, leave), kills
        assert code == -signal.SIGKILL, f"{case['name']}: exit code {code}: {Path('log.txt').read_text()}"
    raise AssertionError(f"{case['name']}: no end after {kills} kills")


def main():
    job = json.loads(sys.stdin.read())
    sys.addaudithook(_Hook.heard)
    os.fsync = lambda handle: None  # which a power cut is asked about, not a kill; a busy disk takes seconds
    # Threads do not survive a fork: PyTorch is to make none.
    import torch

    torch.set_num_threads(1)
    for case in job["ready"]:
        run_here(case["words"], "/")
    for case in job["cases"]:
        folder = Path(case["name"].replace(" ", "_")).absolute()
        (folder / "before").mkdir(parents=True, exist_ok=True)
        if "first" in case:
            words = case["first"].replace("OUT", str(folder / "before")).split()
            run_here(words, "/")
        if case.get("chain"):
            reset(folder / "out", folder / "before")
            run_here([word.replace("OUT", str(folder / "out")) for word in case["words"]], folder / "out")
            whole = content(folder / "out", set(case.get("leave", ())))
            ends = [chain(case, folder, step) for step in case["chain"]]
            for end, _ in ends:
                differ = list(differences(whole, end))
                assert differ == [], f"{case['name']}: differ from the whole run: {differ}"
            print(json.dumps([case["name"], *[kills for _, kills in ends][:1], len(ends)]), flush=True)
            continue
        some = job["some"]
        wanted = None if some is None else (lambda n, m=case.get("some", some): spread(n, m))
        print(json.dumps([case["name"], *try_case(case, folder, wanted)]), flush=True)


def spread(n, m):
    """`m` numbers of 1 to `n`, the last among them."""
    return {max(1, round(n * (i + 1) / m)) for i in range(m)}


if __name__ == "__main__":
    main()
