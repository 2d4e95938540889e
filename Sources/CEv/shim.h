// SPDX-License-Identifier: Apache-2.0
// libev, as Debian's libev-dev ships it (without a pkg-config file), and what of its interface is macros,
// as static inline functions that Swift can call. Every watcher's memory is owned by Loop/Watcher.swift.
#pragma once
#include <ev.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef void (*cev_io_callback)(struct ev_loop *, ev_io *, int);
typedef void (*cev_timer_callback)(struct ev_loop *, ev_timer *, int);
typedef void (*cev_signal_callback)(struct ev_loop *, ev_signal *, int);
typedef void (*cev_async_callback)(struct ev_loop *, ev_async *, int);
typedef void (*cev_check_callback)(struct ev_loop *, ev_check *, int);

// Prepares a watcher that is not active. The callback runs on the thread that runs the loop.
static inline void cev_io_init(ev_io *w, cev_io_callback callback, int fd, int events) {
    ev_io_init(w, callback, fd, events);
}
static inline void cev_timer_init(ev_timer *w, cev_timer_callback callback) { ev_timer_init(w, callback, 0., 0.); }
static inline void cev_signal_init(ev_signal *w, cev_signal_callback callback, int number) {
    ev_signal_init(w, callback, number);
}
static inline void cev_async_init(ev_async *w, cev_async_callback callback) { ev_async_init(w, callback); }
static inline void cev_check_init(ev_check *w, cev_check_callback callback) { ev_check_init(w, callback); }

// Sets what an inactive watcher waits for.
static inline void cev_io_set(ev_io *w, int fd, int events) { ev_io_set(w, fd, events); }
static inline void cev_timer_set(ev_timer *w, double after, double repeat) { ev_timer_set(w, after, repeat); }

// The library's own names are macros over anonymous enums; these are plain constants.
static const int cev_read = EV_READ, cev_write = EV_WRITE, cev_error = EV_ERROR;

// recv and send as plain system calls. glibc's are points where a thread can be cancelled, which no thread here ever
// is; in a process of several threads each such call costs two atomic exchanges.
static inline long cev_recv(int fd, void *bytes, unsigned long count) {
    return syscall(SYS_recvfrom, fd, bytes, count, 0, NULL, NULL);
}
static inline long cev_send(int fd, const void *bytes, unsigned long count) {
    return syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

// accept4, a GNU extension that the Glibc module hides: accepts and sets the flags in one call instead of three.
extern int cev_accept4(int fd, void *address, unsigned int *length, int flags) __asm__("accept4");

// Two more that the module hides: names a thread; fills the set of CPUs that a thread (0: this one) may run on.
extern int cev_name_thread(unsigned long thread, const char *name) __asm__("pthread_setname_np");
extern int cev_thread_cpus(int thread, unsigned long size, void *set) __asm__("sched_getaffinity");

// And one from another header: gives memory that malloc has and nobody uses back to the kernel.
extern int cev_trim_memory(unsigned long keep) __asm__("malloc_trim");

// The system's resolver for records that are no addresses, of a header that the module has not. Returns the length of
// the answer, which may be more than `size`; or -1, with the reason in h_errno.
extern int cev_res_search(const char *name, int class, int type, unsigned char *answer, int size) __asm__("res_search");

// The program of a SO_REUSEPORT group that gives each new connection to one of `count` sockets at random, from place
// `first` on; and how many instructions it has. A place that there is not is as if there were no program.
static const int cev_chooser_length = 4;
static inline void cev_write_chooser(struct sock_filter *code, unsigned first, unsigned count) {
    code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM);
    code[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count);
    code[2] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, first);
    code[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
}
