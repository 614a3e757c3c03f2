/* The sender of all figures on the kernel's SCTP: PORT SIZE COUNT, as fast as they are taken. */

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int fd = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP), on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    static char data[65536];
    int size, left;

    if (argc != 4)
        return 2;
    to.sin_port = htons(atoi(argv[1]));
    size = atoi(argv[2]);
    memset(data, 'x', size);
    setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
    for (left = atoi(argv[3]); left > 0; left--)
        if (sendto(fd, data, size, 0, (struct sockaddr *)&to, sizeof to) < 0) {
            perror("seed_sender");
            return 1;
        }
    close(fd);
    return 0;
}
