/* Progress without a clock (T15): every byte that the payer wants to send goes through as paid.
 *
 * One process an event, and weak fairness (pan -a -f): what stays possible happens at last. A message
 * sent again and again arrives some time (E6): losing one means that it is not taken until it is sent
 * again, and a budget of losses and reboots runs out. N positions at PRICE each; LIMIT = L, T.
 * OUTOFLEASE: the payer also pays below the threshold when out of lease, as P3 of the protocol does.
 */
#define F(n) (PRICE * (n))
byte tx, rx, r, g, v, G, w, y;
byte voucher, lease;           /* the newest on its way; 0: none, or lost */
byte reboots = 2, losses = 3;

#ifdef OUTOFLEASE
#define DUE (F(tx) - v >= T || (tx == g && F(tx) > v))
#else
#define DUE (F(tx) - v >= T)
#endif

active proctype Send() { do :: atomic { tx < r -> tx++ } od }
active proctype Arrive() { do :: atomic { rx < tx -> rx++ } od }
active proctype Read() { do :: atomic { y < rx -> y = rx } od }
active proctype Reserve() { do :: atomic { r < g -> r++ } od }
active proctype Sign() { do :: atomic { DUE -> v = F(tx) } od }
active proctype SendVoucher() { do :: atomic { v > w && voucher != v -> voucher = v } od }
active proctype Credit() { do :: atomic { voucher > w -> w = voucher; voucher = 0 } od }
active proctype Grant() { do :: atomic { G < N && F(G + 1) <= w + LIMIT -> G++ } od }
active proctype SendLease() { do :: atomic { G > g && lease != g + 1 -> lease = g + 1 } od }
active proctype Accept() { do :: atomic { lease == g + 1 -> g++; lease = 0 } od }
active proctype Lose() {
end:
  do
  :: atomic { losses > 0 && voucher > 0 -> voucher = 0; losses-- }
  :: atomic { losses > 0 && lease > 0 -> lease = 0; losses-- }
  od
}
active proctype Reboot() {
end:
  do
  :: atomic { reboots > 0 -> tx = r; reboots-- }
  :: atomic { reboots > 0 -> rx = y; reboots-- }
  od
}

/* All bytes went as paid, and are paid: as far as the threshold, or wholly where out of lease. */
ltl through { <> (tx == N) }
/* T20: once messages have drained, both hold the same. */
ltl drained { <> [] (w == v && g == G) }
