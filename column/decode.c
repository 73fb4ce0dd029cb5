/*
 * The decoders' context: messages and memory.
 */
#include "column/decode.h"

#include "column/pool.h"

#include "common/checked.h"

#include <inttypes.h>

void lio_decode_init(struct lio_decode *dec, const char *file,
                     const char *column, uint64_t page, uint64_t budget,
                     struct lio_error *err)
{
    *dec = (struct lio_decode){
        .file = file,
        .column = column,
        .page = page,
        .budget = budget,
        .err = err,
    };
}

void lio_decode_release(struct lio_decode *dec)
{
    for (int i = 0; i < LIO_SCRATCH_COUNT; i++)
        lio_mem_put(dec->scratch[i]);
}

LIO_PRINTF(3, 0)
static int say(const struct lio_decode *dec, int code, const char *fmt,
               va_list args)
{
    char what[sizeof(dec->err->msg)];

    if (!dec->err)
        return code;
    (void)vsnprintf(what, sizeof(what), fmt, args);
    return lio_error_set(dec->err, code,
                         "%s: column '%s', page %" PRIu64 ": %s", dec->file,
                         dec->column, dec->page, what);
}

int lio_decode_corrupt(const struct lio_decode *dec, const char *fmt, ...)
{
    va_list args;
    int code;

    va_start(args, fmt);
    code = say(dec, LIO_ECORRUPT, fmt, args);
    va_end(args);
    return code;
}

int lio_decode_unsupported(const struct lio_decode *dec, const char *fmt, ...)
{
    va_list args;
    int code;

    va_start(args, fmt);
    code = say(dec, LIO_EUNSUPPORTED, fmt, args);
    va_end(args);
    return code;
}

static int no_memory(const struct lio_decode *dec, uint64_t bytes)
{
    return lio_error_set(dec->err, LIO_ENOMEM,
                         "%s: column '%s', page %" PRIu64
                         ": no memory for %" PRIu64 " bytes",
                         dec->file, dec->column, dec->page, bytes);
}

int lio_decode_alloc(struct lio_decode *dec, uint64_t bytes,
                     struct lio_mem **ret_mem)
{
    struct lio_mem *mem;

    if (bytes > dec->budget)
        return lio_decode_corrupt(
            dec, "decodes to more than the limit of %" PRIu64 " bytes a page",
            LIO_PAGE_DECODED_MAX);
    mem = lio_pool_take(dec->pool, bytes);
    if (!mem)
        return no_memory(dec, bytes);
    dec->budget -= bytes;
    *ret_mem = mem;
    return 0;
}

int lio_decode_grow(struct lio_decode *dec, struct lio_mem **mem, uint64_t used,
                    uint64_t bytes)
{
    uint64_t have = (*mem)->bytes;
    struct lio_mem *more;
    int rc;

    if (bytes <= have)
        return 0;
    if (bytes < have + have / 2 && have + have / 2 <= dec->budget)
        bytes = have + have / 2;
    rc = lio_decode_alloc(dec, bytes, &more);
    if (rc < 0)
        return rc;
    memcpy(more->data, (*mem)->data, (size_t)used);
    dec->budget += have;
    lio_mem_put(*mem);
    *mem = more;
    return 0;
}

int lio_decode_scratch(struct lio_decode *dec, enum lio_scratch which,
                       uint64_t bytes, uint8_t **ret_data)
{
    struct lio_mem **mem = &dec->scratch[which];
    int rc = 0;

    if (!*mem)
        rc = lio_decode_alloc(dec, bytes, mem);
    else
        rc = lio_decode_grow(dec, mem, 0, bytes);
    if (rc < 0)
        return rc;
    *ret_data = (*mem)->data;
    return 0;
}
