/*
 * A data file from memory, read in every way there is: pages, columns in
 * batches, single rows.  What is given out is checked; why something is
 * refused is of no interest here.
 */
#ifndef LIO_FUZZ_READ_FILE_H
#define LIO_FUZZ_READ_FILE_H

#include <stddef.h>
#include <stdint.h>

struct lio_dataset;

void read_file(const uint8_t *data, size_t size);

/* The same with what has been opened; it is not closed. */
void read_dataset(struct lio_dataset *dataset);

#endif
