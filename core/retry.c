/*
 * Retry.
 */
#include "core/retry.h"

#include "core/transfer.h"

#define MAX_TRIES    100u
#define FAULT_TRIES  4u
#define BUCKET_FULL  500
#define BUCKET_PRICE 10

#define DEVICE_TRIES  2u
#define DEVICE_PAUSE  1000000ull /* ns; doubles */
#define NETWORK_TRIES 5u
#define NETWORK_PAUSE 10000000ull

void lio_retry_init(struct lio_retry_bucket *bucket)
{
    atomic_store(&bucket->tokens, BUCKET_FULL);
}

void lio_retry_success(struct lio_retry_bucket *bucket)
{
    /* Nearly always full, and then only looked at. */
    if (atomic_load_explicit(&bucket->tokens, memory_order_relaxed) <
        BUCKET_FULL)
        atomic_fetch_add(&bucket->tokens, 1);
}

static bool pay(struct lio_retry_bucket *bucket)
{
    int32_t tokens = atomic_load(&bucket->tokens);

    while (tokens >= BUCKET_PRICE)
        if (atomic_compare_exchange_weak(&bucket->tokens, &tokens,
                                         tokens - BUCKET_PRICE))
            return true;
    return false;
}

/* Somewhere between half and all of `pause`: operations that failed together
 * shall not come back together.  The multiplier is Knuth's. */
static uint64_t with_jitter(uint64_t pause, const struct lio_io *io,
                            uint64_t now_ns)
{
    uint64_t mixed = (now_ns ^ io->op.id) * 6364136223846793005ull;

    return pause / 2 + (mixed >> 33) % (pause / 2);
}

static enum lio_verdict pause_for(struct lio_retry_bucket *bucket,
                                  struct lio_io *io, uint32_t tries,
                                  uint64_t pause, uint64_t now_ns,
                                  uint64_t *ret_due_ns)
{
    uint64_t deadline = lio_io_request(io)->deadline_ns;
    uint64_t due = now_ns + with_jitter(pause << io->failures, io, now_ns);

    if (io->failures >= tries || (deadline && due >= deadline) || !pay(bucket))
        return LIO_GIVE_UP;
    io->failures++;
    *ret_due_ns = due;
    return LIO_TRY_LATER;
}

enum kind {
    FOR_GOOD,
    INTERRUPTED, /* or busy: nothing is wrong */
    BAD_ADDRESS, /* of a thread that has exited, or of the caller */
    MISALIGNED,
    DEVICE,
    NETWORK
};

static enum kind kind_of(const struct lio_io *io, int os_errno)
{
    if (io->op.kind == LIO_OP_SYNC && os_errno != ECANCELED)
        return FOR_GOOD;
    switch (os_errno) {
    case EINTR:
    case EAGAIN:
    case EBUSY:
    case ENOMEM:
    case ECANCELED:
        return INTERRUPTED;
    case EFAULT:
        return BAD_ADDRESS;
    case EINVAL:
        return atomic_load(&io->handle->direct) ? MISALIGNED : FOR_GOOD;
    case EIO:
        return io->op.kind == LIO_OP_READ ? DEVICE : FOR_GOOD;
    case ETIMEDOUT:
    case ECONNRESET:
    case ECONNABORTED:
    case ENETDOWN:
    case ENETRESET:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ESTALE:
        return NETWORK;
    default:
        return FOR_GOOD;
    }
}

bool lio_retry_might_help(const struct lio_io *io, int os_errno)
{
    return kind_of(io, os_errno) != FOR_GOOD;
}

enum lio_verdict lio_retry_judge(struct lio_retry_bucket *bucket,
                                 struct lio_io *io, int os_errno,
                                 uint64_t now_ns, uint64_t *ret_due_ns)
{
    if (lio_io_unwanted(io))
        return LIO_GIVE_UP;
    switch (kind_of(io, os_errno)) {
    case INTERRUPTED:
        return lio_io_tries(io) < MAX_TRIES ? LIO_TRY_NOW : LIO_GIVE_UP;
    case BAD_ADDRESS:
        return lio_io_tries(io) < FAULT_TRIES ? LIO_TRY_NOW : LIO_GIVE_UP;
    case MISALIGNED:
        return LIO_TRY_BUFFERED;
    case DEVICE:
        return pause_for(bucket, io, DEVICE_TRIES, DEVICE_PAUSE, now_ns,
                         ret_due_ns);
    case NETWORK:
        return pause_for(bucket, io, NETWORK_TRIES, NETWORK_PAUSE, now_ns,
                         ret_due_ns);
    case FOR_GOOD:
        break;
    }
    return LIO_GIVE_UP;
}
