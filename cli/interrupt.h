/*
 * SIGINT, SIGTERM and SIGHUP as something to look for between two pieces of
 * work, so that what is half done can be taken back.
 *
 * They are blocked and come through a descriptor: no handler, and no moment
 * between looking and waiting in which one is missed.  Whoever asks a second
 * time means it: after the first one they end the program as ever.  Those that
 * are ignored, as nohup(1) has it, stay so.
 */
#ifndef LIO_CLI_INTERRUPT_H
#define LIO_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct cli_interrupt {
    bool is_open;
    int fd;
    int signal; /* that came, or 0 */
    sigset_t before;
};

/* Before threads are started, which inherit what is blocked.  If it cannot be
 * done, signals do as ever. */
void cli_interrupt_open(struct cli_interrupt *interrupt);
void cli_interrupt_close(struct cli_interrupt *interrupt);

/* Has one come? */
bool cli_interrupt_came(struct cli_interrupt *interrupt);

/* Wait until `fd` can be read, or one comes: the same answer. */
bool cli_interrupt_wait(struct cli_interrupt *interrupt, int fd);

#endif
