"""Threads over pieces: every piece once, in order, whoever calls and whatever fails."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from zwicky.parallel import run_pieces


def test_results_come_in_order_from_several_threads():
    seen = set()
    together = threading.Barrier(3, timeout=30)

    def piece(i):
        if i < 3:
            together.wait()  # three threads are at work at once
        seen.add(threading.get_ident())
        return i * i

    assert run_pieces(piece, [(i,) for i in range(200)], workers=3) == [i * i for i in range(200)]
    assert threading.get_ident() in seen
    assert len(seen) == 3


def test_threads_are_kept_between_calls():
    def name(_):
        time.sleep(0.002)
        return threading.get_ident()

    run_pieces(name, [(i,) for i in range(4)], workers=2)
    before = threading.active_count()
    for _ in range(20):
        run_pieces(name, [(i,) for i in range(4)], workers=2)
    # Threads that wait are taken again: at most one more is made while another has not yet come back.
    assert threading.active_count() <= before + 1


def test_pieces_may_call_for_pieces_from_many_threads():
    def outer(i):
        return sum(run_pieces(lambda j: i * j, [(j,) for j in range(10)], workers=4))

    def all_of_it(_):
        return run_pieces(outer, [(i,) for i in range(10)], workers=4)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(all_of_it, range(12)))
    assert found == [[45 * i for i in range(10)]] * 12


def test_an_error_ends_it_and_is_raised():
    begun = []

    def piece(i):
        begun.append(i)
        if i == 3:
            raise ValueError("piece 3")
        time.sleep(0.002)

    with pytest.raises(ValueError, match="piece 3"):
        run_pieces(piece, [(i,) for i in range(1000)], workers=2)
    assert len(begun) < 100
