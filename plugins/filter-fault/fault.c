/*
 * filter-fault: a device that fails by rule.
 *
 * This file is the table, the parameters and the files; rules.c reads the
 * rules, decide.c applies them, queue.c does what they say.
 */
#include "fault.h"

#include <stdlib.h>

#include "plugins/filter/relay.h"

enum { SEED, RULES, RULES2, RULES3, RULES4, NPARAMS }; /* as in the table */

static const struct lio_param fault_params[NPARAMS] = {
    { .name = "seed",
      .type = LIO_PARAM_UINT,
      .preset = 1,
      .help = "for all rates: the same seed fails the same operations" },
    { .name = "rules",
      .type = LIO_PARAM_STRING,
      .help = "what fails and how, e.g. read:rate=0.01:errno=EIO; sync:nth=3:"
              "errno=ENOSPC" },
    { .name = "rules2", .type = LIO_PARAM_STRING, .help = "more rules" },
    { .name = "rules3", .type = LIO_PARAM_STRING, .help = "more rules" },
    { .name = "rules4", .type = LIO_PARAM_STRING, .help = "more rules" },
};

/* -- life ----------------------------------------------------------------- */

static int parse_rules(struct fault *fault, const union lio_value *values,
                       struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = RULES; rc == 0 && i <= RULES4; i++)
        rc = lio_rules_parse(&fault->rules, fault_params[i].name, values[i].s,
                             err);
    return rc;
}

static int fault_open(const struct lio_backend_setup *setup, void **ret_backend,
                      struct lio_error *err)
{
    struct fault *fault = calloc(1, sizeof(*fault));
    int rc;

    if (!fault)
        return lio_error_set(err, LIO_ENOMEM, "no memory for filter-fault");
    fault->next = setup->next;
    fault->next_backend = setup->next_backend;
    fault->seed = setup->params[SEED].u;
    rc = parse_rules(fault, setup->params, err);
    if (rc == 0)
        rc = lio_paths_init(&fault->files, sizeof(struct fault_file), err);
    if (rc < 0) {
        lio_rules_release(&fault->rules);
        free(fault);
        return rc;
    }
    *ret_backend = fault;
    return 0;
}

static void fault_close(void *backend)
{
    struct fault *fault = backend;

    lio_paths_release(&fault->files, lio_fault_file_release);
    lio_rules_release(&fault->rules);
    free(fault);
}

/* -- files ---------------------------------------------------------------- */

static int no_memory(struct lio_error *err)
{
    (void)lio_error_set(err, LIO_ENOMEM, "no memory for an open file");
    err->os_errno = ENOMEM;
    return err->code;
}

/* The open that a rule wants to fail. */
static int inject(const struct lio_rule *rule, const char *uri,
                  struct lio_error *err)
{
    int os_errno = (int)rule->amount;

    (void)lio_error_set(err, lio_code_of_errno(os_errno),
                        "%s: %s (a rule of filter-fault)", uri,
                        strerror(os_errno));
    err->os_errno = os_errno;
    return err->code;
}

static int open_next(struct fault *fault, const char *uri, uint32_t flags,
                     struct fault_handle *handle,
                     struct lio_file_info *ret_info, struct lio_error *err)
{
    struct lio_file_info info;
    int rc = fault->next->file_open(fault->next_backend, uri, flags,
                                    &handle->next, &info, err);

    if (rc < 0)
        return rc;
    handle->step = info.direct ? info.offset_align : 1;
    *ret_info = info;
    return 0;
}

static int fault_file_open(void *backend, const char *uri, uint32_t flags,
                           void **ret_handle, struct lio_file_info *ret_info,
                           struct lio_error *err)
{
    struct fault *fault = backend;
    struct fault_file *file = (struct fault_file *)lio_paths_get(
        &fault->files, uri, lio_fault_file_init, fault);
    const struct lio_rule *rule;
    struct fault_handle *handle;
    int rc;

    if (!file)
        return no_memory(err);
    rule = lio_fault_decide(fault, file, LIO_RULE_OPEN, 0, 0);
    if (rule)
        return inject(rule, uri, err);
    handle = malloc(sizeof(*handle));
    if (!handle)
        return no_memory(err);
    handle->file = file;
    rc = open_next(fault, uri, flags, handle, ret_info, err);
    if (rc < 0) {
        free(handle);
        return rc;
    }
    *ret_handle = handle;
    return 0;
}

static int fault_file_stat(void *backend, void *arg,
                           struct lio_file_info *ret_info,
                           struct lio_error *err)
{
    const struct fault_handle *handle = arg;
    const struct fault *fault = backend;

    return fault->next->file_stat(fault->next_backend, handle->next, ret_info,
                                  err);
}

static void fault_file_close(void *backend, void *arg)
{
    struct fault_handle *handle = arg;
    const struct fault *fault = backend;

    fault->next->file_close(fault->next_backend, handle->next);
    free(handle);
}

/* -- the table ------------------------------------------------------------ */

static const struct lio_backend_ops fault_ops = {
    .open = fault_open,
    .close = fault_close,
    .file_open = fault_file_open,
    .file_stat = fault_file_stat,
    .file_close = fault_file_close,
    .queue_open = fault_queue_open,
    .queue_close = fault_queue_close,
    .submit = fault_submit,
    .flush = fault_flush,
    .reap = lio_relay_reap,
    .cancel = fault_cancel,
    .wake = lio_relay_wake,
};

LIO_FILTER_PLUGIN("filter-fault", "1.0.0",
                  "injects faults: errors, short, late, reordered, duplicate",
                  fault_params, NPARAMS, fault_ops)
