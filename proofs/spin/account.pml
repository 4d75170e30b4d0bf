/* One account, every journal write and every send a step of its own, a crash between any two.
 *
 * Written from protocol sections 3 and 4 without a look at the code, so that both can be wrong only
 * if both are wrong alike. The network is the set of all messages ever sent: any of them may arrive
 * at any moment, any number of times, in any order, or never. (A look at a counter that is
 * acted on later is an earlier look.) Agents crash and machines reboot any
 * number of times. Positions are counted in chunks; every position costs 1 or 2, chosen at the lease.
 *
 * N positions, LIMIT = L, T and CHUNK = c are given by -D. Seeded defects by -D as well:
 * DELTA LATEST NOLEAP TWICE NOLEASE NOCHUNK OFFBYONE WHOLELEASE VOUCHERFIRST LEASEFIRST QUOTAFIRST
 * RETROACTIVE
 */
c_decl {
  /* F: mask says which positions cost 2 */
  static int F(int mask, int n) { int i, s = 0; for (i = 0; i < n; i++) s += 1 + ((mask >> i) & 1); return s; }
}

byte tx, rx, quota;            /* the kernels */
byte r, g, v; short priceP;    /* payer, durable; v in grains */
byte nextV, nextR;             /* payer, volatile: decided, not yet in the journal */
byte G, w, y; short priceQ;    /* payee, durable */
byte nextW, nextY;             /* payee, volatile */
int said;                      /* bit m: a voucher over m was sent */
short cheap, dear;             /* bit i: a lease of position i at 1, at 2, was sent */
bool crashP, rebootP, crashQ, rebootQ;

#define OWED c_expr { (F(now.priceP, now.tx) - now.v > T - 1 || (!(now.tx < now.g) && F(now.priceP, now.tx) > now.v)) }

#define LEAST(a, b) ((a) < (b) -> (a) : (b))
#ifdef NOCHUNK
#define FURTHEST g
#elif defined(NOLEASE)
#define FURTHEST LEAST(tx + CHUNK, N)
#else
#define FURTHEST LEAST(tx + CHUNK, g)
#endif

active proctype World() {
  do
  :: atomic { tx < quota -> tx++ }
  :: atomic { rx < tx -> rx++ }           /* never chosen: lost */
#ifndef NOCRASH
  :: atomic { !(crashP || rebootP) -> crashP = true }
#endif
  :: atomic { !(crashP || rebootP) -> rebootP = true }
#ifndef NOCRASH
  :: atomic { !(crashQ || rebootQ) -> crashQ = true }
#endif
  :: atomic { !(crashQ || rebootQ) -> rebootQ = true }
  od
}

active proctype Payer() {
  byte i;
again:
  {
    do
    :: atomic { OWED ->                                       /* P3 */
#ifdef WHOLELEASE
         c_code { now.nextV = F(now.priceP, now.g); };
#else
         c_code { now.nextV = F(now.priceP, now.tx); };
#endif
       };
#ifdef VOUCHERFIRST
       said = said | (1 << nextV);
#endif
#ifdef DELTA
       atomic { i = nextV - v; v = nextV; nextV = 0; said = said | (1 << i); i = 0 }
#else
       atomic { v = nextV; nextV = 0 }                        /* the journal */
    :: atomic { v > 0 && !(said & (1 << v)) -> said = said | (1 << v) }   /* P3, P4: send */
#endif
    :: atomic { FURTHEST > r -> nextR = FURTHEST };           /* P1 */
#ifdef QUOTAFIRST
       quota = nextR;
#endif
       atomic { r = nextR; nextR = 0 }                        /* the journal */
    :: atomic { quota < r -> quota = r }                      /* P1, P2: tell the kernel */
    :: atomic { (cheap & (1 << g)) && g < N -> g++ }          /* P5 */
    :: atomic { (dear & (1 << g)) && g < N -> priceP = priceP | (1 << g); g++ }
    od
  } unless { (crashP || rebootP) };
  atomic {                                                    /* P6 */
    if
    :: rebootP ->
#ifdef NOLEAP
       i = 0;
       do :: c_expr { (F(now.priceP, PPayer->i) < now.v) } -> i++ :: else -> break od;
       tx = i; i = 0;
#else
       tx = r;
#endif
       quota = 0
    :: else
    fi;
    rebootP = false; crashP = false; nextV = 0; nextR = 0; i = 0
  }
  goto again
}

active proctype Payee() {
  byte m;
again:
  {
    do
    :: atomic {                                               /* Q1: some voucher arrives */
         m = 1;
         do
         :: m < 2 * N + 1 -> if :: (said & (1 << m)) -> break :: m++ fi
         :: else -> break
         od;
         nextW = w;
         if
         :: m < 2 * N + 1 && c_expr { (!(PPayee->m > F(now.priceQ, now.G))) } ->
#ifdef DELTA
            if :: w + m <= 2 * N -> nextW = w + m :: else fi
#elif defined(LATEST)
            nextW = m
#else
            if :: m > w -> nextW = m :: else fi
#endif
         :: else
         fi;
         m = 0 };
       atomic { w = nextW; nextW = 0 }                        /* the journal */
#ifdef OFFBYONE
#define COVERED(p) G < N && c_expr { (!(F(now.priceQ, now.G) + p > now.w + LIMIT + 1)) }
#else
#define COVERED(p) G < N && c_expr { (!(F(now.priceQ, now.G) + p > now.w + LIMIT)) }
#endif
#ifdef LEASEFIRST
    :: atomic { COVERED(1) -> cheap = cheap | (1 << G) }; G++
    :: atomic { COVERED(2) -> dear = dear | (1 << G) }; atomic { priceQ = priceQ | (1 << G); G++ }
#else
    :: atomic { COVERED(1) -> G++ }                           /* Q2, the journal */
    :: atomic { COVERED(2) -> priceQ = priceQ | (1 << G); G++ }
#endif
#ifdef RETROACTIVE
    :: atomic { y < G && !(priceQ & (1 << y)) -> priceQ = priceQ | (1 << y) }
#endif
    :: atomic {                                               /* Q2, Q6: send some lease */
         m = 0;
         do :: m + 1 < G -> if :: break :: m++ fi :: else -> break od;
         if
         :: m < G && !(priceQ & (1 << m)) -> cheap = cheap | (1 << m)
         :: m < G && (priceQ & (1 << m)) -> dear = dear | (1 << m)
         :: else
         fi;
         m = 0 }
    :: atomic { y < rx -> nextY = rx }; atomic { y = nextY; nextY = 0 }             /* Q3 */
    od
  } unless { (crashQ || rebootQ) };
  atomic {                                                    /* Q5 */
    if
#ifdef TWICE
    :: crashQ -> rx = y + rx; if :: rx > N -> rx = N :: else fi
#endif
    :: rebootQ -> rx = y
    :: else
    fi;
    rebootQ = false; crashQ = false; nextW = 0; nextY = 0; m = 0
  }
  goto again
}

c_code {
  /* What must hold in every state; names the first that does not. */
  int broken(void) {
    const char *what = 0;
    int known = (1 << now.g) - 1;
    if (now.y > now.rx) what = "T1 y <= rx";
    else if (now.rx > now.tx) what = "T1 rx <= tx";
    else if (now.tx > now.r) what = "T1 tx <= r";
    else if (now.r > now.g) what = "T1 r <= g";
    else if (now.g > now.G) what = "T1 g <= G";
    else if ((now.priceP & known) != (now.priceQ & known)) what = "T16 both price leased bytes alike";
    else if (F(now.priceQ, now.y) > F(now.priceP, now.tx)) what = "T3 F(y) <= F(tx)";
    else if (now.w > now.v) what = "T5 w <= v";
    else if (now.v > F(now.priceP, now.tx)) what = "T5 v <= F(tx)";
    else if (F(now.priceQ, now.y) > now.w + LIMIT) what = "T6 an honest payer is never throttled";
    else if (F(now.priceQ, now.G) > now.w + LIMIT) what = "T7 F(G) <= w + L";
    else if (now.r > now.tx + CHUNK) what = "T8 r <= tx + c";
#ifdef WITNESS
    if (now.y == N && now.w == now.v && F(now.priceQ, N) == 2 * N)
      what = "WITNESS all is sent, received and paid, at the dear price";
#endif
#ifdef PRINT
    /* T9: what journals, kernels and the network hold wherever nobody is in the middle of a step. */
    if (!(now.nextV | now.nextR | now.nextW | now.nextY | now.crashP | now.rebootP | now.crashQ | now.rebootQ))
      fprintf(stderr, "%d %d %d %d %d %d %d %d %d %d %d %d %d %d\n", now.tx, now.rx, now.quota, now.r, now.g,
        now.v, now.priceP, now.G, now.w, now.y, now.priceQ, now.said, now.cheap, now.dear);
#endif
    if (what) printf("BROKEN: %s\n", what);
    return what != 0;
  }
}
never { do :: assert(!c_expr { (broken()) }) od }
