/*
 * Asks ADDRESS every millisecond who serves it. Usage: echo-load OWN-ADDRESS ADDRESS PORT.
 *
 * A question is lost when nobody has answered it after WAIT_MS. What counts are lost questions and not late answers: an
 * answer that waits some milliseconds for a processor of a busy machine says nothing about the address, and a question to an
 * address that nobody holds is never answered.
 *
 * Writes a line of JSON for each row of lost questions and for each change of the answering node, and one every 200 ms with
 * the last answered question, so that a gap that has not ended yet is seen as well. A gap goes from its first lost question
 * to the next answered one. Times are milliseconds of CLOCK_MONOTONIC.
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

enum { INTERVAL_MS = 1, WAIT_MS = 200, REPORT_EVERY = 200, NAME_SIZE = 32, OPEN_QUESTIONS = 1024 };

struct question {
    double asked_at;
    char node[NAME_SIZE]; /* who answered, empty until somebody does */
};

static struct question questions[OPEN_QUESTIONS];
static uint64_t asked, judged;
static double last_at, lost_from;
static char last_node[NAME_SIZE];

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* An answer is the name of the node, a space and the number of the question. */
static void note_answer(char *answer)
{
    char *space = strchr(answer, ' ');
    if (space == NULL || space - answer >= NAME_SIZE)
        return;
    uint64_t number = strtoull(space + 1, NULL, 10);
    if (number < judged || number >= asked)
        return;
    *space = 0;
    strcpy(questions[number % OPEN_QUESTIONS].node, answer);
}

static void judge(const struct question *question)
{
    if (question->node[0] == 0) {
        if (lost_from == 0)
            lost_from = question->asked_at;
        return;
    }
    if (last_at != 0 && (lost_from != 0 || strcmp(question->node, last_node) != 0))
        printf("{\"kind\":\"gap\",\"from\":%.3f,\"to\":%.3f,\"before\":\"%s\",\"after\":\"%s\"}\n",
               lost_from != 0 ? lost_from : question->asked_at, question->asked_at, last_node, question->node);
    lost_from = 0;
    last_at = question->asked_at;
    strcpy(last_node, question->node);
}

/* In the order in which they were asked: each that is answered, up to the first that may still be. */
static void judge_questions(void)
{
    for (double now = now_ms(); judged < asked; judged++) {
        const struct question *question = &questions[judged % OPEN_QUESTIONS];
        if (question->node[0] == 0 && now - question->asked_at < WAIT_MS)
            return;
        judge(question);
    }
}

static void ask(int sock, const struct sockaddr_in *shared)
{
    char text[NAME_SIZE];
    struct question *question = &questions[asked % OPEN_QUESTIONS];
    *question = (struct question){.asked_at = now_ms()};
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)asked++);
    sendto(sock, text, (size_t)length, 0, (const struct sockaddr *)shared, sizeof *shared);
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
    for (uint64_t expired;;) {
        poll(waiting, 2, -1);
        char answer[NAME_SIZE * 2];
        for (ssize_t length; (length = recv(sock, answer, sizeof answer - 1, 0)) > 0;) {
            answer[length] = 0;
            note_answer(answer);
        }
        judge_questions();
        if (!(waiting[1].revents & POLLIN))
            continue;
        /* Expirations that were slept through are not made up for: what counts is whether somebody answers now. */
        if (read(timer, &expired, sizeof expired) != sizeof expired)
            continue;
        if (asked % REPORT_EVERY == 0)
            printf("{\"kind\":\"beat\",\"lastAt\":%.3f,\"lastNode\":\"%s\"}\n", last_at, last_node);
        ask(sock, &shared);
    }
}
