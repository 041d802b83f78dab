/*
 * ring.h - the additions that threads keep back while their lines are fetched (giga/near.h).
 */
#ifndef PGAS_RING_H
#define PGAS_RING_H

/* Make the additions that this thread keeps back. */
void gi_ring_drain_own(void);

/* Make the additions of all threads of this process. Threads: any. */
void gi_rings_drain(void);

#endif
