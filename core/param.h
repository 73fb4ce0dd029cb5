/*
 * Parameters: a value from lanceio.ini against its line in a table.
 *
 * The keys of the core's own sections and those of plugins are described by
 * the same struct lio_param, so they are parsed, checked, listed and complained
 * about alike.
 */
#ifndef LIO_CORE_PARAM_H
#define LIO_CORE_PARAM_H

#include <lanceio/plugin.h>

/* Parse and check `text`.  LIO_ECONFIG: err->msg ends a sentence that begins
 * with the text ("is not a number").  A STRING's value points at `text`. */
int lio_param_parse(const struct lio_param *param, const char *text,
                    union lio_value *ret_value, struct lio_error *err);

/* The default as a value, and as one would write it in lanceio.ini. */
union lio_value lio_param_preset(const struct lio_param *param);

#define LIO_PARAM_TEXT_BYTES 256

void lio_param_preset_text(const struct lio_param *param,
                           char buf[LIO_PARAM_TEXT_BYTES]);

/* What is allowed, "1 .. 64" or "a | b", or "" if anything is. */
void lio_param_range_text(const struct lio_param *param,
                          char buf[LIO_PARAM_TEXT_BYTES]);

/* "bool", "uint", "size", "time", "enum", "string". */
const char *lio_param_type_name(uint32_t type);

/* Does the table make sense?  LIO_EPLUGIN: err->msg says which parameter does
 * not, and why. */
int lio_params_check(const struct lio_param *params, uint32_t nparams,
                     struct lio_error *err);

#endif
