/*
 * The executor: worker threads for work that blocks or computes.
 *
 * Workers are started as they are needed, up to a limit, and the one that went
 * idle last is woken first: its stack and its CPU are still warm.  The queue
 * is bounded; when it is full the caller does the work itself, which is back-
 * pressure without a wait.
 */
#ifndef LIO_CORE_EXECUTOR_H
#define LIO_CORE_EXECUTOR_H

#include <lanceio/error.h>

#include <stdbool.h>

struct lio_executor;

int lio_executor_open(uint32_t nworkers, uint32_t queue_limit,
                      struct lio_executor **ret_executor,
                      struct lio_error *err);

/* Wait until nothing is queued and all workers are idle.  No task may offer
 * others for ever. */
void lio_executor_drain(struct lio_executor *executor);

/* Finish what is queued, then stop the workers. */
void lio_executor_close(struct lio_executor *executor);

/* Free the memory alone: in a forked child the workers do not exist. */
void lio_executor_abandon(struct lio_executor *executor);

/* Queue `work(user)`.  False if the queue is full: do it yourself. */
bool lio_executor_offer(struct lio_executor *executor, void (*work)(void *),
                        void *user);

#endif
