/* The text of config/lanceio.ini; the build makes the array from it. */
#ifndef LIO_CORE_DEFAULT_INI_H
#define LIO_CORE_DEFAULT_INI_H

extern const char lio_default_ini[]; /* ends with a NUL */

#endif
