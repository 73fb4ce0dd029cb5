/*
 * Blob pages of version 2.1: those of descriptors, by themselves.  What lies
 * above the blobs, too, is in the descriptors: one that is null has its levels
 * in place of a position.
 *
 *     position    | ... | repetition (16) | definition (16) |    size 0
 */
#include "column/page.h"

#include "column/slots.h"

#include <assert.h>
#include <inttypes.h>

#define DEF_SHIFT 16

static uint16_t def_of(const struct lio_vector *descriptors, uint64_t row)
{
    const struct lio_vectors *children = descriptors->children;
    uint64_t position = lio_load_u64(children->all[0].values->data + row * 8);
    uint64_t size = lio_load_u64(children->all[1].values->data + row * 8);

    return size == 0 ? (uint16_t)(position >> DEF_SHIFT) : 0;
}

static int collect_levels(struct lio_decode *dec, struct lio_levels *levels,
                          const struct lio_vector *descriptors)
{
    uint64_t n = descriptors->rows, slots;
    struct lio_mem *def;
    int rc = lio_decode_alloc(dec, n * sizeof(uint16_t), &def);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < n; i++) {
        uint16_t level = def_of(descriptors, i);

        memcpy(def->data + i * sizeof(level), &level, sizeof(level));
    }
    rc =
        lio_levels_append(dec, levels, NULL,
                          (const uint16_t *)(const void *)def->data, n, &slots);
    lio_mem_put(def);
    return rc;
}

static int nest(struct lio_decode *dec, const Lio__Pb__BlobLayout *layout,
                const struct lio_page_input *in, struct lio_vector *vector)
{
    struct lio_levels levels;
    int rc = lio_levels_init(dec, in->leaf, layout->layers, layout->n_layers,
                             &levels);

    if (rc < 0)
        return rc;
    assert(levels.nlists == 0); /* lio_page_unsupported() */
    if (vector->nulls > 0)
        rc = lio_decode_corrupt(dec,
                                "%" PRIu64 " descriptors that are null "
                                "do not say what lies above them",
                                vector->nulls);
    if (rc == 0)
        rc = collect_levels(dec, &levels, vector);
    if (rc == 0)
        rc = lio_levels_check(dec, &levels, vector->rows, vector->rows);
    if (rc == 0)
        rc = lio_levels_unravel(dec, &levels, in->leaf, in->rows, vector,
                                vector);
    lio_levels_release(&levels);
    return rc;
}

int lio_blob_page_decode(struct lio_decode *dec,
                         const Lio__Pb__BlobLayout *layout,
                         const Lio__Pb__PageLayout *inner,
                         const struct lio_page_input *in,
                         struct lio_vector *ret_vector)
{
    const struct lio_leaf alone = lio_leaf_alone(in->type);
    struct lio_page_input descriptors = *in;
    struct lio_vector vector = { 0 };
    int rc;

    descriptors.leaf = &alone;
    if (!lio_slots_entries(in->leaf, in->rows, &descriptors.rows))
        return lio_decode_corrupt(dec, "%" PRIu64 " rows of lists", in->rows);
    descriptors.wanted = NULL; /* what lies above them is in each */
    if (!inner || inner->layout_case == LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB)
        return lio_decode_corrupt(dec, "a blob page without descriptors");
    rc = lio_layout_decode(dec, inner, &descriptors, &vector);
    if (rc == 0 && in->leaf->nlayers > 1)
        rc = nest(dec, layout, in, &vector);
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}
