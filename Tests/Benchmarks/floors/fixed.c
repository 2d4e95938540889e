// SPDX-License-Identifier: Apache-2.0
// The cheapest server there is: one process, epoll, answers that were made when it started. It is the origin of the
// benchmarks, and the floor of those that serve. No HTTP server: it knows where a request ends, and its path.
//
//   fixed PORT [PROCESSES]
//   GET /message       28 bytes of JSON, what app-server answers
//   GET /16k, /1m      so many bytes with Content-Length
//   GET /1m-chunked    1 MiB in chunks of 16 KiB
//   POST /anything     150 bytes of JSON, after the content has come
//   GET /anything      150 bytes of JSON
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 4096, EVENTS_MAX = 256, BACKLOG = 4096, CHUNK_BYTES = 16384, MEGABYTE = 1 << 20 };

struct answer { char *bytes; size_t count; };

struct connection {
    int fd;
    size_t have;               // bytes of the head so far
    size_t content_left;       // of the request
    const char *unsent;        // of the answer
    size_t unsent_count;
    const struct answer *answer;
    char head[HEAD_BYTES_MAX + 1];
};

static struct answer json, message, kilobytes, megabyte, chunked;
static int epoll;

static void *memory(size_t count) {
    void *found = calloc(1, count);
    if (!found) err(1, "calloc");
    return found;
}

static struct answer make(const char *type, const char *framing, const char *content, size_t count) {
    char head[512];
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nServer: fixed\r\n"
        "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Type: %s\r\n%s\r\n\r\n", type, framing);
    struct answer made = { memory(length + count), length + count };
    memcpy(made.bytes, head, length);
    memcpy(made.bytes + length, content, count);
    return made;
}

static struct answer with_length(const char *type, const char *content, size_t count) {
    char framing[64];
    snprintf(framing, sizeof framing, "Content-Length: %zu", count);
    return make(type, framing, content, count);
}

static void make_answers(void) {
    const char *binary = "application/octet-stream", *text = "application/json";
    static const char small[] = "{\"message\": \"you got this!\"}";
    char content[151];
    snprintf(content, sizeof content, "{\"items\": [\"%0135d\"]}", 0);
    json = with_length(text, content, 150);
    message = with_length(text, small, sizeof small - 1);
    char *bytes = memory(MEGABYTE);
    for (size_t i = 0; i < MEGABYTE; i++) bytes[i] = 'a' + i % 26;
    kilobytes = with_length(binary, bytes, 16 * 1024);
    megabyte = with_length(binary, bytes, MEGABYTE);
    char *body = memory(MEGABYTE + MEGABYTE / CHUNK_BYTES * 16 + 16), *at = body;
    for (size_t from = 0; from < MEGABYTE; from += CHUNK_BYTES) {
        at += sprintf(at, "%x\r\n", CHUNK_BYTES);
        memcpy(at, bytes + from, CHUNK_BYTES);
        at += CHUNK_BYTES;
        at += sprintf(at, "\r\n");
    }
    at += sprintf(at, "0\r\n\r\n");
    chunked = make(binary, "Transfer-Encoding: chunked", body, at - body);
    free(body);
    free(bytes);
}

static const struct answer *choose(const char *head) {
    static const struct { const char *start; const struct answer *answer; } table[] = {
        { "GET /message ", &message }, { "GET /16k ", &kilobytes }, { "GET /1m ", &megabyte },
        { "GET /1m-chunked ", &chunked },
    };
    if (head[5] == ' ') return &json;                          // GET /
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(head, table[i].start, strlen(table[i].start)) == 0) return table[i].answer;
    return &json;
}

static void watch(struct connection *it, unsigned events) {
    struct epoll_event event = { .events = events, .data.ptr = it };
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, it->fd, &event) < 0) err(1, "epoll_ctl");
}

// Whether the connection is still open, here and below.
static bool finish(struct connection *it) {
    close(it->fd);
    free(it);
    return false;
}

static bool send_answer(struct connection *it, bool was_waiting) {
    ssize_t sent = send(it->fd, it->unsent, it->unsent_count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return finish(it);
    if (sent > 0) it->unsent += sent, it->unsent_count -= sent;
    bool waits = it->unsent_count > 0;
    if (waits != was_waiting) watch(it, waits ? EPOLLOUT : EPOLLIN);
    return true;
}

static bool begin_answer(struct connection *it) {
    it->unsent = it->answer->bytes;
    it->unsent_count = it->answer->count;
    return send_answer(it, false);
}

static size_t content_length(const char *head) {
    const char *field = strcasestr(head, "\r\ncontent-length:");
    return field ? strtoul(field + sizeof "\r\ncontent-length:" - 1, NULL, 10) : 0;
}

static bool readable(struct connection *it) {
    if (it->content_left) {
        // Nobody looks at it: the kernel need not copy it.
        ssize_t count = recv(it->fd, it->head, it->content_left, MSG_TRUNC | MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) return true;
        if (count <= 0) return finish(it);
        it->content_left -= count;
        return it->content_left ? true : begin_answer(it);
    }
    ssize_t count = recv(it->fd, it->head + it->have, HEAD_BYTES_MAX - it->have, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return finish(it);
    it->have += count;
    it->head[it->have] = 0;
    char *end = strstr(it->head, "\r\n\r\n");
    if (!end) {
        if (it->have == HEAD_BYTES_MAX) errx(1, "a request head of more than %d bytes", HEAD_BYTES_MAX);
        return true;
    }
    end[2] = 0;
    size_t content = it->head[0] == 'P' ? content_length(it->head) : 0, come = it->head + it->have - (end + 4);
    if (strcasestr(it->head, "\r\ntransfer-encoding:")) errx(1, "requests with chunks are not read here");
    if (come > content) errx(1, "pipelined requests are not read here");
    it->answer = choose(it->head);
    it->have = 0;
    it->content_left = content - come;
    return it->content_left ? true : begin_answer(it);
}

static void accept_all(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *it = memory(sizeof *it);
        it->fd = fd;
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = it };
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) err(1, "epoll_ctl");
    }
}

int main(int argc, char **argv) {
    if (argc < 2) errx(2, "usage: fixed PORT [PROCESSES]");
    signal(SIGPIPE, SIG_IGN);
    make_answers();
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);          // accepted sockets inherit it
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0)
        err(1, "port %s", argv[1]);
    for (int i = argc > 2 ? atoi(argv[2]) : 1; i > 1; i--) {
        if (fork() != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        break;
    }
    epoll = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN }, events[EVENTS_MAX];      // without a connection: the listener
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) err(1, "epoll_ctl");
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            struct connection *it = events[i].data.ptr;
            if (!it) accept_all(listener);
            else if (it->unsent_count) send_answer(it, true);
            else readable(it);
        }
    }
}
