// SPDX-License-Identifier: Apache-2.0
// The floor of the benchmarks: forwards bytes between a client and the origin and looks at none of them. What it costs
// nobody can save who takes a request with one call, passes it on with a second, and the answer with two more.
// With -DLIBEV the same on libev, as EventHTTP is.
//
//   forward PORT ORIGIN_PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef LIBEV
#include <ev.h>
#endif

enum { BUFFER_BYTES = 65536, EVENTS_MAX = 256, BACKLOG = 4096 };

// One of the two sockets of a pair. Both are blocking, and every call says MSG_DONTWAIT: that saves fcntl.
struct end {
    int fd;
    struct end *other;
    char *unsent;                      // what this socket has not taken yet; meanwhile the other one is not read
    size_t unsent_from, unsent_count;
#ifdef LIBEV
    ev_io reader, writer;
#else
    struct end *next_closed;
#endif
};

static char buffer[BUFFER_BYTES];
static struct sockaddr_in origin;

static void pump(struct end *from);
static void drain(struct end *to);

// What differs: four functions on each of the two loops.

#ifdef LIBEV

static void on_readable(EV_P_ ev_io *watcher, int events) { pump(watcher->data); (void)events, (void)loop; }
static void on_writable(EV_P_ ev_io *watcher, int events) { drain(watcher->data); (void)events, (void)loop; }

static void attach(struct end *it) {
    ev_io_init(&it->reader, on_readable, it->fd, EV_READ);
    ev_io_init(&it->writer, on_writable, it->fd, EV_WRITE);
    it->reader.data = it->writer.data = it;
    ev_io_start(EV_DEFAULT_UC_ &it->reader);
}

static void watch(struct end *it, bool read, bool write) {
    if (read) ev_io_start(EV_DEFAULT_UC_ &it->reader); else ev_io_stop(EV_DEFAULT_UC_ &it->reader);
    if (write) ev_io_start(EV_DEFAULT_UC_ &it->writer); else ev_io_stop(EV_DEFAULT_UC_ &it->writer);
}

static void release(struct end *it) {
    watch(it, false, false);
    close(it->fd);
    free(it);
}

#else

static int epoll;
static struct end *closed;             // freed after the last event of a round, of which one may be theirs

static void control(struct end *it, int operation, unsigned events) {
    struct epoll_event event = { .events = events, .data.ptr = it };
    if (epoll_ctl(epoll, operation, it->fd, &event) < 0) err(1, "epoll_ctl");
}

static void attach(struct end *it) { control(it, EPOLL_CTL_ADD, EPOLLIN); }

static void watch(struct end *it, bool read, bool write) {
    control(it, EPOLL_CTL_MOD, (read ? EPOLLIN : 0) | (write ? EPOLLOUT : 0));
}

static void release(struct end *it) {
    close(it->fd);
    it->fd = -1;
    it->next_closed = closed;
    closed = it;
}

#endif

static void finish(struct end *it) {
    free(it->unsent);
    free(it->other->unsent);
    release(it->other);
    release(it);
}

// How the two are watched follows from who has bytes left to take.
static void watch_both(struct end *it) {
    watch(it, it->other->unsent == NULL, it->unsent != NULL);
    watch(it->other, it->unsent == NULL, it->other->unsent != NULL);
}

static void pump(struct end *from) {
    struct end *to = from->other;
    ssize_t count = recv(from->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return finish(from);
    ssize_t sent = send(to->fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return finish(from);
    if (sent < 0) sent = 0;
    if (sent == count) return;
    to->unsent = malloc(count - sent);
    if (!to->unsent) err(1, "malloc");
    memcpy(to->unsent, buffer + sent, count - sent);
    to->unsent_from = 0;
    to->unsent_count = count - sent;
    watch_both(to);
}

static void drain(struct end *to) {
    ssize_t sent = send(to->fd, to->unsent + to->unsent_from, to->unsent_count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return finish(to);
    to->unsent_from += sent;
    to->unsent_count -= sent;
    if (to->unsent_count) return;
    free(to->unsent);
    to->unsent = NULL;
    watch_both(to);
}

static struct end *end_of(int fd) {
    struct end *it = calloc(1, sizeof *it);
    if (!it) err(1, "calloc");
    it->fd = fd;
    return it;
}

static void accept_all(int listener) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, 0)) >= 0) {
        struct end *client = end_of(fd), *server = end_of(socket(AF_INET, SOCK_STREAM, 0));
        setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (connect(server->fd, (struct sockaddr *)&origin, sizeof origin) < 0) err(1, "connect to the origin");
        client->other = server;
        server->other = client;
        attach(client);
        attach(server);
    }
}

static int listen_on(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);          // accepted sockets inherit it
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0)
        err(1, "port %d", port);
    return listener;
}

#ifdef LIBEV

static void on_client(EV_P_ ev_io *watcher, int events) { accept_all(watcher->fd); (void)events, (void)loop; }

static void run(int listener) {
    ev_io acceptor;
    if (!ev_default_loop(EVBACKEND_EPOLL)) errx(1, "libev has no epoll");
    ev_io_init(&acceptor, on_client, listener, EV_READ);
    ev_io_start(EV_DEFAULT_UC_ &acceptor);
    ev_run(EV_DEFAULT_UC_ 0);
}

#else

static void handle(struct end *it, unsigned events) {
    if (it->fd >= 0 && (events & EPOLLOUT)) drain(it);
    if (it->fd >= 0 && (events & EPOLLIN)) pump(it);
    if (it->fd >= 0 && (events & (EPOLLERR | EPOLLHUP))) finish(it);
}

static void run(int listener) {
    struct epoll_event event = { .events = EPOLLIN }, events[EVENTS_MAX];      // without an end: the listener
    epoll = epoll_create1(0);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) err(1, "epoll_ctl");
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) handle(events[i].data.ptr, events[i].events);
            else accept_all(listener);
        }
        for (struct end *it = closed; it; it = closed) {
            closed = it->next_closed;
            free(it);
        }
    }
}

#endif

int main(int argc, char **argv) {
    if (argc != 3) errx(2, "usage: forward PORT ORIGIN_PORT");
    signal(SIGPIPE, SIG_IGN);
    origin = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    run(listen_on(atoi(argv[1])));
}
