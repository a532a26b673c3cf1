"""The walls of the box, one name for each.

Grading always uses all of them. One can be taken down by
`dataclasses.replace(Walls(), network=False)`, for two purposes alone: tests,
which show that a probe notices, and `scratchgrade doctor`.

What stands whatever this says, because it protects the machine from a test:
process numbers of the box's own, so that no signal leaves it; a private /tmp;
no new privileges; the wall clock and the cap on output, which the trusted
side keeps.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Walls:
    """What stands while student code runs; all of it unless said otherwise.

    Attributes:
        network: a network namespace of its own, with nothing in it: no
            address is reached, not even services of this machine.
        sockets: no socket of any family can be made (seccomp).
        syscalls: system calls that ordinary Python does not need are refused
            (seccomp): mounts, namespaces, tracing, memory outside the
            counts (memfd, System V), keys, io_uring, bpf, other processes'
            limits and priorities.
        files: the root is built from nothing and read-only: libraries,
            Python, packages and the course's library; no home folder, no
            /etc, no other file of this machine.
        devices: /dev holds null, full, random and urandom.
        processes: /proc shows the processes of the box alone.
        names: a host name and System V objects of its own.
        user: an unprivileged user without any capability.
        environment: cleared, but for a dozen fixed variables.
        limits: address space, processor time, file size, open files,
            processes and core files of each process (rlimits).
        watchdog: total memory of all processes and of /tmp, number of
            processes, and number of files in /tmp, watched from outside.
        shield: the template cannot be read or traced by its children.
        sweep: after each submission every process that it left is killed
            and every file that it left is removed.
    """

    network: bool = True
    sockets: bool = True
    syscalls: bool = True
    files: bool = True
    devices: bool = True
    processes: bool = True
    names: bool = True
    user: bool = True
    environment: bool = True
    limits: bool = True
    watchdog: bool = True
    shield: bool = True
    sweep: bool = True
