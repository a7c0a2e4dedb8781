/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_kill_pid: what the module and its users have to agree on.
 *
 * Every structure has the same size and layout for 32-bit and 64-bit programs,
 * and no hidden padding.
 */
#ifndef LAB_KILL_PID_H
#define LAB_KILL_PID_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "lab_counters.h"

#define LAB_KILL_PID_IOC	0xed

/* How the module remembers the process that registered. */
#define LAB_KILL_PID_REFERENCE	0	/* it holds the struct pid */
#define LAB_KILL_PID_NUMBER	1	/* it writes down the number: wrong */

/* What an interrupt is to do. */
struct lab_kill_pid_target {
	__u32 signal;	/* 1 to 64, but not SIGKILL and not SIGSTOP */
	__u32 priv;	/* the third argument of kill_pid(): 0 or 1 */
	__u32 remember;	/* LAB_KILL_PID_REFERENCE or LAB_KILL_PID_NUMBER */
	__u32 padding;	/* 0 */
};

/*
 * Registers the calling process. EBUSY: somebody is registered already.
 * EINVAL: a field has a value that it may not have.
 */
#define LAB_KILL_PID_REGISTER	_IOW(LAB_KILL_PID_IOC, 1, struct lab_kill_pid_target)

/*
 * Ends the registration made through this file description, as its last close
 * does. ENOENT: there is none.
 */
#define LAB_KILL_PID_UNREGISTER	_IO(LAB_KILL_PID_IOC, 2)

/* Has the device interrupt now. ENODEV: it is gone. */
#define LAB_KILL_PID_RAISE	_IO(LAB_KILL_PID_IOC, 3)

/* Has the device interrupt in 100 ms. EBUSY: it is about to. ENODEV: as above. */
#define LAB_KILL_PID_RAISE_LATER	_IO(LAB_KILL_PID_IOC, 4)

/* Reads the counters: "signals" counts calls of kill_pid(). */
#define LAB_KILL_PID_COUNTERS	_IOR(LAB_KILL_PID_IOC, 5, struct lab_counters)

#endif /* LAB_KILL_PID_H */
