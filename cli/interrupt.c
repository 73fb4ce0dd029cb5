/* Signals through signalfd(2). */
#include "cli/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool is_ignored(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 &&
           action.sa_handler == SIG_IGN;
}

void cli_interrupt_open(struct cli_interrupt *interrupt)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    sigset_t set;

    *interrupt = (struct cli_interrupt){ .fd = -1 };
    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (!is_ignored(signals[i]))
            (void)sigaddset(&set, signals[i]);
    interrupt->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (interrupt->fd < 0)
        return;
    interrupt->is_open =
        pthread_sigmask(SIG_BLOCK, &set, &interrupt->before) == 0;
    if (!interrupt->is_open)
        (void)close(interrupt->fd);
}

void cli_interrupt_close(struct cli_interrupt *interrupt)
{
    if (!interrupt->is_open)
        return;
    (void)close(interrupt->fd);
    (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    interrupt->is_open = false;
}

bool cli_interrupt_came(struct cli_interrupt *interrupt)
{
    struct signalfd_siginfo info;

    if (interrupt->is_open &&
        read(interrupt->fd, &info, sizeof(info)) == sizeof(info)) {
        interrupt->signal = (int)info.ssi_signo;
        cli_interrupt_close(interrupt);
    }
    return interrupt->signal != 0;
}

bool cli_interrupt_wait(struct cli_interrupt *interrupt, int fd)
{
    struct pollfd fds[] = {
        { .fd = fd, .events = POLLIN },
        { .fd = interrupt->is_open ? interrupt->fd : -1, .events = POLLIN },
    };

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return cli_interrupt_came(interrupt);
}
