/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_siginfo: what the module and its users have to agree on.
 *
 * Every structure has the same size and layout for 32-bit and 64-bit programs,
 * and no hidden padding.
 */
#ifndef LAB_SIGINFO_H
#define LAB_SIGINFO_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "lab_counters.h"

#define LAB_SIGINFO_IOC		0xef

/* How an interrupt sends the signal. */
#define LAB_SIGINFO_QUEUE	0	/* send_sig_info() with SI_QUEUE */
#define LAB_SIGINFO_KERNEL	1	/* send_sig_info() with SI_KERNEL */
#define LAB_SIGINFO_KILL_PID	2	/* kill_pid(), which takes no siginfo */

/* What an interrupt is to do. */
struct lab_siginfo_target {
	__u32 signal;	/* 1 to 64, but not SIGKILL and not SIGSTOP */
	__u32 send;	/* LAB_SIGINFO_QUEUE, _KERNEL or _KILL_PID */
	__s32 value;	/* the si_int to send; 0 with LAB_SIGINFO_KILL_PID */
	__u32 padding;	/* 0 */
};

/*
 * Registers the calling thread or, with LAB_SIGINFO_KILL_PID, its process.
 * EBUSY: somebody is registered already. EINVAL: a field has a value that it
 * may not have.
 */
#define LAB_SIGINFO_REGISTER	_IOW(LAB_SIGINFO_IOC, 1, struct lab_siginfo_target)

/*
 * Ends the registration made through this file description, as its last close
 * does. ENOENT: there is none.
 */
#define LAB_SIGINFO_UNREGISTER	_IO(LAB_SIGINFO_IOC, 2)

/* Has the device interrupt now. ENODEV: it is gone. */
#define LAB_SIGINFO_RAISE	_IO(LAB_SIGINFO_IOC, 3)

/* Has the device interrupt in 100 ms. EBUSY: it is about to. ENODEV: as above. */
#define LAB_SIGINFO_RAISE_LATER	_IO(LAB_SIGINFO_IOC, 4)

/* Reads the counters: "signals" counts calls of send_sig_info() or kill_pid(). */
#define LAB_SIGINFO_COUNTERS	_IOR(LAB_SIGINFO_IOC, 5, struct lab_counters)

#endif /* LAB_SIGINFO_H */
