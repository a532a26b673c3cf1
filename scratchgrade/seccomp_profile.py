"""The refusals of seccomp.py, in the form that a container engine reads.

An engine takes a profile in JSON, with names and no numbers, and on a system
that is not Linux there is no libseccomp here to ask. So the profile is the
other way round: it names what is allowed, and all that has no name in it,
however new, is answered as by a kernel that does not have it.
"""

import errno

from scratchgrade.seccomp import CLONE_NEW, MMAPS, REFUSED, SOCKETS

# Every call that x86-64 and ARM 64 have, without those of seccomp.REFUSED
# and the later ones that seccomp.py leaves out; a test compares.
ALLOWED = """
accept accept4 access afs_syscall alarm arch_prctl bind brk capget capset
chdir chmod chown clock_getres clock_gettime clock_nanosleep close
close_range connect copy_file_range creat create_module dup dup2 dup3
epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2
epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit exit_group
faccessat faccessat2 fadvise64 fallocate fanotify_mark fchdir fchmod
fchmodat fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork
fremovexattr fstat fstatfs fsync ftruncate futex futex_waitv futimesat
get_kernel_syms get_mempolicy get_robust_list get_thread_area getcpu getcwd
getdents getdents64 getegid geteuid getgid getgroups getitimer getpeername
getpgid getpgrp getpid getpmsg getppid getpriority getrandom getresgid
getresuid getrlimit getrusage getsid getsockname getsockopt gettid
gettimeofday getuid getxattr inotify_add_watch inotify_init inotify_init1
inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_submit
ioprio_get kill lchown lgetxattr link linkat listen listxattr llistxattr
lremovexattr lseek lstat madvise mbind membarrier mincore mkdir mkdirat
mknod mknodat mlock mlock2 mlockall mprotect mq_getsetattr mq_notify
mq_timedreceive mq_timedsend mq_unlink mremap msgctl msgrcv msgsnd msync
munlock munlockall munmap nanosleep newfstatat nfsservctl open openat
openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free
pkey_mprotect poll ppoll prctl pread64 preadv preadv2 pselect6 putpmsg
pwrite64 pwritev pwritev2 query_module read readahead readlink readlinkat
readv recvfrom recvmmsg recvmsg remap_file_pages removexattr rename
renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending
rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler
sched_rr_get_interval sched_yield seccomp security select semctl semop
semtimedop sendfile sendmmsg sendmsg sendto set_mempolicy set_robust_list
set_thread_area set_tid_address setfsgid setfsuid setgid setgroups
setitimer setpgid setregid setresgid setresuid setreuid setrlimit setsid
setsockopt setuid shmat shmctl shmdt shutdown sigaltstack signalfd
signalfd4 splice stat statfs statx symlink symlinkat sync sync_file_range
syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun
timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
times tkill truncate tuxcall umask uname unlink unlinkat utime utimensat
utimes vfork vserver wait4 waitid write writev
"""
# Of ioctl: what a program asks of a file, a pipe or a terminal that is none.
ASKED = {
    "TCGETS": 0x5401,
    "TCGETS2": 0x802C542A,
    "TIOCGPGRP": 0x540F,
    "TIOCGWINSZ": 0x5413,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
    "FIOASYNC": 0x5452,
}
ALLOW, REFUSE = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
EQUAL, MASKED = "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"
# The kinds of mapping, with MAP_ANONYMOUS (0x20) or a file: shared, private,
# shared and validated. Without the one that seccomp.MMAPS refuses.
KINDS = (0x01, 0x02, 0x03, 0x22, 0x23)


def profile(sockets: bool, syscalls: bool) -> dict:
    """The profile; each argument says whether that wall stands."""
    if not syscalls:
        rules = [_error(SOCKETS, errno.EAFNOSUPPORT)] if sockets else []
        return {"defaultAction": ALLOW, "syscalls": rules}
    rules = [_allow(ALLOWED.split()), *_by_argument()]
    if sockets:
        rules.append(_error(SOCKETS, errno.EAFNOSUPPORT))
    else:
        rules.append(_allow(SOCKETS))
    rules.append(_error(" ".join(REFUSED.values()).split(), errno.EPERM))
    rules.append(_error(["clone3"], errno.ENOSYS))  # see seccomp.py
    return {
        "defaultAction": REFUSE,
        "defaultErrnoRet": errno.ENOSYS,
        "syscalls": rules,
    }


def _by_argument() -> list[dict]:
    """What is allowed with some arguments, and not with others."""
    spaces = sum(CLONE_NEW)
    (type_mask, _), (huge, _) = MMAPS
    rules = [_allow(["clone"], (0, MASKED, spaces, 0))]
    rules += [
        _allow(["mmap"], (3, MASKED, type_mask | huge, k)) for k in KINDS
    ]
    rules += [
        _allow(["ioctl"], (1, MASKED, 0xFFFFFFFF, request))
        for request in ASKED.values()
    ]
    # Its own limits, or a look at another's.
    rules += [_allow(["prlimit64"], (i, EQUAL, 0, 0)) for i in (0, 2)]
    return rules


def _allow(names, *arguments: tuple[int, str, int, int]) -> dict:
    keys = "index", "op", "value", "valueTwo"
    found = [dict(zip(keys, a, strict=True)) for a in arguments]
    return {"names": list(names), "action": ALLOW, "args": found}


def _error(names, number: int) -> dict:
    return {"names": list(names), "action": REFUSE, "errnoRet": number}
