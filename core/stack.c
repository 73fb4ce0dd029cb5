#include "core/stack.h"

#include <stdlib.h>
#include <string.h>

#include "core/settings.h"

/* -- one layer ----------------------------------------------------------- */

/* Open `plugin` in front of what the stack has so far. */
static int open_layer(const struct lio_stack_setup *setup,
                      const struct lio_loaded *plugin, struct lio_stack *stack,
                      struct lio_error *err)
{
    struct lio_layer *layer = &stack->layers[stack->nlayers];
    struct lio_backend_setup for_plugin = {
        .nlanes = setup->nlanes,
        .queue_depth = setup->queue_depth,
        .next = stack->ops,
        .next_backend = stack->backend,
    };
    int rc;

    rc = lio_config_values(setup->config, plugin, &layer->values, err);
    if (rc < 0)
        return rc;
    layer->plugin = plugin;
    for_plugin.params = layer->values;
    rc = plugin->ops.backend.open(&for_plugin, &layer->instance, err);
    if (rc < 0) {
        free(layer->values);
        return rc;
    }
    stack->ops = &plugin->ops.backend;
    stack->backend = layer->instance;
    stack->nlayers++;
    return 0;
}

static void close_layer(struct lio_stack *stack)
{
    struct lio_layer *layer = &stack->layers[--stack->nlayers];

    layer->plugin->ops.backend.close(layer->instance);
    free(layer->values);
}

/* -- all of them --------------------------------------------------------- */

static uint32_t count_names(const char *list)
{
    uint32_t n = 0;
    size_t len;

    while (lio_list_next(&list, &len))
        n++;
    return n;
}

static int open_backend(const struct lio_stack_setup *setup,
                        struct lio_stack *stack, struct lio_error *err)
{
    int rc = open_layer(setup, setup->backend, stack, err);

    if (rc < 0 || !stack->ops->run)
        return rc;
    rc = lio_blocking_open(stack->ops, stack->backend, setup->executor,
                           &stack->blocking, err);
    if (rc < 0)
        return rc;
    stack->ops = lio_blocking_ops();
    stack->backend = stack->blocking;
    return 0;
}

static int open_filter(const struct lio_stack_setup *setup, const char *name,
                       size_t len, struct lio_stack *stack,
                       struct lio_error *err)
{
    char *copy = strndup(name, len);
    const struct lio_loaded *plugin;
    int rc;

    if (!copy)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a filter");
    rc = lio_loader_find(lio_config_loader(setup->config), copy,
                         LIO_KIND_FILTER, &plugin, err);
    free(copy);
    return rc < 0 ? rc : open_layer(setup, plugin, stack, err);
}

/* The list has the outermost first, which is opened last. */
static int open_filters(const struct lio_stack_setup *setup, const char *list,
                        struct lio_stack *stack, struct lio_error *err)
{
    size_t len;
    const char *name = lio_list_next(&list, &len);
    int rc;

    if (!name)
        return 0;
    rc = open_filters(setup, list, stack, err);
    return rc < 0 ? rc : open_filter(setup, name, len, stack, err);
}

int lio_stack_open(const struct lio_stack_setup *setup,
                   struct lio_stack *ret_stack, struct lio_error *err)
{
    const char *filters = lio_config_settings(setup->config)->backend.filters;
    struct lio_stack stack = { 0 };
    int rc;

    stack.layers = calloc(1u + count_names(filters), sizeof(*stack.layers));
    if (!stack.layers)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the backend");
    rc = open_backend(setup, &stack, err);
    if (rc == 0)
        rc = open_filters(setup, filters, &stack, err);
    if (rc < 0) {
        lio_stack_close(&stack);
        return rc;
    }
    *ret_stack = stack;
    return 0;
}

void lio_stack_close(struct lio_stack *stack)
{
    while (stack->nlayers > 1)
        close_layer(stack);
    lio_blocking_close(stack->blocking);
    if (stack->nlayers > 0)
        close_layer(stack);
    free(stack->layers);
    *stack = (struct lio_stack){ 0 };
}

void lio_stack_abandon(struct lio_stack *stack)
{
    lio_blocking_abandon(stack->blocking);
    for (uint32_t i = 0; i < stack->nlayers; i++)
        free(stack->layers[i].values);
    free(stack->layers);
}
