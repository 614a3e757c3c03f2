/* The one-to-many server that the project started from, in what it does: one socket, its messages printed.
   Its bugs are left out (the text ends where the message does). No library: sctp_recvmsg is recvmsg. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int fd = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    struct sctp_event_subscribe events = {.sctp_data_io_event = 1};
    static char buffer[65536];

    if (fd < 0 || argc != 2 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        setsockopt(fd, IPPROTO_SCTP, SCTP_EVENTS, &events, sizeof events) < 0 || listen(fd, 5) < 0) {
        perror("seed_server");
        return 1;
    }
    for (;;) {
        char control[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))];
        struct iovec room = {.iov_base = buffer, .iov_len = sizeof buffer - 1};
        struct sockaddr_in from;
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &room,
                                 .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        struct sctp_sndrcvinfo info = {0};
        ssize_t size;

        printf("[Server]: wait for message!\n");
        size = recvmsg(fd, &message, 0);
        if (size < 0) {
            printf("[Server]: %s\n", strerror(errno));
            break;
        }
        if (size == 0) {
            printf("[Server]: EOF received!\n");
            break;
        }
        for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each))
            if (each->cmsg_level == IPPROTO_SCTP && each->cmsg_type == SCTP_SNDRCV)
                memcpy(&info, CMSG_DATA(each), sizeof info);
        buffer[size] = 0;
        printf("[Server]: Message(size = %zd): '%s' received, assoid = %x\n", size, buffer, info.sinfo_assoc_id);
    }
    close(fd);
    return 0;
}
