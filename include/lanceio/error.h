/**
 * lanceio/error.h - what can go wrong, and the sentence that says so.
 *
 * Every function that can fail returns 0 or a negative LIO_E... code and takes
 * a `struct lio_error *err` as its last parameter.  A code says what the caller
 * can do; the struct, which is the caller's and may be NULL, says what
 * happened.  Outputs (`ret_...`) are written on success only.
 *
 * Everything here is inline, so that a plugin, which links to nothing of ours,
 * can fill in an error too.
 */
#ifndef LANCEIO_ERROR_H
#define LANCEIO_ERROR_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LIO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define LIO_MUST_CHECK        __attribute__((warn_unused_result))
#define LIO_UNUSED            __attribute__((unused))
#else
#define LIO_PRINTF(fmt, args)
#define LIO_MUST_CHECK
#define LIO_UNUSED
#endif

/** Result codes.  Plain int in every signature, so no ABI hangs on the enum. */
enum lio_code {
    LIO_OK = 0,
    LIO_EIO = -1,          /* the device failed; os_errno says how */
    LIO_ENOMEM = -2,       /* free some memory, or raise the limit */
    LIO_EINVAL = -3,       /* a bug in the calling program */
    LIO_ECONFIG = -4,      /* mend the configuration */
    LIO_EPLUGIN = -5,      /* a plugin cannot be used */
    LIO_ECORRUPT = -6,     /* the file is damaged */
    LIO_EUNSUPPORTED = -7, /* the file is fine, this version cannot read it */
    LIO_ECANCELED = -8,    /* lio_cancel() got there first */
    LIO_ENOTFOUND = -9,    /* no such file */
    LIO_EACCES = -10,      /* not allowed */
    LIO_ENOSPC = -11,      /* no room on the device, or a quota is used up */
    LIO_EEOF = -12,        /* an LIO_EXACT read met the end of the file */
    LIO_EAGAIN = -13,      /* would have to wait, and was asked not to */
    LIO_ETIMEDOUT = -14,   /* the time given has passed */
    LIO_ESTALE = -15,      /* the id names no request: delivered already */
    LIO_ECLOSED = -16,     /* the engine is closing, or belongs to the parent
                              of this forked process */
    LIO_EEXIST = -17,      /* it is there already */
    LIO_ECONFLICT = -18    /* somebody else has committed first: begin again */
};

/**
 * What happened, in full.  The caller owns it; nothing in it needs freeing.
 * Members that do not apply are 0 or "".
 */
struct lio_error {
    int code;         /* as returned: enum lio_code */
    int os_errno;     /* errno of the system call that failed, or 0 */
    uint32_t tries;   /* how often the operation was tried */
    uint64_t offset;  /* where in the file, bytes */
    uint64_t length;  /* of the operation, bytes */
    char op[12];      /* "read", "write", "sync", "open", ... */
    char backend[24]; /* plugin that ran it */
    char file[256];   /* the path, its end kept if it is too long */
    char msg[768];    /* one sentence, complete in itself */
};

/** Fill in `err` (may be NULL) with a code and a sentence; returns `code`. */
static inline int LIO_UNUSED LIO_PRINTF(3, 4)
    lio_error_set(struct lio_error *err, int code, const char *fmt, ...)
{
    va_list args;

    if (!err)
        return code;
    memset(err, 0, sizeof(*err));
    err->code = code;
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    return code;
}

/** The code for an errno: what the caller can do about it. */
static inline int LIO_UNUSED lio_code_of_errno(int os_errno)
{
    switch (os_errno) {
    case 0:
        return LIO_OK;
    case ENOMEM:
        return LIO_ENOMEM;
    case ENOENT:
    case ENOTDIR:
        return LIO_ENOTFOUND;
    case EEXIST:
        return LIO_EEXIST;
    case EACCES:
    case EPERM:
    case EROFS:
        return LIO_EACCES;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return LIO_ENOSPC;
    case ECANCELED:
        return LIO_ECANCELED;
    case ETIMEDOUT:
        return LIO_ETIMEDOUT;
    case EINVAL:
    case EBADF:
    case EISDIR:
        return LIO_EINVAL;
    default:
        return LIO_EIO;
    }
}

#ifdef __cplusplus
}
#endif

#endif
