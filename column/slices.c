/*
 * Lists of slices.
 */
#include "column/slices.h"

#include <stdlib.h>

struct lio_slice *lio_slices_add(struct lio_slices *slices)
{
    if (slices->n == slices->room) {
        uint32_t room = slices->room > 0 ? slices->room * 2 : 4;
        struct lio_slice *all = realloc(slices->all, room * sizeof(*all));

        if (!all)
            return NULL;
        slices->all = all;
        slices->room = room;
    }
    slices->all[slices->n] = (struct lio_slice){ .from = 0 };
    return &slices->all[slices->n++];
}

void lio_slices_release(struct lio_slices *slices)
{
    for (uint32_t i = 0; i < slices->n; i++)
        lio_vector_release(&slices->all[i].vector);
    free(slices->all);
    *slices = (struct lio_slices){ 0 };
}

int lio_slices_join(const struct lio_slices *slices,
                    struct lio_vector *ret_vector)
{
    return slices->n == 1 ? lio_vector_cut(&slices->all[0], ret_vector)
                          : lio_vector_join(slices->all, slices->n, ret_vector);
}
