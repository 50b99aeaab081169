"""Work in other processes, none of which outlives this one or an interrupted call."""

from zwicky.processes.forks import start_fork_server
from zwicky.processes.pool import message_queue, run_in_processes
from zwicky.processes.signals import children_hear_no_signals

__all__ = ["children_hear_no_signals", "message_queue", "run_in_processes", "start_fork_server"]
