/* The adaptive distance. */
#include "distance.h"

void lio_distance_init(struct lio_distance *distance, uint64_t min,
                       uint64_t max)
{
    *distance = (struct lio_distance){
        .bytes = min < max ? min : max,
        .min = min < max ? min : max,
        .max = max,
    };
}

static void set(struct lio_distance *distance, uint64_t bytes,
                uint64_t outstanding)
{
    if (bytes < distance->min)
        bytes = distance->min;
    if (bytes > distance->max)
        bytes = distance->max;
    distance->bytes = bytes;
    distance->unanswered = outstanding;
    distance->quiet = 0;
}

void lio_distance_judge(struct lio_distance *distance, uint64_t bytes,
                        uint32_t flags, uint64_t outstanding)
{
    bool was_answered = distance->unanswered == 0;

    distance->unanswered -=
        bytes < distance->unanswered ? bytes : distance->unanswered;
    if (flags & LIO_ACCESS_WAITED) {
        distance->quiet = 0;
        if (was_answered)
            set(distance,
                flags & LIO_ACCESS_AHEAD ? distance->bytes * 2
                                         : distance->bytes / 2,
                outstanding);
        return;
    }
    distance->quiet += bytes;
    if (distance->quiet / LIO_QUIET_ROUNDS >= distance->bytes)
        set(distance, distance->bytes - distance->bytes / 4, outstanding);
}
