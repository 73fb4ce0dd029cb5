/*
 * conformance_backend BACKEND [KEY=VALUE...]
 * conformance_backend FILTER BACKEND [KEY=VALUE...]
 *
 * Does a backend, or a filter in front of one, keep the contract of struct
 * lio_backend_ops?  Blocking backends have no queues to test.  The values are
 * for the parameters of the first plugin.
 */
#include "backend_fixture.h"
#include "conformance_backend.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    int rc;

    if (argc < 2) {
        fprintf(stderr, "usage: %s PLUGIN [BACKEND] [KEY=VALUE...]\n", argv[0]);
        return 2;
    }
    rc = fixture_load(argc - 1, argv + 1);
    if (rc != 0)
        return rc;
    rc = test_backend_data();
    rc += test_backend_files();
    if (!fixture_blocks()) {
        rc += test_backend_queue();
        rc += test_backend_threads();
    }
    return rc > 0;
}
