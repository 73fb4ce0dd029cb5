/* Any bytes as lanceio.ini: accepted or refused with a message, never more. */
#include <lanceio/lanceio.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int look(const struct lio_setting *setting, void *user)
{
    (void)user;
    return !setting->value || !setting->origin;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct lio_config *config;
    struct lio_error err;
    char path[32];
    int fd = memfd_create("lanceio.ini", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        abort();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (lio_config_load(path, NULL, 0, &config, &err) < 0) {
        if (err.code != LIO_ECONFIG || !*err.msg)
            abort();
    } else {
        if (lio_config_each(config, look, NULL))
            abort();
        lio_config_free(config);
    }
    (void)close(fd);
    return 0;
}
