/*
 * One clean room, from its request to its removal and its next generation, with two servers that die,
 * are taken over while they sleep and wake again, and a platform that answers late or never. Spin walks
 * all interleavings; check_model.py says which runs, docs/reliability.md what is proved.
 *
 * Each guard can be left out, and then Spin must find a counter-example:
 *   NO_FENCE    a store write does not carry the epoch
 *   NO_HOLD     a server that lost its lease goes on to start calls
 *   NO_QUAR     after a take-over or a lost answer nothing waits for late calls
 *   NO_UNIQ     the platform takes one name twice
 *   NO_INTENT   a write leaves before its intent is durable
 *   NO_MARK     a room of the right name is taken for ours without its mark
 *   NO_INHERIT  a room's next job does not know what its last one sent
 *   NO_FRESH    "gone" is concluded from a look that set out before late calls were dead
 *
 * The code that a transition mirrors stands beside it as file: function. Abstractions:
 *  - Time. "now < settle_until" is a set of calls that may still land (`settle`): a call leaves it when
 *    it lands or is lost. A wait may end at any time; what it waited for is looked at then.
 *  - Assets and notebooks are one write (FILL). PREFLIGHT's reads are left out.
 *  - A deadline may be over at each wake; one room may become FAILED, one look may lag, one cancel come.
 *  - A killed server is one that takes no step any more, or that claims anew.
 */

#ifndef EPOCHS
#define EPOCHS 2 /* claims of one job */
#endif
#ifndef JOBS
#define JOBS 2 /* of the clean room, one after another */
#endif
#define SLOTS 2 /* calls on their way to the platform at once */
#define TRIES 2 /* rooms that one job may make; decide_limits.h: rooms_per_job_max */

/* Steps (lib/model/states.h: Step), calls, answers (lib/engine/failures.cc: Treatment), what a look
   shows, phases of a server, states of a job, ends of a
   decision, states of the room's record. */
mtype = {
  PREFLIGHT, ENSURE, AWAIT, FILLS, VERIFY, DEL, GONE,
  NOCALL, CREATE, DELETE, FILL,
  NOANSWER, OK, LOOKFIRST, UNKNOWN,
  ABSENT, OURS, BROKEN, FOREIGN,
  BEGIN, LOOK, DECIDE, SEND, WAIT, SLEEP,
  RUNNING, CANCELLING, FINAL,
  NONE, COMMIT, FINISH, DROP,
  BUSY, READY, FAILED, LEFT, QUARANTINED, DELETED
};

/* ---- The platform ---- */

byte live[3];     /* rooms of ours, by name: a name is a generation of the clean room */
bool filled[3];
bool broken[3];   /* status FAILED */
bool lagging[3];  /* the next look misses the room that was just made */
/* Mishaps of the platform, each asked for by its own flag: -DTAKEN, -DBREAKS, -DLAGS. */
#ifdef TAKEN
#define MAY_BE_TAKEN true
#else
#define MAY_BE_TAKEN false
#endif
#ifdef BREAKS
#define MAY_BREAK true
#else
#define MAY_BREAK false
#endif
#ifdef LAGS
#define MAY_LAG true
#else
#define MAY_LAG false
#endif
bool foreign = false; /* somebody else's room has the first name */
bool may_break = MAY_BREAK;
bool may_lag = MAY_LAG;
bool may_cancel = true;

mtype call[SLOTS];
byte name_of[SLOTS];
byte waiter[SLOTS]; /* server + 1 that waits for the answer; 0: nobody any more */

/* ---- The store: the row of the room's last job, and what the record says ---- */

byte job = 1;
bool teardown = false; /* lib/model/states.h: JobKind */
mtype state = RUNNING;
mtype step = PREFLIGHT;
bool intent = false;  /* progress.intent_open */
byte settle = 0;      /* progress.settle_until: the calls that it still covers */
byte tries = 0;       /* progress.room_attempts */
bool again = false;   /* progress.attempt > 0 */
bool failing = false; /* progress.failing_with */
bool retry_of = false;
byte epoch = 0;
byte owner = 0;
byte gen = 1;
mtype record = BUSY;

/* What a server knows of the job: its copy of the row, and what is lost with it (lib/engine/decide.h:
   LiveJob). */
typedef Server {
  bool has;
  byte job;
  byte epoch;
  bool teardown;
  mtype state;
  mtype step;
  bool intent;
  byte settle;
  byte tries;
  bool again;
  bool failing;
  bool retry_of;
  byte gen;
  bool doubt;
  mtype phase;
  mtype wanted;
  mtype answer;
  byte slot; /* of the call in flight */
  mtype seen;
  bool seen_filled;
  bool settled; /* when the look began */
};
Server s[2];

/* ---- What must always hold (docs/reliability.md: R1, R4, R6, R11; R2 is in Land) ---- */

inline CheckPlatform() {
  assert(live[1] + live[2] <= 1); /* R1: one room */
  if
  :: state == FINAL && record == READY ->
     assert(live[gen] == 1 && filled[gen] && !broken[gen]) /* R4: READY is true, and stays true */
  :: state == FINAL && (record == DELETED || record == FAILED) ->
     assert(live[gen] == 0) /* R6, R11: gone means gone */
  :: else
  fi
}

/* ---- Small parts of a decision ---- */

inline Unsee(me) { s[me].seen = ABSENT; s[me].seen_filled = false; s[me].settled = false }

inline Forget(me) {
  d_step {
    s[me].has = false; s[me].job = 0; s[me].epoch = 0; s[me].teardown = false;
    s[me].state = RUNNING; s[me].step = ENSURE; s[me].intent = false; s[me].settle = 0;
    s[me].tries = 0; s[me].again = false; s[me].failing = false; s[me].retry_of = false;
    s[me].gen = 0; s[me].doubt = false; s[me].phase = BEGIN; s[me].wanted = NOCALL;
    s[me].answer = NOANSWER; s[me].slot = 0; Unsee(me);
    i = 0;
    do
    :: i < SLOTS -> if :: waiter[i] == me + 1 -> waiter[i] = 0 :: else fi; i++
    :: else -> break
    od;
    i = 0
  }
}

/* lib/store/job_rules.cc: Run(AdvanceJob), and the WHERE of kUpdateJob. A stale write matches no row
   and the server drops the job (lib/engine/engine_drive.cc: Committed). A final
   job never changes, whatever the epoch. */
#ifdef NO_FENCE
#define FENCED(me) (s[me].job == job && state != FINAL)
#else
#define FENCED(me) (s[me].job == job && state != FINAL && s[me].epoch == epoch)
#endif

/* decide.cc: Begin and the steps' Begin… (provision.cc, ensure_inside.cc, teardown.cc).
   AnsweredPreflight waits for the calls of earlier jobs. */
inline Begin(me) {
  if
  :: s[me].step == PREFLIGHT && s[me].settle == 0 -> s[me].step = ENSURE
  :: else
  fi;
  if
  :: s[me].step == PREFLIGHT -> s[me].phase = SLEEP
  :: s[me].step == ENSURE && !s[me].doubt -> s[me].wanted = CREATE; s[me].phase = SEND
  :: s[me].step == FILLS && !s[me].doubt -> s[me].wanted = FILL; s[me].phase = SEND
  :: else -> s[me].phase = LOOK
  fi
}

#ifdef NO_INTENT
#define WITH_INTENT false
#else
#define WITH_INTENT true
#endif

/* How a decision ends; the end itself is in Settle below, once, for the size of the verifier. */
inline Commit(me, next_phase) { verdict = COMMIT; then = next_phase }
inline Finish(me, record_says) { verdict = FINISH; says = record_says }

/* A write of the present step, after a look: it needs no commit if the intent is durable already. */
inline Want(me, what) {
  s[me].wanted = what;
  if
  :: s[me].intent != WITH_INTENT -> Commit(me, SEND)
  :: else -> Unsee(me); s[me].phase = SEND
  fi
}

/* … of a job that is claimed or woken, or that looks after a doubt. */
inline Resume(me) {
  Begin(me);
  if
  :: s[me].phase == SEND && s[me].intent != WITH_INTENT -> Commit(me, SEND)
  :: else
  fi
}

/* draft.cc: Enter */
inline Enter(me, next) {
  s[me].step = next; s[me].again = false
}

/* draft.cc: Compensate, decide.cc: Fail, teardown.cc: LeaveBehind */
inline Compensate(me, with_problem) {
  s[me].state = CANCELLING; s[me].failing = with_problem; Enter(me, DEL);
  Commit(me, (s[me].phase == WAIT -> WAIT : BEGIN))
}
inline Fail(me) {
  if
  :: s[me].teardown || s[me].state == CANCELLING -> Finish(me, LEFT)
  :: else -> Compensate(me, true)
  fi
}

/* provision.cc: RestartAtEnsureRoom, Recreate */
inline Restart(me) {
  if
  :: s[me].tries >= TRIES -> Fail(me)
  :: else -> Enter(me, ENSURE); Commit(me, BEGIN)
  fi
}
inline Recreate(me) {
  if
  :: s[me].tries >= TRIES -> Fail(me)
  :: else -> Enter(me, DEL); Commit(me, BEGIN)
  fi
}

#ifdef NO_FRESH
#define SETTLED(me) (s[me].settle == 0)
#else
#define SETTLED(me) s[me].settled
#endif

/* teardown.cc: Gone. "Gone" is concluded only when no call of unknown outcome can still land. */
inline Gone(me) {
  if
  :: !SETTLED(me) ->
     s[me].doubt = false; s[me].step = GONE; s[me].again = true; Commit(me, SLEEP)
  :: else ->
     if
     :: s[me].teardown -> Finish(me, DELETED)
     :: !s[me].teardown && s[me].state == CANCELLING && s[me].failing -> Finish(me, FAILED)
     :: !s[me].teardown && s[me].state == CANCELLING && !s[me].failing -> Finish(me, DELETED)
     :: else -> Restart(me)
     fi
  fi
}

/* teardown.cc: NotThere */
inline NotThere(me) {
  if
  :: !s[me].teardown && (s[me].state != CANCELLING ||
                         (s[me].tries == 0 && !s[me].retry_of && !s[me].doubt)) -> Gone(me)
  :: else -> s[me].step = GONE; s[me].again = true; Commit(me, SLEEP)
  fi
}

/* teardown.cc: DeleteIfOurs, NotOurs */
inline DeleteIfOurs(me) {
  if
  :: s[me].seen != FOREIGN -> Want(me, DELETE)
  :: s[me].seen == FOREIGN && s[me].state == CANCELLING ->
     Finish(me, (s[me].failing -> FAILED : DELETED))
  :: else -> Finish(me, QUARANTINED)
  fi
}

/* ---- A look, and what is decided of it ---- */

inline Look(me) {
  s[me].settled = (s[me].settle == 0);
  if
#ifdef NO_MARK
  :: s[me].gen == 1 && foreign -> s[me].seen = OURS
#else
  :: s[me].gen == 1 && foreign -> s[me].seen = FOREIGN
#endif
  :: else ->
     if
     :: live[s[me].gen] == 0 -> s[me].seen = ABSENT
     :: live[s[me].gen] > 0 && lagging[s[me].gen] -> s[me].seen = ABSENT
     :: live[s[me].gen] > 0 && !lagging[s[me].gen] && broken[s[me].gen] -> s[me].seen = BROKEN
     :: else -> s[me].seen = OURS; s[me].seen_filled = filled[s[me].gen]
     fi;
     lagging[s[me].gen] = false
  fi;
  printf("server %d: at %e sees %e\n", me, s[me].step, s[me].seen);
  s[me].phase = DECIDE
}

/* provision.cc and teardown.cc: Answered… of the step, for the answer to a look. */
inline DecideLook(me) {
  if
  :: s[me].step == ENSURE -> /* AdoptOrCreate */
     if
     :: s[me].seen == ABSENT -> s[me].doubt = false; Want(me, CREATE)
     :: s[me].seen == OURS -> /* RoomIsThere */
        s[me].doubt = false; s[me].tries = (s[me].tries == 0 -> 1 : s[me].tries);
        Enter(me, AWAIT); Commit(me, BEGIN)
     :: s[me].seen == BROKEN -> Recreate(me)
     :: s[me].seen == FOREIGN -> Finish(me, QUARANTINED)
     fi
  :: s[me].step == AWAIT ->
     if
     :: s[me].seen == ABSENT -> Restart(me)
     :: s[me].seen == OURS -> Enter(me, FILLS); Commit(me, BEGIN)
     :: s[me].seen == BROKEN -> Recreate(me)
     :: s[me].seen == FOREIGN -> Finish(me, QUARANTINED)
     fi
  :: s[me].step == FILLS -> /* HandledRoom, ObservedInside */
     if
     :: s[me].seen == ABSENT -> Restart(me)
     :: s[me].seen == OURS && s[me].seen_filled ->
        s[me].doubt = false; Enter(me, VERIFY); Commit(me, BEGIN)
     :: s[me].seen == OURS && !s[me].seen_filled -> s[me].doubt = false; Want(me, FILL)
     :: s[me].seen == BROKEN -> Recreate(me)
     :: s[me].seen == FOREIGN -> Finish(me, QUARANTINED)
     fi
  :: s[me].step == VERIFY ->
     if
     :: s[me].seen == ABSENT -> Restart(me)
     :: s[me].seen == OURS && s[me].seen_filled -> Finish(me, READY)
     :: s[me].seen == OURS && !s[me].seen_filled -> /* Repair */
        s[me].doubt = true; Enter(me, FILLS); Commit(me, BEGIN)
     :: s[me].seen == BROKEN -> Recreate(me)
     :: s[me].seen == FOREIGN -> Finish(me, QUARANTINED)
     fi
  :: s[me].step == DEL ->
     if
     :: s[me].seen == ABSENT -> NotThere(me)
     :: else -> DeleteIfOurs(me)
     fi
  :: s[me].step == GONE ->
     if
     :: s[me].seen == ABSENT -> Gone(me)
     :: s[me].seen != ABSENT && !s[me].again -> s[me].again = true; Commit(me, SLEEP)
     :: else -> DeleteIfOurs(me)
     fi
  fi
}

/* decide.cc: TakeAnswer, HandleTrouble, NoteLateAnswer; draft.cc: Settle */
inline TakeAnswer(me) {
  got = s[me].answer; was = s[me].wanted;
  s[me].answer = NOANSWER; s[me].slot = 0; s[me].wanted = NOCALL;
  if
  :: got != OK -> s[me].doubt = true
  :: else
  fi;
  if
  :: s[me].state == CANCELLING && was != DELETE -> /* the abandoned step's last write */
     s[me].tries = (got == OK && was == CREATE -> s[me].tries + 1 : s[me].tries);
     s[me].phase = BEGIN
  :: else ->
     if
     :: got != OK && !s[me].again -> s[me].again = true; s[me].phase = BEGIN
     :: got != OK && s[me].again -> Commit(me, SLEEP) /* draft.cc: Retry */
     :: got == OK && was == CREATE ->
        s[me].tries++; Enter(me, AWAIT); Commit(me, BEGIN)
     :: got == OK && was == FILL -> Enter(me, VERIFY); Commit(me, BEGIN)
     :: got == OK && was == DELETE && s[me].step == DEL ->
        Enter(me, GONE); Commit(me, BEGIN)
     :: else -> s[me].again = true; Commit(me, SLEEP)
     fi
  fi;
  got = NOANSWER; was = NOCALL
}

/* draft.cc: Take: the decision is committed, with what its step begins with (decide.cc: GoTo, Begin):
   an intent is durable before its write leaves, and closed when none is on its way or in doubt.
   draft.cc: Finish: row and record are one commit. */
inline Settle(me) {
  if
  :: verdict != NONE && !FENCED(me) ->
     printf("server %d: its commit is refused\n", me);
     verdict = DROP
  :: verdict == COMMIT && FENCED(me) ->
     Unsee(me);
     s[me].phase = then;
     if
     :: then == BEGIN -> Begin(me)
     :: else
     fi;
     if
     :: s[me].phase == SEND -> s[me].intent = WITH_INTENT
     :: s[me].phase == WAIT || s[me].doubt
     :: else -> s[me].intent = false
     fi;
     state = s[me].state; step = s[me].step; intent = s[me].intent; settle = s[me].settle;
     tries = s[me].tries; again = s[me].again; failing = s[me].failing;
     printf("server %d: commits job %d epoch %d %e %e settle %d doubt %d\n", me, job,
            s[me].epoch, state, step, settle, s[me].doubt)
  :: verdict == FINISH && FENCED(me) ->
     printf("server %d: finishes job %d epoch %d: %e\n", me, job, s[me].epoch, says);
     settle = s[me].settle; intent = false; state = FINAL; record = says;
     verdict = DROP;
     CheckPlatform()
  :: else
  fi;
  if
  :: verdict == DROP -> Forget(me)
  :: else
  fi;
  verdict = NONE; then = BEGIN; says = BUSY
}

/* ---- A server: lib/engine/engine.cc, engine_drive.cc ---- */

/* What keeps a server that lost its lease from starting a call. On SQLite: the lock on the file,
   which the kernel frees only with the process (lib/store/sqlite/file_lock.cc: FileLock::Take). */
#ifdef NO_HOLD
#define HOLDS(me) true
#else
#define HOLDS(me) (owner == me + 1 && epoch == s[me].epoch && job == s[me].job)
#endif

/* sqlite_job_rows.cc: TakeLeases; decide.cc: Resume(kClaimed) */
inline Claim(me) {
  printf("server %d: claims job %d\n", me, job);
  Forget(me);
  d_step {
    epoch++; owner = me + 1;
    s[me].has = true; s[me].job = job; s[me].epoch = epoch; s[me].teardown = teardown;
    s[me].state = state; s[me].step = step; s[me].intent = intent; s[me].settle = settle;
    s[me].tries = tries; s[me].again = again; s[me].failing = failing;
    s[me].retry_of = retry_of; s[me].gen = gen;
    s[me].doubt = intent;
    s[me].phase = BEGIN;
#ifndef NO_QUAR
    i = 0;
    do
    :: i < SLOTS ->
       if
       :: intent && call[i] != NOCALL -> s[me].settle = s[me].settle | (1 << i)
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0
#endif
  }
}

proctype Engine(byte me) {
  byte i = 0;
  mtype got = NOANSWER;
  mtype was = NOCALL;
  mtype verdict = NONE;
  mtype then = BEGIN;
  mtype says = BUSY;
end:
  do
  :: atomic {
       if
       /* The lease ran out, or its owner died: another takes the job over, or the same one after a
          restart. */
       :: state != FINAL && epoch < EPOCHS && (me == 0 || epoch > 0) -> Claim(me)

       :: s[me].has && s[me].phase == BEGIN -> Resume(me)
       :: s[me].has && s[me].phase == LOOK -> Look(me)
       :: s[me].has && s[me].phase == DECIDE -> DecideLook(me)

       /* engine_drive.cc: Adopt, SendCalls: after the commit. */
       :: s[me].has && s[me].phase == SEND && HOLDS(me) && (call[0] == NOCALL || call[1] == NOCALL) ->
          i = (call[0] == NOCALL -> 0 : 1);
          call[i] = s[me].wanted; name_of[i] = s[me].gen; waiter[i] = me + 1;
          s[me].slot = i; s[me].phase = WAIT; i = 0;
          printf("server %d: sends %e\n", me, s[me].wanted)
       :: s[me].has && s[me].phase == SEND && !HOLDS(me) -> verdict = DROP

       :: s[me].has && s[me].phase == WAIT ->
          if
          :: s[me].answer == NOANSWER -> /* the HTTP timeout: nobody waits, but it may still land */
             waiter[s[me].slot] = 0; s[me].answer = UNKNOWN;
#ifndef NO_QUAR
             s[me].settle = s[me].settle | (1 << s[me].slot);
#endif
             printf("server %d: no answer to %e\n", me, s[me].wanted)
          :: else
          fi;
          TakeAnswer(me)

       /* engine.cc: WakeDue; decide.cc: Resume(kWoken), with the deadline not yet or already over. */
       :: s[me].has && s[me].phase == SLEEP -> s[me].doubt = s[me].intent; s[me].phase = BEGIN
       :: s[me].has && s[me].phase == SLEEP ->
          printf("server %d: the deadline is over\n", me);
          s[me].doubt = s[me].intent; Fail(me)

       /* decide.cc: Cancel; not while a commit is under way (engine_drive.cc: Feed). */
       :: s[me].has && may_cancel && FENCED(me) && !s[me].teardown && s[me].state == RUNNING &&
          s[me].phase != SEND && s[me].answer == NOANSWER ->
          printf("server %d: hears of a cancel\n", me); may_cancel = false; Compensate(me, false)
       fi;
       Settle(me)
     }
  od
}

/* ---- What the platform does with a call ---- */

inline Free(i) {
  call[i] = NOCALL; name_of[i] = 0; waiter[i] = 0;
  settle = settle & (3 - (1 << i));
  s[0].settle = s[0].settle & (3 - (1 << i));
  s[1].settle = s[1].settle & (3 - (1 << i))
}
inline Answer(i, what) {
  if
  :: waiter[i] != 0 -> s[waiter[i] - 1].answer = what
  :: else
  fi
}
#define COVERED(i) (((settle | s[0].settle | s[1].settle) >> i) & 1)
inline Land(i) {
  printf("platform: %e lands for %d\n", call[i], waiter[i]);
  if
  :: call[i] == CREATE ->
     if
#ifdef NO_UNIQ
     :: true -> live[name_of[i]]++; filled[name_of[i]] = false; Answer(i, OK);
#else
     :: live[name_of[i]] == 0 && !(name_of[i] == 1 && foreign) ->
        live[name_of[i]]++; filled[name_of[i]] = false; broken[name_of[i]] = false; Answer(i, OK);
        if :: may_lag && !COVERED(i) -> lagging[name_of[i]] = true; may_lag = false :: skip fi
     :: else -> Answer(i, LOOKFIRST)
#endif
     fi
  :: call[i] == DELETE ->
     assert(!(name_of[i] == 1 && foreign)); /* R2: hands off */
     live[name_of[i]] = (live[name_of[i]] > 0 -> live[name_of[i]] - 1 : 0);
     filled[name_of[i]] = false; broken[name_of[i]] = false; lagging[name_of[i]] = false;
     Answer(i, OK)
  :: call[i] == FILL ->
     assert(!(name_of[i] == 1 && foreign)); /* R2 */
     if
     :: live[name_of[i]] > 0 && !broken[name_of[i]] && !filled[name_of[i]] ->
        filled[name_of[i]] = true; Answer(i, OK)
     :: else -> Answer(i, LOOKFIRST)
     fi
  fi;
  Free(i);
  CheckPlatform()
}

proctype Platform() {
  byte i = 0;
end:
  do
  :: atomic {
       if
       :: call[0] != NOCALL -> i = 0
       :: call[1] != NOCALL -> i = 1
       fi;
       if
       :: true -> Land(i)
       :: waiter[i] == 0 -> Free(i) /* lost on its way: it never lands */
       fi;
       i = 0
     }
  :: atomic { may_break && live[gen] > 0 && !filled[gen] && state != FINAL ->
       broken[gen] = true; may_break = false }
  od
}

/* ---- Who asks: lib/commands, lib/store/submit_rules.cc ---- */

inline Submit(is_teardown, is_retry) {
  printf("caller: teardown %d retry %d\n", is_teardown, is_retry);
  job++; teardown = is_teardown; retry_of = is_retry; state = RUNNING;
  step = (is_teardown -> DEL : PREFLIGHT);
  intent = false; tries = 0; again = false; failing = false;
#ifdef NO_INHERIT
  settle = 0;
#endif
  epoch = 0; owner = 0; record = BUSY
}

proctype Caller() {
end:
  do
  /* delete_clean_room.cc */
  :: atomic { state == FINAL && job < JOBS && record != DELETED -> Submit(true, false) }
  /* retry_job.cc: Send: the same generation, the same name */
  :: atomic { state == FINAL && job < JOBS && !teardown &&
              (record == FAILED || record == LEFT || record == QUARANTINED) -> Submit(false, true) }
  /* create_clean_room.cc, retry_job.cc: SendAnew: the next generation, another name */
  :: atomic { state == FINAL && job < JOBS && record == DELETED && gen == 1 ->
       gen = 2; settle = 0; Submit(false, false) }
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. SLOTS - 1) { call[i] = NOCALL }
    for (i : 0 .. 1) {
      s[i].state = RUNNING; s[i].step = ENSURE; s[i].phase = BEGIN; s[i].wanted = NOCALL;
      s[i].answer = NOANSWER; s[i].seen = ABSENT
    }
    i = 0;
    if :: MAY_BE_TAKEN -> foreign = true :: skip fi;
    run Engine(0); run Engine(1); run Platform(); run Caller()
  }
}
