/*
 * Full-zip pages of variable width.  An entry that is there has its length and
 * its bytes; a null is just its control word.
 */
#include "column/fullzip.h"

#include "column/zipped.h"

#include <inttypes.h>

struct variable {
    struct lio_fullzip *zip;
    struct lio_zipped values;
};

static int decode_entry(struct lio_decode *dec, struct variable *var,
                        struct lio_cursor *cur)
{
    struct lio_fullzip *zip = var->zip;
    uint32_t length_bytes = zip->layout->bits_per_offset / 8;
    uint64_t row = zip->slot, bytes;
    struct lio_bytes value;
    uint16_t def;
    bool slot;
    int rc = lio_fullzip_take_word(dec, zip, cur, &slot, &def);

    if (rc < 0 || !slot)
        return rc;
    if (def != 0)
        return lio_zipped_put_null(dec, &var->values);
    bytes = lio_cursor_uint(cur, length_bytes);
    if (cur->overrun || bytes > cur->left)
        return lio_decode_corrupt(dec,
                                  "value %" PRIu64 " runs past the end of a "
                                  "buffer of %zu bytes",
                                  row, zip->in->buffers[0]->bytes);
    value.bytes = (size_t)bytes;
    value.data = lio_cursor_take(cur, value.bytes);
    return lio_zipped_put(dec, &var->values, row, value);
}

static int check(struct lio_decode *dec, const struct lio_fullzip *zip)
{
    const struct lio_mem *from = zip->in->buffers[0];
    uint32_t bits = zip->layout->bits_per_offset;
    uint64_t least = zip->word_bytes > 0 ? zip->word_bytes : bits / 8;

    if (zip->layout->details_case !=
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET ||
        (bits != 32 && bits != 64))
        return lio_decode_corrupt(dec, "lengths of %" PRIu32 " bits", bits);
    /* The least an entry can take bounds what is allocated for all. */
    if (zip->layout->nitems > from->bytes / least)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " entries are not in %zu bytes",
                                  zip->layout->nitems, from->bytes);
    return 0;
}

int lio_fullzip_variable(struct lio_decode *dec, struct lio_fullzip *zip)
{
    const struct lio_mem *from = zip->in->buffers[0];
    struct lio_cursor cur = lio_cursor_over(from->data, from->bytes);
    struct variable var = { .zip = zip };
    int rc = check(dec, zip);

    if (rc == 0)
        rc = lio_slots_alloc(dec, &zip->slots, zip->nslots);
    if (rc == 0)
        rc = lio_zipped_init(dec, zip->layout->value_compression,
                             &zip->slots.builder, &var.values);
    for (uint64_t i = 0; i < zip->layout->nitems && rc == 0; i++)
        rc = decode_entry(dec, &var, &cur);
    lio_zipped_release(&var.values);
    return rc < 0 ? rc : lio_fullzip_finish(dec, zip, &cur);
}
