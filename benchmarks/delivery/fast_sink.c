/* A mail server that only counts: what a client costs by itself, not what its peer costs.

   fast_sink PORT: listens on loopback with epoll, offers PIPELINING, 8BITMIME and SMTPUTF8, takes everything, keeps
   nothing. SIGTERM ends it; its last line is the number of messages whose final dot it has answered. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 18, MOST = 1024, REPLIES = 1 << 14 };

struct session {
    int in_data;
    size_t held; /* bytes of `buffer` that are not yet understood */
    char buffer[ROOM];
};

static struct session *sessions[MOST];
static unsigned long taken;
static volatile sig_atomic_t ended;

static void end(int signal_number) { (void)signal_number; ended = 1; }

static void fail(const char *what) { perror(what); exit(1); }

static size_t say(char *out, size_t at, const char *reply) {
    size_t length = strlen(reply);
    if (at + length > REPLIES) return at; /* nobody pipelines that many commands in one buffer */
    memcpy(out + at, reply, length);
    return at + length;
}

static void hang_up(int fd) {
    close(fd);
    free(sessions[fd]);
    sessions[fd] = NULL;
}

/* Understand what has come; false when the client said good-bye. */
static int answer(struct session *s, char *out, size_t *said) {
    size_t at = 0;
    int stay = 1;
    while (at < s->held && stay) {
        char *here = s->buffer + at;
        size_t left = s->held - at;
        if (s->in_data) {
            char *dot = memmem(here, left, "\r\n.\r\n", 5);
            if (!dot) { /* its beginning may be at the end */
                at = s->held - (left < 4 ? left : 4);
                break;
            }
            at = (size_t)(dot - s->buffer) + 5;
            s->in_data = 0;
            taken++;
            *said = say(out, *said, "250 2.0.0 taken\r\n");
            continue;
        }
        char *line_end = memchr(here, '\n', left);
        if (!line_end) break;
        at = (size_t)(line_end - s->buffer) + 1;
        if (!strncasecmp(here, "DATA", 4)) {
            *said = say(out, *said, "354 go on\r\n");
            s->in_data = 1;
        } else if (!strncasecmp(here, "EHLO", 4)) {
            *said = say(out, *said, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n");
        } else if (!strncasecmp(here, "QUIT", 4)) {
            *said = say(out, *said, "221 2.0.0 bye\r\n");
            stay = 0;
        } else {
            *said = say(out, *said, "250 2.0.0 ok\r\n");
        }
    }
    memmove(s->buffer, s->buffer + at, s->held - at);
    s->held -= at;
    return stay;
}

static void receive(int fd) {
    static char out[REPLIES];
    struct session *s = sessions[fd];
    ssize_t got = read(fd, s->buffer + s->held, ROOM - s->held);
    if (got <= 0) {
        hang_up(fd);
        return;
    }
    s->held += (size_t)got;
    size_t said = 0;
    int stay = answer(s, out, &said);
    if (said && write(fd, out, said) != (ssize_t)said) stay = 0;
    if (!stay) hang_up(fd);
}

static void welcome(int epoll, int listening) {
    static const char banner[] = "220 sink ESMTP\r\n";
    int one = 1, fd = accept(listening, NULL, NULL);
    if (fd < 0) return;
    if (fd >= MOST || !(sessions[fd] = calloc(1, sizeof(struct session)))) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) || write(fd, banner, sizeof banner - 1) < 0) hang_up(fd);
}

int main(int count, char **words) {
    if (count != 2) return fputs("usage: fast_sink PORT\n", stderr), 2;
    signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[1]))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listening, (struct sockaddr *)&here, sizeof here) || listen(listening, 256)) fail("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listening}, events[64];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event)) fail("epoll");
    while (!ended) {
        int ready = epoll_wait(epoll, events, 64, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listening) welcome(epoll, listening);
            else receive(events[i].data.fd);
        }
    }
    printf("%lu\n", taken);
    return 0;
}
