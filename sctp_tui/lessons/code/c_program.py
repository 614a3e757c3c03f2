"""The program around the calls of a lesson in C: the ends' sockets, and what is received on them."""

from string import Template

FILL = """
    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = 'a' + i % 26;"""

PROGRAM = Template(r"""/* $title
   The calls of the lesson `$name` of sctp-tui, with all of its ends here on the loopback.
   cc -Wall -Wextra $name.c -lsctp && ./a.out */

#include <arpa/inet.h>
#include <netinet/sctp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { $ends, ENDS };
static const char *const names[] = { $names, "nobody" };
static int fd[$sockets];$of_its_own
static struct pollfd waiting[$sockets];
static struct sockaddr_in address[ENDS];
static sctp_assoc_t own[ENDS + 1], at_server[ENDS + 1]; /* the IDs of a client's association */$letters

/* What a call is given, and its size. */
#define TEXT(text) &(struct iovec){ text, sizeof text - 1 }, 1
#define WITH(type, ...) &(struct type){ __VA_ARGS__ }, sizeof(struct type)

static ssize_t checked(ssize_t result, const char *call) {
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}
#define TRY(call) checked(call, #call)
#define MAY_FAIL(call) do { if ((call) < 0) perror(#call); } while (0)

/* A one-to-many socket (RFC 6458, section 3), bound to an address and to any port. */
static void open_end(int end, const char *host, int outbound, int inbound) {
    const int events[] = { SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT };
    struct sctp_initmsg streams = { .sinit_num_ostreams = outbound, .sinit_max_instreams = inbound };
    socklen_t size = sizeof address[end];
    int on = 1;

    fd[end] = TRY(socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP));
    waiting[end] = (struct pollfd){ .fd = fd[end], .events = POLLIN };
    TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_INITMSG, &streams, sizeof streams));
    TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on));
    TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on));
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        TRY(setsockopt(fd[end], IPPROTO_SCTP, SCTP_EVENT,
                       WITH(sctp_event, .se_type = events[i], .se_on = 1)));
    address[end].sin_family = AF_INET;
    address[end].sin_addr.s_addr = inet_addr(host);
    TRY(bind(fd[end], (struct sockaddr *)&address[end], size));
    TRY(getsockname(fd[end], (struct sockaddr *)&address[end], &size));
}

/* Prints a notification of an end; `peer` is whom it is about (RFC 6458, section 6.1). */
static void print_notification(int end, int peer, const union sctp_notification *told) {
    static const char *const states[] = { "COMM_UP", "COMM_LOST", "RESTART", "SHUTDOWN_COMP",
                                          "CANT_STR_ASSOC" };
    const struct sctp_assoc_change *change = &told->sn_assoc_change;

    if (told->sn_header.sn_type == SCTP_SHUTDOWN_EVENT) {
        printf("%s: SHUTDOWN_EVENT of %s\n", names[end], names[peer]);
        return;
    }
    printf("%s: %s of %s\n", names[end], states[change->sac_state], names[peer]);
    if (change->sac_state == SCTP_COMM_UP)
        *(end == SERVER ? &at_server[peer] : &own[end]) = change->sac_assoc_id;$ended
}

/* Receives one message or notification of an end, and prints it (RFC 6458, section 9.13). */
static void receive(int end, int sock) {
    static union {
        char text[65536];
        union sctp_notification told;
    } data;
    struct iovec room = { &data, sizeof data };
    struct sockaddr_in from;
    struct sctp_rcvinfo info = { 0 };
    socklen_t from_size = sizeof from, info_size = sizeof info;
    unsigned int type;
    int flags = 0, peer = 0;
    int size = TRY(sctp_recvv(sock, &room, 1, (struct sockaddr *)&from, &from_size,
                              &info, &info_size, &type, &flags));

    while (peer < ENDS && address[peer].sin_port != from.sin_port)
        peer++;
    if (flags & MSG_NOTIFICATION)
        print_notification(end, peer, &data.told);
    else if (size > 60)
        printf("%s: %d octets on stream %d from %s\n", names[end], size, info.rcv_sid, names[peer]);
    else
        printf("%s: \"%.*s\" on stream %d from %s\n", names[end], size, data.text, info.rcv_sid,
               names[peer]);$echo
}

/* Prints what comes, until nothing has come for so many ms. */
static void drain(int quiet) {
    while (TRY(poll(waiting, $sockets, quiet)) > 0)
        for (int at = 0; at < $sockets; at++)
            if (waiting[at].revents)
                receive($whose, waiting[at].fd);
}

int main(void) {
    struct sockaddr *server = (struct sockaddr *)&address[SERVER];

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* of a message after the end of its association */$fill$none
$opened
    TRY(listen(fd[SERVER], 5));
$steps
    return 0;
}
""")
ECHO = """
    if (end == SERVER && !(flags & MSG_NOTIFICATION)) {
        room.iov_len = size;
        TRY(sctp_sendv(sock, &room, 1, NULL, 0,
                       WITH(sctp_sndinfo, .snd_sid = info.rcv_sid, .snd_assoc_id = info.rcv_assoc_id),
                       SCTP_SENDV_SNDINFO, 0));
    }"""

OF_ITS_OWN = " /* after the ends': the server's for one client alone */"
ENDED = """
    else if (end == SERVER && peer < ENDS && change->sac_state != SCTP_RESTART)
        waiting[ENDS + peer].fd = -1; /* a socket of its own has nothing more to tell */"""
NONE = """
    for (int at = ENDS; at < 2 * ENDS; at++)
        waiting[at] = (struct pollfd){ .fd = -1, .events = POLLIN };"""
