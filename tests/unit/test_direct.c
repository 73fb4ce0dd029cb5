/*
 * Layout of direct reads: for every place, length, alignment and place in
 * memory the operation is one that O_DIRECT takes, and wherever it stops, what
 * was wanted and read is where it belongs and nothing else is touched.
 *
 * The device is an array; read_file() writes it to the operation's buffers.
 */
#include "core/direct.h"
#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/pattern.h"

#define PAGE       LIO_MEMORY_PAGE
#define FILE_BYTES (32 * PAGE)
#define FILE_ID    1u
#define MARGIN     (2 * PAGE)
#define UNTOUCHED  0xa5

/* What a device asks for. */
static const struct {
    uint32_t offset, memory;
} devices[] = { { 512, 512 },  { 512, 4 }, { 4096, 4096 }, { 4096, 512 },
                { 512, 4096 }, { 1, 1 },   { 8192, 4096 }, { 520, 1024 } };

static const uint64_t starts[] = { 0,        1,        511,          512,
                                   513,      PAGE - 1, PAGE,         PAGE + 1,
                                   PAGE + 8, 2 * PAGE, 3 * PAGE - 64 };

static const uint64_t lengths[] = { 1,
                                    64,
                                    511,
                                    512,
                                    513,
                                    PAGE,
                                    PAGE + 1,
                                    4 * PAGE - 1,
                                    4 * PAGE,
                                    5 * PAGE,
                                    5 * PAGE + 1,
                                    6 * PAGE - 8,
                                    6 * PAGE + 7,
                                    10 * PAGE,
                                    20 * PAGE + 777 };

/* By what the address is out of step with the file. */
static const uint64_t shifts[] = { 0, 1, 4, 64, 512, 1024 };

struct rig {
    struct lio_handle handle;
    struct lio_io request, part;
    struct lio_slab slab;
    struct lio_memory memory;
    unsigned char *file;
    unsigned char *block; /* the caller's memory, with margins */
    unsigned char margin[MARGIN];
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    assert_non_null(rig);
    rig->block = aligned_alloc(PAGE, FILE_BYTES + 2 * MARGIN + PAGE);
    rig->file = malloc(FILE_BYTES);
    assert_true(rig->block && rig->file);
    lio_test_fill(rig->file, FILE_BYTES, FILE_ID, 0);
    memset(rig->margin, UNTOUCHED, MARGIN);
    assert_int_equal(lio_slab_init(&rig->slab), 0);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    lio_slab_release(&rig->slab);
    free(rig->block);
    free(rig->file);
    free(rig);
    return 0;
}

/* A part of this range, whose memory is out of step by `shift`. */
static void make_part(struct rig *rig, uint64_t at, uint64_t len,
                      uint64_t shift)
{
    struct lio_io *part = &rig->part;

    memset(part, 0, sizeof(*part));
    part->parent = &rig->request;
    part->handle = &rig->handle;
    part->offset = at;
    part->length = len;
    part->buf = rig->block + MARGIN + at % PAGE + shift;
    memset(part->buf - MARGIN, UNTOUCHED, len + 2 * MARGIN);
}

static void check_op(const struct rig *rig)
{
    const struct lio_op *op = &rig->part.op;
    uint64_t sum = 0;

    assert_in_range(op->niov, 1, LIO_IO_BUFFERS);
    assert_int_equal(op->offset % rig->handle.offset_align, 0);
    for (uint32_t i = 0; i < op->niov; i++) {
        assert_int_equal(op->iov[i].len % rig->handle.offset_align, 0);
        assert_int_equal((uintptr_t)op->iov[i].base % rig->handle.memory_align,
                         0);
        sum += op->iov[i].len;
    }
    assert_int_equal(op->length, sum);
    assert_true(op->offset <= rig->part.offset);
    assert_true(op->offset + op->length >= rig->part.offset + rig->part.length);
}

/* The first `bytes` of the operation, as a device would. */
static void read_file(const struct rig *rig, uint64_t bytes)
{
    const struct lio_op *op = &rig->part.op;
    uint64_t at = op->offset;

    for (uint32_t i = 0; i < op->niov && bytes > 0; i++) {
        uint64_t n = op->iov[i].len < bytes ? op->iov[i].len : bytes;

        memcpy(op->iov[i].base, rig->file + at, n);
        at += n;
        bytes -= n;
    }
}

/* What a part that has moved so many bytes has brought the caller.  What it has
 * not may hold anything; what is not his must hold nothing new. */
static void check_stop(struct rig *rig, uint64_t moved)
{
    struct lio_io *part = &rig->part;
    uint64_t got, until = part->op.offset + moved;
    uint64_t due = until > part->offset ? until - part->offset : 0;

    due = due < part->length ? due : part->length;
    part->moved = moved;
    read_file(rig, moved);
    got = lio_direct_got(part);
    assert_int_equal(got, due);
    if (part->bounce)
        lio_direct_copy(part, got);
    assert_true(memcmp(part->buf, rig->file + part->offset, got) == 0);
    assert_true(memcmp(part->buf - MARGIN, rig->margin, MARGIN) == 0);
    assert_true(memcmp(part->buf + part->length, rig->margin, MARGIN) == 0);
}

/* Stops at, before and behind every edge of the operation. */
static void check_stops(struct rig *rig)
{
    const struct lio_op op = rig->part.op;
    uint64_t edge = 0;

    for (uint32_t i = 0; i < op.niov; i++) {
        check_stop(rig, edge);
        check_stop(rig, edge + 1);
        check_stop(rig, edge + op.iov[i].len / 2);
        check_stop(rig, edge + op.iov[i].len - 1);
        edge += op.iov[i].len;
    }
    check_stop(rig, op.length);
}

static void check_range(struct rig *rig, uint64_t at, uint64_t len,
                        uint64_t shift)
{
    struct lio_io *part = &rig->part;

    make_part(rig, at, len, shift);
    if (!lio_direct_plan(part, UINT64_MAX))
        lio_direct_plan_bounced(part);
    assert_true(lio_direct_equip(part, &rig->slab, &rig->memory));
    check_op(rig);
    check_stops(rig);
    lio_direct_end(part, &rig->memory);
    if (part->bounce)
        lio_slab_put_page(&rig->slab, part->bounce);
    assert_int_equal(atomic_load(&rig->memory.taken_bytes), 0);
}

static void every_range_is_read_as_the_device_wants_it(void **state)
{
    struct rig *rig = *state;

    for (size_t d = 0; d < sizeof(devices) / sizeof(devices[0]); d++) {
        rig->handle.offset_align = devices[d].offset;
        rig->handle.memory_align = devices[d].memory;
        for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++)
            for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
                for (size_t k = 0; k < sizeof(shifts) / sizeof(shifts[0]); k++)
                    check_range(rig, starts[s], lengths[l], shifts[k]);
    }
}

/* -- how it is read -------------------------------------------------------- */

static void plan(struct rig *rig, uint64_t at, uint64_t len, uint64_t shift,
                 bool straight)
{
    rig->handle.offset_align = 512;
    rig->handle.memory_align = 512;
    make_part(rig, at, len, shift);
    assert_int_equal(lio_direct_plan(&rig->part, UINT64_MAX), straight);
    if (!straight)
        lio_direct_plan_bounced(&rig->part);
}

static void what_is_aligned_needs_no_memory(void **state)
{
    struct rig *rig = *state;

    plan(rig, 512, 1536, 0, true);
    assert_int_equal(rig->part.op.niov, 1);
    assert_ptr_equal(rig->part.op.iov->base, rig->part.buf);
    assert_int_equal(rig->part.bounce_bytes, 0);
    assert_true(lio_direct_equip(&rig->part, &rig->slab, &rig->memory));
    assert_null(rig->part.bounce);
    lio_direct_end(&rig->part, &rig->memory);
}

static void memory_in_step_is_read_straight_but_for_the_edges(void **state)
{
    struct rig *rig = *state;

    plan(rig, PAGE - 64, 10 * PAGE, 0, true);
    assert_int_equal(rig->part.op.niov, 3);
    assert_ptr_equal(rig->part.op.iov[1].base, rig->part.buf + 64);
    assert_int_equal(rig->part.op.iov[1].len, 9 * PAGE);
    assert_int_equal(rig->part.op.offset, 0);
    assert_int_equal(rig->part.op.length, 11 * PAGE);
    assert_int_equal(rig->part.bounce_bytes, 2 * PAGE);
    plan(rig, PAGE, 10 * PAGE + 1, 0, true);
    assert_int_equal(rig->part.op.niov, 2);
    assert_int_equal(rig->part.bounce_bytes, PAGE);
    plan(rig, PAGE - 1, 10 * PAGE + 1, 0, true);
    assert_int_equal(rig->part.op.niov, 2);
    assert_int_equal(rig->part.bounce_bytes, PAGE);
}

/* Sectors would do, but a device is faster with pages of memory. */
static void whole_sectors_have_edges_if_that_gains_pages(void **state)
{
    struct rig *rig = *state;

    plan(rig, 512, 10 * PAGE, 0, true);
    assert_int_equal(rig->part.op.niov, 3);
    assert_int_equal((uintptr_t)rig->part.op.iov[1].base % PAGE, 0);
    assert_int_equal(rig->part.bounce_bytes, 2 * PAGE);
    plan(rig, 512, 10 * PAGE, PAGE - 512, true); /* has them as it is */
    assert_int_equal(rig->part.op.niov, 1);
    assert_int_equal(rig->part.bounce_bytes, 0);
    plan(rig, 512, 10 * PAGE, 512, true); /* would not */
    assert_int_equal(rig->part.op.niov, 1);
}

/* Buffered, it is read as it is. */
static void without_alignment_there_are_no_edges(void **state)
{
    struct rig *rig = *state;

    rig->handle.offset_align = rig->handle.memory_align = 1;
    make_part(rig, 100, 10 * PAGE, 0);
    assert_true(lio_direct_plan(&rig->part, UINT64_MAX));
    assert_int_equal(rig->part.op.niov, 1);
    assert_int_equal(rig->part.op.offset, 100);
    assert_int_equal(rig->part.bounce_bytes, 0);
}

static void memory_out_of_step_is_copied_to(void **state)
{
    struct rig *rig = *state;

    plan(rig, PAGE - 64, 10 * PAGE, 64, false);
    assert_int_equal(rig->part.op.niov, 1);
    assert_int_equal(rig->part.op.offset, PAGE - 512);
    assert_int_equal(rig->part.op.length, 10 * PAGE + 512);
    assert_int_equal(rig->part.bounce_bytes, rig->part.op.length);
    /* Sectors are what counts, not pages. */
    plan(rig, PAGE - 64, 10 * PAGE, 512, true);
}

static void what_is_short_is_copied(void **state)
{
    struct rig *rig = *state;

    plan(rig, 100, 2000, 0, false);
    assert_int_equal(rig->part.op.length, 2560);
    plan(rig, 1, 5 * PAGE - 2, 0, false);
    plan(rig, 1, 5 * PAGE, 0, true);
}

static void an_operation_is_no_longer_than_it_may_be(void **state)
{
    struct rig *rig = *state;
    struct lio_io *part = &rig->part;

    plan(rig, PAGE - 64, 10 * PAGE, 0, true);
    assert_false(lio_direct_plan(part, 11 * PAGE - 1));
    assert_true(lio_direct_plan(part, 11 * PAGE));
    plan(rig, PAGE, 10 * PAGE, 0, true);
    assert_false(lio_direct_plan(part, 10 * PAGE - 1));
    assert_true(lio_direct_plan(part, 10 * PAGE));
}

/* -- memory ---------------------------------------------------------------- */

static void memory_is_got_once_and_a_page_is_kept(void **state)
{
    struct rig *rig = *state;
    void *page;

    plan(rig, 100, 2000, 0, false);
    assert_true(lio_direct_equip(&rig->part, &rig->slab, &rig->memory));
    page = rig->part.bounce;
    assert_true(lio_direct_equip(&rig->part, &rig->slab, &rig->memory));
    assert_ptr_equal(rig->part.bounce, page);
    assert_int_equal(atomic_load(&rig->memory.taken_bytes), PAGE);
    lio_direct_end(&rig->part, &rig->memory);
    assert_int_equal(atomic_load(&rig->memory.taken_bytes), 0);
    lio_slab_put_page(&rig->slab, rig->part.bounce);

    plan(rig, 5000, 64, 0, false);
    assert_true(lio_direct_equip(&rig->part, &rig->slab, &rig->memory));
    assert_ptr_equal(rig->part.bounce, page);
    lio_direct_end(&rig->part, &rig->memory);
    lio_slab_put_page(&rig->slab, page);
}

/* Its object may wait for its taker, who may have many. */
static void a_request_keeps_no_memory(void **state)
{
    struct rig *rig = *state;

    plan(rig, PAGE, 10 * PAGE + 1, 0, true);
    rig->part.parent = NULL;
    assert_true(lio_direct_equip(&rig->part, &rig->slab, &rig->memory));
    assert_int_equal(atomic_load(&rig->memory.taken_bytes), PAGE);
    lio_direct_end(&rig->part, &rig->memory);
    assert_null(rig->part.bounce);
    assert_int_equal(atomic_load(&rig->memory.taken_bytes), 0);
}

static void without_memory_there_is_no_read(void **state)
{
    struct rig *rig = *state;

    rig->memory.limit_bytes = PAGE;
    plan(rig, 1, 10 * PAGE, 0, true);
    assert_false(lio_direct_equip(&rig->part, &rig->slab, &rig->memory));
    assert_null(rig->part.bounce);
    lio_direct_end(&rig->part, &rig->memory);
    assert_int_equal(lio_direct_got(&rig->part), 0);
    assert_int_equal(atomic_load(&rig->memory.taken_bytes), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_range_is_read_as_the_device_wants_it),
        TEST(what_is_aligned_needs_no_memory),
        TEST(memory_in_step_is_read_straight_but_for_the_edges),
        TEST(whole_sectors_have_edges_if_that_gains_pages),
        TEST(without_alignment_there_are_no_edges),
        TEST(memory_out_of_step_is_copied_to),
        TEST(what_is_short_is_copied),
        TEST(an_operation_is_no_longer_than_it_may_be),
        TEST(memory_is_got_once_and_a_page_is_kept),
        TEST(a_request_keeps_no_memory),
        TEST(without_memory_there_is_no_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
