/*
 * The reaper hand-over of one lane, in every interleaving of a few threads.
 * docs/design/0002-reaper-handover.md has the picture and the reasons.
 *
 * An atomic block is a critical section under the lane's lock, or the compare-
 * and-swap of a request's state, which needs none.  Each waiter submits one
 * request and waits for its own or for a neighbour's.  All kinds of request are
 * there: 0 goes to the device and may be cancelled meanwhile; 1 goes to the
 * device, or is joined to a load in another lane, which may fail, so that it
 * comes to this device after all; the rest go to the device.  Waiter 1 may give up at any moment, as one with a timeout does.
 *
 * With one of these defined the model makes a mistake, which must be found:
 *
 *     NO_HANDOVER     a reaper that leaves chooses nobody
 *     EARLY_HANDOVER  it chooses before it gives the token back
 *     NO_PASS_ON      a chosen waiter that leaves without reaping tells nobody
 *     QUIET_ARRIVAL   work that comes into the lane for a waiter chooses nobody
 *     EARLY_LOOK      a waiter looks at its request before it lists itself
 *     NO_DEVICE_WAKE  a waiter that sleeps in the device is not woken
 *     FLEETING_WAKE   a wake of the device is lost unless somebody sleeps there
 *     NO_TOKEN        whoever waits reaps
 */
#ifndef WAITERS
#define WAITERS 3
#endif
#define NOBODY 255
#define ROOM   4 /* waiters at most */

byte token = NOBODY;     /* who reaps */
bool listed[ROOM];    /* in the lane's list of waiters */
bool signalled[ROOM]; /* woken on its own condition, has not looked yet */
bool wake_pending;       /* the device queue's wake, kept until a reap sees it */

bool submitted[ROOM]; /* these five by request */
bool at_device[ROOM]; /* given to the device, not completed by it */
bool completed[ROOM]; /* by the device, not reaped */
bool elsewhere[ROOM]; /* will be completed from elsewhere */
bool done[ROOM];      /* delivered: the edge that only one thread wins */

byte ncompleted; /* how many are */
byte in_flight;  /* given to the device, not reaped */
byte reapers;    /* inside reap */
byte returned;   /* waiters that have come back */
byte shift;      /* waiter w waits for request w + shift */

#define TARGET(w) ((w + shift) % WAITERS)
#define WAITER(r) ((r + WAITERS - shift) % WAITERS) /* so shift <= WAITERS */
#define LISTED    (listed[0] + listed[1] + listed[2] + listed[3])
#define SIGNALLED (signalled[0] + signalled[1] + signalled[2] + signalled[3])

/* Under the lock: choose a waiter to reap next, if there is work for one. */
inline hand_over(i)
{
#ifdef NO_HANDOVER
    skip
#else
    i = 0;
    do
    :: in_flight == 0 || i == WAITERS -> break
    :: in_flight > 0 && i < WAITERS && listed[i] ->
        listed[i] = false;
        signalled[i] = true;
        break
    :: in_flight > 0 && i < WAITERS && !listed[i] -> i++
    od;
    i = 0
#endif
}

/* Finish request r and wake whoever waits for it, wherever that one sleeps. */
inline deliver(r)
{
    if
    :: atomic { !done[r] -> done[r] = true };
        atomic {
            if
            :: listed[WAITER(r)] ->
                listed[WAITER(r)] = false;
                signalled[WAITER(r)] = true
            :: !listed[WAITER(r)] && token == WAITER(r) ->
#if defined(NO_DEVICE_WAKE)
                skip
#elif defined(FLEETING_WAKE)
                wake_pending = (reapers > 0)
#else
                wake_pending = true
#endif
            :: else -> skip
            fi
        }
    :: atomic { done[r] -> skip }
    fi
}

/* Sleep until the device has something, a wake comes or patience ends; take
 * what is there and deliver it. */
inline reap(me, i, gave_up)
{
    atomic {
        reapers++;
        assert(reapers == 1)
    };
    if
    :: atomic { wake_pending -> wake_pending = false }
    :: ncompleted > 0
    :: me == 1 -> gave_up = true
    fi;
    do
    :: atomic {
        ncompleted > 0 ->
        i = 0;
        do
        :: completed[i] -> break
        :: else -> i++
        od;
        completed[i] = false;
        ncompleted--;
        in_flight--
    };
        deliver(i);
        i = 0
    :: atomic { ncompleted == 0 -> reapers--; break }
    od
}

/* The wait is over, with a result or without. */
inline leave(me, i)
{
#ifdef EARLY_HANDOVER
    atomic { hand_over(i) };
#endif
    atomic {
        listed[me] = false;
        signalled[me] = false;
#ifdef NO_PASS_ON
        if
        :: token == me ->
            token = NOBODY;
            hand_over(i)
        :: else -> skip
        fi
#else
        if
        :: token == me -> token = NOBODY
        :: else -> skip
        fi;
#ifndef EARLY_HANDOVER
        if
        :: token == NOBODY -> hand_over(i)
        :: else -> skip
        fi
#endif
#endif
    }
}

/* Become the reaper, or one who waits for his own condition. */
inline enter(me)
{
    signalled[me] = false;
#ifdef NO_TOKEN
    token = me
#else
    if
    :: token == NOBODY || token == me -> token = me
    :: else -> listed[me] = true
    fi
#endif
}

proctype waiter(byte me)
{
    byte i = 0;
    bool entered = false;
    bool gave_up = false;

    atomic {
        submitted[me] = true;
        if /* the device, a cancel besides, or another lane alone */
        :: at_device[me] = true;
            in_flight++
        :: me == 0 ->
            at_device[me] = true;
            in_flight++;
            elsewhere[me] = true
        :: me == 1 -> elsewhere[me] = true
        fi
    };
    submitted[TARGET(me)];

    do
    :: done[TARGET(me)] || gave_up -> break
    :: else ->
        atomic {
#ifdef EARLY_LOOK
            enter(me);
            entered = true
#else
            if
            :: done[TARGET(me)] -> skip
            :: else ->
                enter(me);
                entered = true
            fi
#endif
        };
        if
        :: token == me -> reap(me, i, gave_up)
        :: listed[me] || signalled[me] ->
            if
            :: signalled[me]
            :: me == 1 -> gave_up = true
            fi
        :: else -> skip /* the second look found it done */
        fi
    od;

    if
    :: entered -> leave(me, i)
    :: else -> skip
    fi;
    returned++
}

/* Completes what it was given, in any order. */
#define COMPLETE(r)                                                            \
    atomic { at_device[r] -> at_device[r] = false; completed[r] = true;        \
             ncompleted++ }

proctype device()
{
end:
    do
    :: COMPLETE(0)
    :: COMPLETE(1)
    :: COMPLETE(2)
    :: COMPLETE(3)
    od
}

/* Cancels, and completes what another lane loads, in any order. */
#define TAKE(r) atomic { elsewhere[r] -> elsewhere[r] = false }

proctype others()
{
    byte i = 0;

end:
    do
    :: TAKE(0); deliver(0)
    :: TAKE(1); deliver(1)
    :: atomic {
        elsewhere[1] && !done[1] ->
        elsewhere[1] = false;
        at_device[1] = true;
        in_flight++;
#ifndef QUIET_ARRIVAL
        if
        :: token == NOBODY -> hand_over(i)
        :: else -> skip
        fi
#endif
    }
    :: TAKE(2); deliver(2)
    :: TAKE(3); deliver(3)
    od
}

/* Everybody whose request completes comes back: no state is without a way on,
 * and none is entered for ever. */
ltl all_return { <> (returned == WAITERS) }

/* Who sleeps in the list for something that only a reaper of this lane can
 * bring has one, or one is about to come. */
#define IN_LANE(r)  (at_device[r] || completed[r])
#define ORPHAN(w)   (listed[w] && IN_LANE(TARGET(w)) && !done[TARGET(w)])
ltl never_orphaned {
    [] (token != NOBODY || SIGNALLED > 0 ||
        !(ORPHAN(0) || ORPHAN(1) || ORPHAN(2)))
}

init
{
    byte w = 0;

    atomic {
        if
        :: shift = 0
        :: shift = 1
        fi;
        run device();
        run others();
        do
        :: w < WAITERS ->
            run waiter(w);
            w++
        :: w == WAITERS -> break
        od
    }
}
