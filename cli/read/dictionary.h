/*
 * Dictionaries under construction: a builder of kind CLI_DICTIONARY holds
 * indices, the builder below it each value once.
 */
#ifndef LIO_CLI_READ_DICTIONARY_H
#define LIO_CLI_READ_DICTIONARY_H

#include "cli/read/builder.h"

/* For `builder`.  LIO_ENOMEM, or LIO_EUNSUPPORTED for values that have no bytes
 * of their own to be compared. */
LIO_MUST_CHECK int cli_dictionary_open(const struct cli_builder *builder,
                                       struct cli_dictionary **ret_dictionary,
                                       struct lio_error *err);
void cli_dictionary_close(struct cli_dictionary *dictionary);

/* Forget all values: the builder below has given them away. */
void cli_dictionary_clear(struct cli_dictionary *dictionary);

/* Append the index of a value, which is made if it is new. */
LIO_MUST_CHECK int cli_dictionary_text(struct cli_builder *builder,
                                       const char *text, size_t bytes,
                                       struct lio_error *err);
LIO_MUST_CHECK int cli_dictionary_number(struct cli_builder *builder,
                                         const char *text, size_t bytes,
                                         struct lio_error *err);

#endif
