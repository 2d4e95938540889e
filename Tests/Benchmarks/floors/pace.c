// SPDX-License-Identifier: Apache-2.0
// Asks for a page at a fixed rate, whether the server keeps up or not, and times each answer from the moment its
// request was due: a server that stalls is charged with all who had to wait meanwhile. (A generator that sends the
// next request after the last answer would leave them out.)
//
//   pace PORT PATH CONNECTIONS REQUESTS_PER_SECOND SECONDS
//
// The first second warms up. Prints {"requests", "p50_us", "p99_us", "p999_us", "max_us"}; a failed request ends it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 65536, EVENTS_MAX = 64, WARM_UP_SECONDS = 1, ANSWER_SECONDS_MAX = 10 };
static const int64_t second_ns = 1000000000;

struct connection {
    int fd;
    int64_t due_ns;
    size_t have;               // bytes of the answer so far
    size_t whole;              // its length, once its head is known
};

static char buffer[BUFFER_BYTES], request[1024];
static struct connection **idle;       // a ring, so that all take turns
static long idle_first, idle_count, connections;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

static void put_idle(struct connection *it) { idle[(idle_first + idle_count++) % connections] = it; }

static struct connection *take_idle(void) {
    struct connection *it = idle[idle_first];
    idle_first = (idle_first + 1) % connections;
    idle_count--;
    return it;
}

static void connect_all(int port, int epoll) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct connection *all = calloc(connections, sizeof *all);
    idle = calloc(connections, sizeof *idle);
    if (!all || !idle) err(1, "calloc");
    for (long i = 0; i < connections; i++) {
        int fd = all[i].fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &all[i] };
        if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) err(1, "connect");
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) err(1, "epoll_ctl");
        put_idle(&all[i]);
    }
}

// Whether the answer is whole. Its head comes in one piece, as small heads do.
static bool receive(struct connection *it) {
    ssize_t count = recv(it->fd, buffer, sizeof buffer - 1, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) errx(1, "the server closed a connection");
    buffer[count] = 0;
    if (it->have == 0) {
        char *end = strstr(buffer, "\r\n\r\n"), *length = strcasestr(buffer, "\r\ncontent-length:");
        if (strncmp(buffer, "HTTP/1.1 200", 12) != 0 || !end || !length || length > end)
            errx(1, "not the expected answer: %.200s", buffer);
        it->whole = end + 4 - buffer + strtoul(length + 17, NULL, 10);
    }
    it->have += count;
    if (it->have > it->whole) errx(1, "an answer that is too long");
    if (it->have < it->whole) return false;
    it->have = 0;
    return true;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

// The times of all answers, in microseconds, in the order of their coming.
static uint32_t *ask(int epoll, long rate, long total) {
    uint32_t *times_us = calloc(total, sizeof *times_us);
    if (!times_us) err(1, "calloc");
    size_t request_count = strlen(request);
    int64_t start = now_ns() + second_ns / 100;
    for (long sent = 0, answered = 0; answered < total;) {
        while (idle_count && sent < total) {
            int64_t due = start + sent * second_ns / rate;
            if (due > now_ns()) break;
            struct connection *it = take_idle();
            it->due_ns = due;
            if (send(it->fd, request, request_count, MSG_NOSIGNAL) != (ssize_t)request_count) err(1, "send");
            sent++;
        }
        int64_t wait = ANSWER_SECONDS_MAX * second_ns;
        if (idle_count && sent < total) {
            wait = start + sent * second_ns / rate - now_ns();
            if (wait < 0) wait = 0;
        }
        struct timespec until = { .tv_sec = wait / second_ns, .tv_nsec = wait % second_ns };
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_pwait2(epoll, events, EVENTS_MAX, &until, NULL);
        if (count < 0 && errno != EINTR) err(1, "epoll_pwait2");
        if (count == 0 && wait == ANSWER_SECONDS_MAX * second_ns) errx(1, "no answer in %d s", ANSWER_SECONDS_MAX);
        for (int i = 0; i < count; i++) {
            struct connection *it = events[i].data.ptr;
            if (!receive(it)) continue;
            times_us[answered++] = (now_ns() - it->due_ns) / 1000;
            put_idle(it);
        }
    }
    return times_us;
}

int main(int argc, char **argv) {
    if (argc != 6) errx(2, "usage: pace PORT PATH CONNECTIONS REQUESTS_PER_SECOND SECONDS");
    connections = atol(argv[3]);
    long rate = atol(argv[4]), total = rate * (atol(argv[5]) + WARM_UP_SECONDS);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n", argv[2], argv[1]);
    prctl(PR_SET_TIMERSLACK, 1);                               // or the kernel wakes us up to 50 us late
    int epoll = epoll_create1(0);
    connect_all(atoi(argv[1]), epoll);
    uint32_t *times = ask(epoll, rate, total) + rate * WARM_UP_SECONDS;
    total -= rate * WARM_UP_SECONDS;
    qsort(times, total, sizeof *times, compare);
    printf("{\"requests\": %ld, \"p50_us\": %u, \"p99_us\": %u, \"p999_us\": %u, \"max_us\": %u}\n", total,
        times[total / 2], times[total * 99 / 100], times[total / 1000 * 999], times[total - 1]);
}
