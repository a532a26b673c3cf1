"""The system calls that student code may not make.

Ordinary Python, numpy and torch run without them. What is refused answers
with an error, as on a system that does not have it, so libraries fall back.
The program is made by libseccomp and handed to bubblewrap, which loads it
before the first line of ours or of a student's runs in the box.
"""

import errno
import functools
import tempfile

from scratchgrade.limits import NoBox

SOCKETS = ("socket", "socketpair")

# Refused whatever the arguments, a reason a group.
REFUSED = {
    "another view of the files": (
        "mount umount2 pivot_root chroot name_to_handle_at open_by_handle_at "
        "fanotify_init quotactl swapon swapoff"
    ),
    "another view of the system": (
        "setns unshare sethostname setdomainname personality"
    ),
    "other processes": (
        "ptrace process_vm_readv process_vm_writev kcmp perf_event_open "
        "migrate_pages move_pages"
    ),
    "priorities, which would outlive a submission": (
        "setpriority sched_setaffinity sched_setattr sched_setparam "
        "sched_setscheduler ioprio_set"
    ),
    "memory that no count of a process shows": (
        "memfd_create memfd_secret shmget semget msgget mq_open vmsplice"
    ),
    "marks on files that removing them does not remove": (
        "setxattr lsetxattr fsetxattr"
    ),
    "the kernel": (
        "bpf userfaultfd io_setup io_uring_setup io_uring_enter "
        "io_uring_register keyctl add_key request_key kexec_load "
        "kexec_file_load init_module finit_module delete_module reboot acct "
        "syslog settimeofday clock_settime clock_adjtime adjtimex iopl "
        "ioperm lookup_dcookie vhangup uselib ustat sysfs _sysctl "
        "modify_ldt"
    ),
}

# From 424 on all machines share the numbers. What came later than this list
# was written is answered as by a kernel that does not have it.
FIRST_SHARED, LAST = 424, 512
SHARED_ALLOWED = {
    424,  # pidfd_send_signal
    434,  # pidfd_open
    436,  # close_range
    437,  # openat2
    439,  # faccessat2
    441,  # epoll_pwait2
    449,  # futex_waitv
}

CLONE_NEW = (  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
    *(0x00020000, 0x02000000, 0x04000000, 0x08000000),
    *(0x10000000, 0x20000000, 0x40000000),
)
MMAPS = (  # (mask, value): memory that is not counted once it is unmapped
    (0x2F, 0x21),  # MAP_SHARED | MAP_ANONYMOUS
    (0x40000, 0x40000),  # MAP_HUGETLB
)
IOCTLS = (
    *(0x5412, 0x541C),  # TIOCSTI, TIOCLINUX: typing into a terminal
    *(0x40086602, 0x401C5820),  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
)


@functools.cache
def program(sockets: bool, syscalls: bool) -> bytes:
    """The filter as BPF; each argument says whether that wall stands.

    Raises:
        NoBox: if libseccomp or its Python package is missing.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise NoBox(
            "libseccomp",
            f"{error}",
            "sudo apt-get install libseccomp2 (Debian, Ubuntu) or sudo dnf "
            'install libseccomp (Fedora), then pip install "scratchlm[grade]"',
        ) from None
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    if sockets:
        for name in SOCKETS:
            rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), name)
    if syscalls:
        _refuse(rules, pyseccomp)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _refuse(rules, pyseccomp) -> None:
    refused = pyseccomp.ERRNO(errno.EPERM)
    unknown = pyseccomp.ERRNO(errno.ENOSYS)
    arg, masked = pyseccomp.Arg, pyseccomp.MASKED_EQ
    shared = set()
    for name in " ".join(REFUSED.values()).split():
        number = _number(name, pyseccomp)
        if number is None:  # this machine does not have it
            continue
        shared.add(number)
        rules.add_rule(refused, name)
    for number in range(FIRST_SHARED, LAST):
        if number not in SHARED_ALLOWED | shared:
            rules.add_rule(unknown, number)
    # clone3 (435, above) passes its flags in memory, where a filter cannot
    # look; libraries then fall back to clone.
    for flag in CLONE_NEW:
        rules.add_rule(refused, "clone", arg(0, masked, flag, flag))
    for mask, value in MMAPS:
        rules.add_rule(refused, "mmap", arg(3, masked, mask, value))
    for request in IOCTLS:
        # The kernel looks at 32 bits only.
        rules.add_rule(refused, "ioctl", arg(1, masked, 0xFFFFFFFF, request))
    # One's own limits may be lowered; not those of the template.
    rules.add_rule(
        refused, "prlimit64", arg(0, pyseccomp.NE, 0), arg(2, pyseccomp.NE, 0)
    )


def _number(name: str, pyseccomp) -> int | None:
    try:
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    except (ValueError, OSError):
        return None
    return number if number >= 0 else None
