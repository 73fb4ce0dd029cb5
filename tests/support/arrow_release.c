/*
 * A watch stands in the place of each struct's callback, in front of it:
 *
 *     parent.release = released_array      parent.private_data ─► watch: its
 * own child.release = released_array       child.private_data ─► watch: its own
 *
 * and when it is called puts back what was there, calls it, and counts.
 */
#include "support/arrow_release.h"

#include <stdio.h>
#include <stdlib.h>

/* What happened to a struct and all below it. */
struct ledger {
    struct watch *watches;
    size_t nwatched, nreleased;
    size_t nunmarked; /* release is not NULL behind it */
};

struct watch {
    struct watch *next;
    struct ledger *ledger;
    void (*release_array)(struct ArrowArray *);
    void (*release_schema)(struct ArrowSchema *);
    void *private_data;
};

static struct watch *add_watch(struct ledger *ledger, void *private_data)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        abort();
    watch->next = ledger->watches;
    watch->ledger = ledger;
    watch->private_data = private_data;
    ledger->watches = watch;
    ledger->nwatched++;
    return watch;
}

/* Count the result, and forget the watches. */
static int judge(struct ledger *ledger, char *why, size_t room)
{
    while (ledger->watches) {
        struct watch *next = ledger->watches->next;

        free(ledger->watches);
        ledger->watches = next;
    }
    if (ledger->nreleased != ledger->nwatched)
        (void)snprintf(why, room, "%zu of %zu structs were released",
                       ledger->nreleased, ledger->nwatched);
    else if (ledger->nunmarked > 0)
        (void)snprintf(why, room, "%zu of %zu structs are not marked released",
                       ledger->nunmarked, ledger->nwatched);
    else
        return 0;
    return -1;
}

/* -- arrays -------------------------------------------------------------- */

static void released_array(struct ArrowArray *array)
{
    struct watch *watch = array->private_data;

    array->release = watch->release_array;
    array->private_data = watch->private_data;
    array->release(array);
    watch->ledger->nreleased++;
    watch->ledger->nunmarked += array->release != NULL;
}

static void watch_array(struct ledger *ledger, struct ArrowArray *array)
{
    struct watch *watch;

    if (!array || !array->release)
        return;
    for (int64_t i = 0; i < array->n_children; i++)
        watch_array(ledger, array->children[i]);
    watch_array(ledger, array->dictionary);
    watch = add_watch(ledger, array->private_data);
    watch->release_array = array->release;
    array->release = released_array;
    array->private_data = watch;
}

int arrow_release_array(struct ArrowArray *array, char *why, size_t room)
{
    struct ledger ledger = { 0 };

    watch_array(&ledger, array);
    array->release(array);
    return judge(&ledger, why, room);
}

/* -- schemas ------------------------------------------------------------- */

static void released_schema(struct ArrowSchema *schema)
{
    struct watch *watch = schema->private_data;

    schema->release = watch->release_schema;
    schema->private_data = watch->private_data;
    schema->release(schema);
    watch->ledger->nreleased++;
    watch->ledger->nunmarked += schema->release != NULL;
}

static void watch_schema(struct ledger *ledger, struct ArrowSchema *schema)
{
    struct watch *watch;

    if (!schema || !schema->release)
        return;
    for (int64_t i = 0; i < schema->n_children; i++)
        watch_schema(ledger, schema->children[i]);
    watch_schema(ledger, schema->dictionary);
    watch = add_watch(ledger, schema->private_data);
    watch->release_schema = schema->release;
    schema->release = released_schema;
    schema->private_data = watch;
}

int arrow_release_schema(struct ArrowSchema *schema, char *why, size_t room)
{
    struct ledger ledger = { 0 };

    watch_schema(&ledger, schema);
    schema->release(schema);
    return judge(&ledger, why, room);
}
