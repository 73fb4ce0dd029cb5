/*
 * Hits and publications without a lock (core/cache_hit.c) against claims, the
 * end of loads, and eviction (core/cache_claim.c, cache_load.c, cache_slot.c)
 * on one slot, in every interleaving of a few threads.
 * docs/design/0007-cache-hits.md has picture and reasons.
 *
 * A step here is one access to what threads share.  Steps under the shard's
 * lock are single, too, because readers and publishers do not take it.  Memory
 * is sequentially consistent in a model; that the orderings in the code are
 * strong enough is what the thread sanitizer looks at
 * (tests/unit/test_cache_threads.c).
 *
 * With one of these defined the model makes a mistake, which must be found:
 *
 *     NO_RECHECK   a reader does not look at the key again once it has a pin
 *     BLIND_PIN    it pins without looking whether sectors are valid
 *     BLIND_CLOSE  a slot is closed although a pin has come meanwhile
 *     NO_LOOK      nobody looks for notes before a slot changes keys
 *     EARLY_LOOK   or before the slot is closed, and not after
 *     LATE_NOTE    a note is written after a look at the slot, and not before
 *     NO_MARK      a note counts although the slot is not marked as noted
 *     LATE_MARK    whether it is marked is looked at before the slot is closed,
 *                  and a mark that has come meanwhile is lost
 *     LATE_KEY     a new key is written after its bytes are valid
 *     BLIND_JOIN   somebody joins a load that has been published meanwhile
 *     BLIND_END    a publication does not see that somebody has joined
 */
#ifndef READERS
#define READERS 1
#endif
#ifndef JOINERS
#define JOINERS 0
#endif
#define KEYS  2
#define READS 2 /* a reader's */
#define LOADS 3 /* in all */

/* The slot's word, which changes by single steps. */
byte pins;
bool loading;
bool valid;
bool marked; /* it may be noted */
bool joined; /* somebody waits for what is loading */

byte key;   /* of the slot */
byte bytes; /* in the frame: the key they belong to; KEYS while written */
bool lock;  /* of the shard */
bool note;  /* a reader's: it reads from the slot */
byte loads;
byte waiting; /* joins, under the lock */
byte back;    /* joins that need not wait any longer */

/* The holder of the lock gives the slot to another key, and loads that. */
proctype loader()
{
    byte new_key, seen_pins;
    bool seen_marked;

    do
    :: atomic { loads < LOADS && !lock -> lock = true; loads++ }
        new_key = (key + 1) % KEYS;
        /* close */
        atomic { seen_pins = pins; seen_marked = marked }
        if
        :: seen_pins > 0 || loading ->
            lock = false
#ifdef EARLY_LOOK
        :: note -> lock = false
#endif
        :: else ->
#ifdef BLIND_CLOSE
            pins = 0; valid = false; marked = false;
#else
            if
#ifdef LATE_MARK
            :: atomic { pins == seen_pins && !loading ->
                valid = false; marked = false }
#else
            :: atomic { pins == seen_pins && !loading &&
                marked == seen_marked -> valid = false; marked = false }
#endif
            :: else -> lock = false; goto again
            fi;
#endif
#if !defined(NO_LOOK) && !defined(EARLY_LOOK)
            if
            :: seen_marked && note ->
                atomic { valid = true; marked = true }
                lock = false;
                goto again
            :: else
            fi;
#endif
#ifndef LATE_KEY
            key = new_key;
#endif
            atomic { pins = 1; loading = true; marked = false; joined = false }
            lock = false;
            /* the device writes to the frame, and no lock is held */
            bytes = KEYS;
            bytes = new_key;
            /* publish */
            if
#ifdef BLIND_END
            :: atomic { loading = false; valid = true }
#else
            :: atomic { !joined -> loading = false; valid = true }
            :: joined ->
                atomic { !lock -> lock = true }
                atomic { loading = false; valid = true }
                atomic { back = back + waiting; waiting = 0 }
                joined = false;
                lock = false
#endif
            fi;
#ifdef LATE_KEY
            key = new_key;
#endif
            atomic { assert(pins > 0); pins-- }
        fi;
again:
        skip
    :: loads == LOADS -> break
    od
}

proctype reader(byte want)
{
    byte reads;

    do
    :: reads < READS ->
        reads++;
        /* look up */
        if
        :: key != want -> goto miss
        :: else
        fi;
        /* pin, if the word still is one with valid sectors: its other bits may
         * have gone and come back */
#ifdef BLIND_PIN
        pins++;
#else
        if
        :: atomic { valid -> pins++ }
        :: else -> goto miss
        fi;
#endif
#ifndef NO_RECHECK
        if
        :: key != want -> atomic { assert(pins > 0); pins-- }; goto miss
        :: else
        fi;
#endif
        /* read, for as long as it takes */
        assert(bytes == want);
        assert(bytes == want);
        atomic { assert(pins > 0); pins-- }
miss:
        skip
    :: else -> break
    od
}

/* Holds the slot by a note instead of a pin, and marks it before if need be. */
proctype brief_reader(byte want)
{
    byte reads;

    do
    :: reads < READS ->
        reads++;
        if
        :: key != want -> goto miss
        :: else
        fi;
        if
        :: marked
        :: atomic { !marked && valid -> marked = true }
        :: else -> goto miss
        fi;
#ifndef LATE_NOTE
        note = true;
#endif
        if
#ifdef NO_MARK
        :: !valid -> goto miss
#else
        :: !(valid && marked) -> goto miss
#endif
        :: else
        fi;
#ifdef LATE_NOTE
        note = true;
#endif
        if
        :: key != want -> goto miss
        :: else
        fi;
        assert(bytes == want);
        assert(bytes == want);
miss:
        note = false
    :: else -> break
    od
}

/* Claims the block: reads what is valid, waits for what is loading. */
proctype joiner(byte want)
{
    bool seen_loading;

    atomic { !lock -> lock = true }
    if
    :: key != want -> lock = false; goto done
    :: else
    fi;
look:
    seen_loading = loading;
    if
    :: !seen_loading ->
        if
        :: atomic { valid && !loading -> pins++ }
        :: else -> goto look
        fi;
        lock = false
#ifdef BLIND_JOIN
    :: seen_loading -> atomic { joined = true; pins++ }
#else
    :: seen_loading ->
        if
        :: atomic { loading -> joined = true; pins++ }
        :: else -> goto look
        fi;
#endif
        waiting++;
        lock = false;
        atomic { back > 0 -> back-- }
    fi;
    assert(bytes == want);
    assert(bytes == want);
    atomic { assert(pins > 0); pins-- }
done:
    skip
}

init {
    byte n;

    atomic {
        valid = true;
        do
        :: n < READERS -> run reader(n % KEYS); n++
        :: else -> break
        od;
        n = 0;
        do
        :: n < JOINERS -> run joiner(n % KEYS); n++
        :: else -> break
        od;
        run brief_reader(0);
        run loader();
        run loader()
    }
}
