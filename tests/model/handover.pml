/*
 * The reaper hand-over of one lane (core/reap.c), in every interleaving of a
 * few threads.  docs/design/0002-reaper-handover.md has picture and reasons.
 *
 * A step here is one access to what threads share: a compare-and-swap, a store,
 * a load, or a critical section that has only one of these inside.  Each waiter
 * waits for one request, its own or a neighbour's.  All kinds of request are
 * there: 0 is with the device, and cancelled at some moment; 1 has joined a load
 * in another lane, which may fail, so that it comes to this device after all;
 * 2 is with the device.
 * Waiter 1 may give up at any moment, as one with a timeout does.
 *
 * With STAGED, request 0 is not with the device, but comes by and by, perhaps
 * when its waiter is asleep already, as one does that another thread submits to
 * his queue.  It is only staged: somebody must send it, and who has staged it
 * does not come back.
 *
 * With one of these defined the model makes a mistake, which must be found:
 *
 *     NO_HANDOVER     a waiter that leaves wakes nobody
 *     EARLY_HANDOVER  it wakes a sleeper before it gives the token back
 *     LAZY_HANDOVER   it wakes a sleeper only if operations are in flight
 *     NO_PASS_ON      a sleeper that leaves without having reaped wakes nobody
 *     EARLY_LOOK      a sleeper looks before it links itself, and not after
 *     NO_DEVICE_WAKE  a waiter that sleeps in the device is not woken
 *     FLEETING_WAKE   a wake of the device is lost unless somebody sleeps there
 *     NO_TOKEN        whoever waits reaps
 *
 * and with STAGED:
 *
 *     BLIND_STAGE     who stages leaves the sending to the next reap
 *     EARLY_STAGE     he looks for a reaper before he stages, and not after
 *     LATE_CLEAR      a reaper forgets what is unsent after sending, not before
 */
#ifndef WAITERS
#define WAITERS 3
#endif
#define ROOM 3 /* waiters at most */

bool token;              /* somebody reaps */
bool linked[ROOM];       /* among the lane's sleepers */
bool woken[ROOM];        /* the word a sleeper parks on */
bool reaping[ROOM];      /* may sleep in the device */
bool registered[ROOM];   /* with the request it waits for */
bool wake_pending;       /* the device queue's wake, kept until a reap sees it */
bool locked;             /* the submit side: stage, send */
bool staged;             /* request 0: with the device's queue, but not sent */
bool unflushed;          /* something is staged that is perhaps not sent */

/* By request. */
bool at_device[ROOM];    /* given to the device, not completed by it */
bool completed[ROOM];    /* by the device, not reaped */
bool elsewhere[ROOM];    /* will be completed from elsewhere */
bool done[ROOM];         /* delivered: the edge that only one thread wins */

byte ncompleted; /* how many are */
byte in_flight;  /* given to the device, not reaped */
byte reapers;    /* inside reap */
byte returned;   /* waiters that have come back */
byte shift;      /* waiter w waits for request w + shift */

#ifdef PATIENT
#define IMPATIENT(w) false
#else
#define IMPATIENT(w) (w == 1)
#endif
#ifdef STAGED
#define STAGING(step) step
#else
#define STAGING(step)
#endif
#define TARGET(w) ((w + shift) % WAITERS)
#define WAITER(r) ((r + WAITERS - shift) % WAITERS)

/* Wherever it sleeps, or is about to.  One step: that the waiter may begin to
 * reap between our store and our load only adds a wake too many. */
inline wake(w)
{
    atomic {
        woken[w] = true;
        if
        :: reaping[w] ->
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
}

/* If nobody reaps, wake a sleeper; it will.  One step up to the wake, because
 * only the last of the loads decides. */
inline hand_over(i)
{
    atomic {
        if
#if defined(NO_HANDOVER)
        :: true -> i = ROOM
#elif defined(EARLY_HANDOVER)
        :: linked[0] -> i = 0
        :: linked[1] -> i = 1
        :: linked[2] -> i = 2
        :: else -> i = ROOM
#else
        :: token -> i = ROOM
#ifdef LAZY_HANDOVER
        :: !token && in_flight == 0 -> i = ROOM
        :: !token && in_flight > 0 && linked[0] -> i = 0
        :: !token && in_flight > 0 && linked[1] -> i = 1
        :: !token && in_flight > 0 && linked[2] -> i = 2
#else
        :: !token && linked[0] -> i = 0
        :: !token && linked[1] -> i = 1
        :: !token && linked[2] -> i = 2
#endif
        :: else -> i = ROOM
#endif
        fi
    };
    if
    :: i < ROOM -> wake(i)
    :: else -> skip
    fi;
    i = 0
}

inline leave_token(i)
{
#ifdef EARLY_HANDOVER
    hand_over(i);
    token = false
#else
    token = false;
    hand_over(i)
#endif
}

/* Finish request r and wake whoever waits for it, but not oneself. */
inline deliver(r, me)
{
    if
    :: atomic { !done[r] -> done[r] = true };
        if
        :: registered[WAITER(r)] && WAITER(r) != me -> wake(WAITER(r))
        :: else -> skip
        fi
    :: atomic { done[r] -> skip }
    fi
}

/* Take what the device has completed. */
inline collect(me, i)
{
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
        deliver(i, me);
        i = 0
    :: atomic { ncompleted == 0 -> reapers--; break }
    od
}

/* What the device's queue has goes to the device; by a flush or by a reap. */
inline send()
{
    atomic {
        if
        :: staged -> staged = false; at_device[0] = true
        :: else -> skip
        fi
    }
}

inline flush()
{
    if
    :: unflushed ->
        atomic { !locked -> locked = true };
        unflushed = false;
        send();
        locked = false
    :: else -> skip
    fi
}

/* How a reap begins.  It takes no lock. */
inline send_first()
{
#ifdef LATE_CLEAR
    send();
    unflushed = false
#else
    unflushed = false;
    send()
#endif
}

/* Until the request is done, patience ends or somebody wakes us. */
inline reap_for(me, i, gave_up)
{
    reaping[me] = true;
    do
    :: done[TARGET(me)] || gave_up || woken[me] -> break
    :: else ->
        atomic {
            reapers++;
            assert(reapers == 1)
        };
        STAGING(send_first();)
        if
        :: atomic { wake_pending -> wake_pending = false }
        :: ncompleted > 0
        :: IMPATIENT(me) -> gave_up = true
        fi;
        collect(me, i)
    od;
    reaping[me] = false
}

inline sleep_aside(me, gave_up)
{
    STAGING(flush();)
#ifdef EARLY_LOOK
    if
    :: token && !done[TARGET(me)] ->
        linked[me] = true;
#else
    linked[me] = true;
    if
    :: token && !done[TARGET(me)] ->
#endif
        if
        :: woken[me]
        :: IMPATIENT(me) -> gave_up = true
        fi
    :: else -> skip
    fi;
    linked[me] = false
}

inline try_token(got)
{
#ifdef NO_TOKEN
    token = true;
    got = true
#else
    atomic {
        got = !token;
        token = true
    }
#endif
}

inline lane_wait(me, i, got, gave_up)
{
    do
    :: true ->
        woken[me] = false;
        if
        :: done[TARGET(me)] || gave_up -> STAGING(flush();) break
        :: else -> skip
        fi;
        try_token(got);
        if
        :: got ->
            reap_for(me, i, gave_up);
            leave_token(i)
        :: else -> sleep_aside(me, gave_up)
        fi;
        got = false
    od;
#if !defined(NO_PASS_ON) && !defined(EARLY_HANDOVER)
    hand_over(i)
#endif
}

proctype waiter(byte me)
{
    byte i = 0;
    bool got = false;
    bool gave_up = false;

    if
    :: done[TARGET(me)] -> skip
    :: else ->
        registered[me] = true;
        lane_wait(me, i, got, gave_up);
        registered[me] = false
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
    od
}

/* Cancels request 0, and ends the load that request 1 has joined. */
proctype others()
{
end:
    do
    :: atomic { elsewhere[0] -> elsewhere[0] = false }; deliver(0, ROOM)
    :: atomic { elsewhere[1] -> elsewhere[1] = false }; deliver(1, ROOM)
    :: atomic { /* it failed: request 1 reads for itself, in this lane */
        elsewhere[1] && !done[1] ->
        elsewhere[1] = false;
        at_device[1] = true;
        in_flight++
    }
    od
}

/* A thread that submits request 0 with LIO_STAGE and goes away: lane.c, with
 * must_send() */
proctype stager()
{
    bool reaped = false;

    atomic { !locked -> locked = true };
#ifdef EARLY_STAGE
    reaped = token;
#endif
    atomic { staged = true; in_flight++ };
    unflushed = true;
#if !defined(EARLY_STAGE) && !defined(BLIND_STAGE)
    reaped = token;
#endif
    if
    :: reaped && unflushed ->
        unflushed = false;
        send()
    :: else -> skip
    fi;
    locked = false
}

/* Everybody whose request completes comes back: no state is without a way on,
 * and none is entered for ever. */
ltl all_return { <> (returned == WAITERS) }

/* All at once: whoever begins to wait later makes up for who submits later. */
inline submit()
{
#ifdef STAGED
    run stager();
#else
    at_device[0] = true;
    elsewhere[0] = true; /* the cancel */
    in_flight++;
#endif
    elsewhere[1] = true; /* the load it has joined */
#if WAITERS > 2
    at_device[2] = true;
    in_flight++;
#endif
}

init
{
    byte w = 0;

    atomic {
#ifdef SHIFT
        shift = SHIFT;
#else
        if
        :: shift = 0
        :: shift = 1
        fi;
#endif
        submit();
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
