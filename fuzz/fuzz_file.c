/*
 * A whole data file out of thin air.  Most of these end in the footer and the
 * metadata; fuzz_page is for what lies behind.
 */
#include "fuzz/read_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    return 0;
}
