/*
 * Answers each datagram on PORT from the address that it was sent to, with the name of the node before it.
 * Usage: echo NODE PORT. Writes "ready" when it listens.
 *
 * In C, as its client is: a thousand questions a second cost a script a third of a core, on the very machine whose
 * takeover times they are to show.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ANSWER_MAX = 256 };

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int sock = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    if (setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) || bind(sock, (struct sockaddr *)&own, sizeof own)) {
        perror("echo");
        return 1;
    }
    char answer[ANSWER_MAX];
    size_t name = (size_t)snprintf(answer, sizeof answer, "%s ", argv[1]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct sockaddr_in from;
        char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
        struct iovec data = {answer + name, sizeof answer - name};
        struct msghdr message = {&from, sizeof from, &data, 1, control, sizeof control, 0};
        ssize_t length = recvmsg(sock, &message, 0);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        if (length < 0 || head == NULL)
            continue;
        struct in_pktinfo asked;
        memcpy(&asked, CMSG_DATA(head), sizeof asked);
        asked.ipi_ifindex = 0;
        asked.ipi_spec_dst = asked.ipi_addr;
        memcpy(CMSG_DATA(head), &asked, sizeof asked);
        data = (struct iovec){answer, name + (size_t)length};
        /* The address may go between question and answer: the answer is lost then, as anybody's would be. */
        sendmsg(sock, &message, 0);
    }
}
