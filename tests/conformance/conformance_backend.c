/*
 * conformance_backend PLUGIN: does a backend keep the contract of
 * struct lio_backend_ops?  Blocking ones have no queues to test.
 */
#include "backend_fixture.h"
#include "conformance_backend.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    int rc;

    if (argc != 2) {
        fprintf(stderr, "usage: %s PLUGIN\n", argv[0]);
        return 2;
    }
    rc = fixture_load(argv[1]);
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
