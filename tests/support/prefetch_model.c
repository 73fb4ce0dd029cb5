/* See prefetch_model.h. */
#include "support/prefetch_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_PROPOSALS 16u

enum { ABSENT, AHEAD, READ };

void model_begin(struct model *model, const struct lio_plugin *plugin,
                 uint64_t file_bytes, uint64_t latency)
{
    memset(model, 0, sizeof(*model));
    model->ops = plugin->ops;
    assert_true(plugin->nparams <= MODEL_PARAMS);
    for (uint32_t i = 0; i < plugin->nparams; i++)
        model->params[i].u = plugin->params[i].preset;
    model->nsectors = file_bytes / MODEL_SECTOR;
    model->latency = latency;
    model->ready = calloc(model->nsectors, sizeof(*model->ready));
    model->state = calloc(model->nsectors, 1);
    assert_non_null(model->ready);
    assert_non_null(model->state);
}

void model_open(struct model *model)
{
    struct lio_prefetch_setup setup = { model->params, 65536 };

    assert_int_equal(model->ops->open(&setup, &model->stream, NULL), 0);
}

void model_end(struct model *model)
{
    model->ops->close(model->stream);
    free(model->ready);
    free(model->state);
}

void model_forget(struct model *model)
{
    memset(model->state, ABSENT, model->nsectors);
}

/* Sectors first .. end-1 of the range, within the file. */
static void sectors_of(const struct model *model, uint64_t offset,
                       uint64_t length, uint64_t *ret_first, uint64_t *ret_end)
{
    uint64_t end = (offset + length + MODEL_SECTOR - 1) / MODEL_SECTOR;

    *ret_end = end < model->nsectors ? end : model->nsectors;
    *ret_first = offset / MODEL_SECTOR;
}

static uint32_t look(struct model *model, uint64_t offset, uint64_t length)
{
    uint64_t first, end;
    uint32_t flags = 0;
    bool late = false;

    sectors_of(model, offset, length, &first, &end);
    for (uint64_t i = first; i < end; i++) {
        if (model->state[i] != READ)
            model->read += MODEL_SECTOR;
        if (model->state[i] == ABSENT)
            flags |= LIO_ACCESS_WAITED;
        if (model->state[i] == AHEAD) {
            flags |= LIO_ACCESS_AHEAD;
            model->used += MODEL_SECTOR;
            if (model->ready[i] > model->naccesses)
                late = true;
        }
        model->state[i] = READ;
    }
    model->nlate += late;
    return late ? flags | LIO_ACCESS_WAITED : flags;
}

static void take(struct model *model, const struct lio_range *range)
{
    uint64_t first, end;

    assert_true(range->length > 0);
    if (range->length > model->nlargest)
        model->nlargest = range->length;
    sectors_of(model, range->offset, range->length, &first, &end);
    for (uint64_t i = first; i < end; i++)
        if (model->state[i] == ABSENT) {
            model->state[i] = AHEAD;
            model->ready[i] = model->naccesses + model->latency;
            model->proposed += MODEL_SECTOR;
        }
}

static void access(struct model *model, uint64_t offset, uint64_t length,
                   uint32_t max)
{
    struct lio_range proposals[MAX_PROPOSALS];
    struct lio_access access = {
        .range = { offset, length },
        .time_ns = model->naccesses * 1000,
        .flags = look(model, offset, length),
    };

    model->naccesses++;
    model->nwaited += (access.flags & LIO_ACCESS_WAITED) != 0;
    model->answer = model->ops->observe(model->stream, &access, proposals, max);
    assert_true(model->answer >= LIO_PREFETCH_UNKNOWN);
    assert_true(model->answer <= (int32_t)max);
    for (int32_t i = 0; i < model->answer; i++)
        take(model, &proposals[i]);
}

void model_access(struct model *model, uint64_t offset, uint64_t length)
{
    access(model, offset, length, MAX_PROPOSALS);
}

void model_access_only(struct model *model, uint64_t offset, uint64_t length)
{
    access(model, offset, length, 0);
}

uint64_t model_waste(const struct model *model)
{
    return (model->proposed - model->used) * 1000 /
           (model->read ? model->read : 1);
}

uint64_t model_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}
