/*
 * Hits without a lock (core/cache_hit.c) against eviction and loading
 * (core/cache.c) on one slot, in every interleaving of a few threads.
 * docs/design/0007-cache-hits.md has picture and reasons.
 *
 * A step here is one access to what threads share.  Steps under the shard's
 * lock are single, too, because readers do not take it.  Memory is sequentially
 * consistent in a model; that the orderings in the code are strong enough is
 * what the thread sanitizer looks at (tests/unit/test_cache_threads.c).
 *
 * With one of these defined the model makes a mistake, which must be found:
 *
 *     NO_RECHECK   a reader does not look at the key again once it has a pin
 *     BLIND_PIN    it pins without looking whether sectors are valid
 *     BLIND_CLOSE  a slot is closed although a pin has come meanwhile
 *     NO_LOOK      nobody looks for notes before a slot changes keys
 *     EARLY_LOOK   or before the slot is closed, and not after
 *     LATE_NOTE    a note is written after a look at the slot, and not before
 *     LATE_KEY     a new key is written after its bytes are valid
 */
#ifndef READERS
#define READERS 1
#endif
#define KEYS  2
#define READS 2 /* a reader's */
#define LOADS 3 /* in all */

/* The slot's word, which changes by single steps. */
byte pins;
bool loading;
bool valid;

byte key;   /* of the slot */
byte bytes; /* in the frame: the key they belong to; KEYS while written */
bool lock;  /* of the shard */
bool note;  /* a reader's: it reads from the slot */
byte loads;

/* The holder of the lock gives the slot to another key, and loads that. */
proctype loader()
{
    byte new_key, seen_pins;
    bool seen_valid;

    do
    :: atomic { loads < LOADS && !lock -> lock = true; loads++ }
        new_key = (key + 1) % KEYS;
        /* close */
        seen_pins = pins;
        if
        :: seen_pins > 0 || loading ->
            lock = false
#ifdef EARLY_LOOK
        :: note -> lock = false
#endif
        :: else ->
#ifdef BLIND_CLOSE
            pins = 0; valid = false;
#else
            if
            :: atomic { pins == seen_pins && !loading -> valid = false }
            :: else -> lock = false; goto again
            fi;
#endif
#if !defined(NO_LOOK) && !defined(EARLY_LOOK)
            if
            :: note -> valid = true; lock = false; goto again
            :: else
            fi;
#endif
#ifndef LATE_KEY
            key = new_key;
#endif
            atomic { pins++; loading = true }
            lock = false;
            /* the device writes to the frame, and no lock is held */
            bytes = KEYS;
            bytes = new_key;
            /* publish */
            atomic { !lock -> lock = true }
            atomic { loading = false; valid = true }
#ifdef LATE_KEY
            key = new_key;
#endif
            lock = false;
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

/* Holds the slot by a note instead of a pin. */
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
#ifndef LATE_NOTE
        note = true;
#endif
        if
        :: !valid -> goto miss
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

init {
    byte r;

    atomic {
        valid = true;
        do
        :: r < READERS -> run reader(r % KEYS); r++
        :: else -> break
        od;
        run brief_reader(0);
        run loader();
        run loader()
    }
}
