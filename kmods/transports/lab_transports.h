/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_transports: what the module and its users have to agree on.
 *
 * Every structure has the same size and layout for 32-bit and 64-bit programs,
 * and no hidden padding.
 */
#ifndef LAB_TRANSPORTS_H
#define LAB_TRANSPORTS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LAB_TRANSPORTS_IOC	0xee

/* By what an interrupt is told. */
#define LAB_TRANSPORTS_SIGNAL	1	/* to the process that asked for it */
#define LAB_TRANSPORTS_EVENTFD	2
#define LAB_TRANSPORTS_NETLINK	3	/* to the group below */
#define LAB_TRANSPORTS_QUEUE	4	/* read(2) on the device */

struct lab_transports_choice {
	__u32 transport;
	__u32 signal;	/* for SIGNAL: 1 to 64, not SIGKILL, not SIGSTOP; else 0 */
	__s32 eventfd;	/* for EVENTFD: the descriptor; else 0 */
	__u32 padding;	/* 0 */
};

/* The sender's side, since the transport was chosen. */
struct lab_transports_counters {
	__u32 interrupts;
	__u32 accepted;	/* sendings that returned 0 */
	__u32 refused;	/* and those that returned an error, */
	__s32 error;	/* the last of which was this */
};

/* What read(2) on the device returns: as many of these as there is room for. */
struct lab_transports_record {
	__u32 number;	/* of the interrupt, from 1; 0: none, only "lost" counts */
	__u32 payload;	/* what the device said: its causes */
	__u32 lost;	/* interrupts dropped right before this one */
	__u32 padding;	/* 0 */
};

/* How many records the queue holds. */
#define LAB_TRANSPORTS_RECORDS	512

/* How many interrupts can be asked for at a time. */
#define LAB_TRANSPORTS_RAISE_MAX	1000

/*
 * Chooses the transport, and sets everything back. The choice ends with another
 * one and with the last close. EINVAL: a field has a value that it may not have.
 * EBADF: no such descriptor. EBUSY: another open file has chosen.
 */
#define LAB_TRANSPORTS_CHOOSE	_IOW(LAB_TRANSPORTS_IOC, 1, struct lab_transports_choice)

/*
 * Has edu interrupt so often, one after the other; the payload counts from 1.
 * EINVAL: 0, or more than LAB_TRANSPORTS_RAISE_MAX. ENODEV: edu is gone.
 */
#define LAB_TRANSPORTS_RAISE	_IOW(LAB_TRANSPORTS_IOC, 2, __u32)

/* Reads the counters. */
#define LAB_TRANSPORTS_COUNTERS	_IOR(LAB_TRANSPORTS_IOC, 3, struct lab_transports_counters)

/* The generic netlink family, its group, and what an event has. */
#define LAB_TRANSPORTS_NAME	"lab_transports"
#define LAB_TRANSPORTS_GROUP	"events"
#define LAB_TRANSPORTS_C_EVENT	1
#define LAB_TRANSPORTS_A_NUMBER		1	/* u32 */
#define LAB_TRANSPORTS_A_PAYLOAD	2	/* u32 */

#endif /* LAB_TRANSPORTS_H */
