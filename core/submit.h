/*
 * The way in, for those parts of the core that make requests themselves.
 */
#ifndef LIO_CORE_SUBMIT_H
#define LIO_CORE_SUBMIT_H

#include "core/batch.h"

#endif
