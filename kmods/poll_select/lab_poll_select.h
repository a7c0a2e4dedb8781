/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_poll_select: what the module and its users have to agree on.
 *
 *	write	a __u32: the causes that edu is to interrupt with, now
 *	read	a __u32: the causes that have come since the last read; waits for
 *		one if there are none
 *	poll	POLLIN	a cause other than LAB_POLL_SELECT_URGENT has come
 *		POLLPRI	LAB_POLL_SELECT_URGENT has come
 *		POLLOUT	always: a write never waits
 *		POLLHUP	the device is gone
 *
 * There is one device, and so one set of causes: what one process reads,
 * another will not find.
 *
 * Errors of read and write: EINVAL: fewer than four bytes, or to raise no cause
 * at all. EAGAIN: no cause has come, and the file is O_NONBLOCK. ENODEV: the
 * device is gone.
 */
#ifndef LAB_POLL_SELECT_H
#define LAB_POLL_SELECT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LAB_POLL_SELECT_IOC	0xee

/* The cause that poll reports as POLLPRI. Any other is reported as POLLIN. */
#define LAB_POLL_SELECT_URGENT	0x2

/* Has the device interrupt in 100 ms. EBUSY: it is about to. ENODEV: it is gone. */
#define LAB_POLL_SELECT_RAISE_LATER	_IO(LAB_POLL_SELECT_IOC, 1)

#endif /* LAB_POLL_SELECT_H */
