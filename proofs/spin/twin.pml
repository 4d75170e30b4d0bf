/* The account once more, written apart from proofs/account/account-system.ts and in other steps: one
 * byte, one grain at a time. Prints every state it reaches; the set of them must be, state for state,
 * the set that the explorer reaches over the shipped rules. N positions of which MASK says which cost
 * 2; LIMIT = L, CHUNK = c, REBOOTS of the payer. The last number printed is by how much leased bytes
 * ever became dearer, which nobody can do here.
 */
c_decl {
  static int F(int n) { int i, s = 0; for (i = 0; i < n; i++) s += 1 + ((MASK >> i) & 1); return s; }
}
byte x, r, g, v, y, G, w;                       /* journals, and x */
byte tx, rx, quota, said, offered, bytes, leapt; /* the truth */

active proctype Account() {
  byte m;
  do
  :: atomic { tx < quota && bytes < N -> tx++; bytes++ }
  :: atomic { rx < tx -> rx++ }
  :: atomic { x < tx -> x++ }
  :: atomic { x > 0 -> x-- }
  :: atomic { r < g && r < x + CHUNK -> r++ }
  :: quota = r
  :: atomic {                                   /* sign for any position that was seen */
       m = 1;
       do :: m < x -> if :: break :: m++ fi :: else -> break od;
       if :: m <= x && m <= g && c_expr { (F(PAccount->m) > now.v) } -> c_code { now.v = F(PAccount->m); } :: else fi;
       m = 0 }
  :: said = v
  :: atomic { g < offered -> g++ }
  :: atomic { leapt + CHUNK <= REBOOTS * CHUNK -> leapt = leapt + CHUNK; tx = r; x = r }
  :: atomic { y < rx -> y++ }
  :: atomic { w < said -> w++ }
  :: atomic { G < N && c_expr { (!(F(now.G + 1) > now.w + LIMIT)) } -> G++ }
  :: offered = G
  :: rx = y
  od
}

never {
  do
  :: c_expr { (fprintf(stderr, "%d %d %d %d %d %d %d %d %d %d %d %d %d %d 0\n", now.x, now.r, now.g, now.v,
       now.y, now.G, now.w, now.tx, now.rx, now.quota, now.said, now.offered, now.bytes, now.leapt), 1) }
  od
}
