/*
 * Asks ADDRESS every millisecond who serves it. Usage: echo-load OWN-ADDRESS ADDRESS PORT.
 *
 * Writes a line of JSON for each gap in the answers and each change of the answering node, and one every 200 ms with the
 * last answer, so that a gap that has not ended yet is seen as well. Times are milliseconds of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { INTERVAL_MS = 1, REPORT_EVERY = 200, NAME_MAX_LENGTH = 32 };
static const double GAP_MS = 3;

static double last_at;
static char last_node[NAME_MAX_LENGTH];

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void note_answer(char *answer)
{
    double at = now_ms();
    char *end = strchr(answer, ' ');
    if (end == NULL || end - answer >= NAME_MAX_LENGTH)
        return;
    *end = 0;
    if (last_at != 0 && (at - last_at >= GAP_MS || strcmp(answer, last_node) != 0))
        printf("{\"kind\":\"gap\",\"from\":%.3f,\"to\":%.3f,\"before\":\"%s\",\"after\":\"%s\"}\n", last_at, at, last_node,
               answer);
    last_at = at;
    strcpy(last_node, answer);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(argv[1])};
    struct sockaddr_in shared = {
        .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(argv[2]), .sin_port = htons(atoi(argv[3]))};
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec every = {{0, INTERVAL_MS * 1000000}, {0, INTERVAL_MS * 1000000}};
    if (bind(sock, (struct sockaddr *)&own, sizeof own) || timerfd_settime(timer, 0, &every, NULL)) {
        perror("echo-load");
        return 1;
    }
    struct pollfd waiting[] = {{sock, POLLIN, 0}, {timer, POLLIN, 0}};
    for (uint64_t turn = 0, expired;;) {
        poll(waiting, 2, -1);
        char answer[NAME_MAX_LENGTH * 2];
        for (ssize_t length; (length = recv(sock, answer, sizeof answer - 1, 0)) > 0;) {
            answer[length] = 0;
            note_answer(answer);
        }
        if (!(waiting[1].revents & POLLIN))
            continue;
        /* Expirations that were slept through are not made up for: what counts is whether somebody answers now. */
        if (read(timer, &expired, sizeof expired) != sizeof expired)
            continue;
        sendto(sock, "who", 3, 0, (struct sockaddr *)&shared, sizeof shared);
        if (turn++ % REPORT_EVERY == 0)
            printf("{\"kind\":\"beat\",\"lastAt\":%.3f,\"lastNode\":\"%s\"}\n", last_at, last_node);
    }
}
