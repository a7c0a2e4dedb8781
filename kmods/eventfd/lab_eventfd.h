/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_eventfd: what the module and its users have to agree on.
 *
 * Every structure has the same size and layout for 32-bit and 64-bit programs,
 * and no hidden padding.
 */
#ifndef LAB_EVENTFD_H
#define LAB_EVENTFD_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "lab_counters.h"

#define LAB_EVENTFD_IOC		0xee

/* How the module remembers the eventfd. */
#define LAB_EVENTFD_CONTEXT	0	/* it holds the eventfd's context */
#define LAB_EVENTFD_NUMBER	1	/* it writes down the descriptor: wrong */

/* What an interrupt is to do. */
struct lab_eventfd_target {
	__s32 fd;	/* an eventfd of the calling process */
	__u32 causes;	/* of the interrupts to count, any of them; not 0 */
	__u32 remember;	/* LAB_EVENTFD_CONTEXT or LAB_EVENTFD_NUMBER */
	__u32 padding;	/* 0 */
};

/*
 * Registers an eventfd. EBADF: fd is not open. EINVAL: it is no eventfd, or a
 * field has a value that it may not have. EBUSY: this file description has
 * registered one already.
 */
#define LAB_EVENTFD_REGISTER	_IOW(LAB_EVENTFD_IOC, 1, struct lab_eventfd_target)

/*
 * Ends the registration made through this file description, as its last close
 * does. ENOENT: there is none.
 */
#define LAB_EVENTFD_UNREGISTER	_IO(LAB_EVENTFD_IOC, 2)

/* Has the device interrupt now, with these causes. EINVAL: 0. ENODEV: it is gone. */
#define LAB_EVENTFD_RAISE	_IOW(LAB_EVENTFD_IOC, 3, __u32)

/*
 * Has the device interrupt in 100 ms, with cause 0x100. EBUSY: it is about to.
 * ENODEV: as above.
 */
#define LAB_EVENTFD_RAISE_LATER	_IO(LAB_EVENTFD_IOC, 4)

/*
 * Reads what interrupts have done since this file description registered. Only
 * those count that have one of its causes; "signals" are calls of
 * eventfd_signal(), and "result" is what looking up a number last returned.
 */
#define LAB_EVENTFD_COUNTERS	_IOR(LAB_EVENTFD_IOC, 5, struct lab_counters)

#endif /* LAB_EVENTFD_H */
