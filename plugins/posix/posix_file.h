/*
 * Local files, for the backends that read them: the three file callbacks of
 * struct lio_backend_ops, ready to be put into a backend's table.
 *
 * Not a plugin: code compiled into those that are.
 */
#ifndef LIO_POSIX_FILE_H
#define LIO_POSIX_FILE_H

#include <lanceio/plugin.h>

/* What a handle points at. */
struct lio_posix_file {
    int fd;
    bool direct; /* O_DIRECT is in force and the page cache is bypassed */
    uint32_t offset_align; /* of offsets and lengths, bytes: 1 if free */
    uint32_t memory_align; /* of addresses, bytes: 1 if free */
};

/* Only regular files and block devices are opened; anything else is refused at
 * once, without waiting.  `backend` is not looked at. */
int lio_posix_file_open(void *backend, const char *path, uint32_t flags,
                        void **ret_handle, struct lio_file_info *ret_info,
                        struct lio_error *err);

int lio_posix_file_stat(void *backend, void *handle,
                        struct lio_file_info *ret_info, struct lio_error *err);

void lio_posix_file_close(void *backend, void *handle);

#endif
