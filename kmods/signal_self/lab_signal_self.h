/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_signal_self: what the module and its users have to agree on.
 *
 * Every structure has the same size and layout for 32-bit and 64-bit programs,
 * and no hidden padding.
 *
 * read	 Sleeps until there is a wake-up, and stores the number of wake-ups since
 *	 the last read, a __u32. A signal ends the sleep as LAB_SIGNAL_SELF_REGISTER
 *	 said. EINVAL: less than 4 bytes are asked for.
 * write Takes a __u32 of causes, and has the device interrupt with them now.
 *	 EINVAL: they are 0, or less than 4 bytes are given. ENODEV: it is gone.
 *
 * An interrupt with cause 0x1 is a wake-up. One with cause 0x100 sends the
 * signal that was registered.
 */
#ifndef LAB_SIGNAL_SELF_H
#define LAB_SIGNAL_SELF_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LAB_SIGNAL_SELF_IOC	0xef

/* What LAB_SIGNAL_SELF_SEND does when it has sent the signal. */
#define LAB_SIGNAL_SELF_GO_ON	0	/* its work */
#define LAB_SIGNAL_SELF_ASK	1	/* its work, unless a signal is pending */
#define LAB_SIGNAL_SELF_SLEEP	2	/* sleeps for 10 ms, then its work */

struct lab_signal_self_send {
	__u32 signal;	/* 1 to 64 */
	__u32 then;	/* LAB_SIGNAL_SELF_GO_ON, _ASK or _SLEEP */
	__s32 result;	/* what the ioctl is to return: 0 or more */
	__u32 padding;	/* 0 */
};

/* What a read returns to the kernel's way out when a signal ends its sleep. */
#define LAB_SIGNAL_SELF_RESTARTSYS	0	/* -ERESTARTSYS, as drivers do */
#define LAB_SIGNAL_SELF_RESTARTNOINTR	1	/* -ERESTARTNOINTR */
#define LAB_SIGNAL_SELF_RESTARTNOHAND	2	/* -ERESTARTNOHAND */
#define LAB_SIGNAL_SELF_RESTARTBLOCK	3	/* -ERESTART_RESTARTBLOCK */

struct lab_signal_self_target {
	__u32 signal;	/* 1 to 64 */
	__u32 restart;	/* LAB_SIGNAL_SELF_RESTARTSYS and so on */
};

/*
 * Sends the calling thread a signal, and goes on. EINTR: was asked to look for a
 * pending signal and found one. EINVAL: a field has a value that it may not have.
 */
#define LAB_SIGNAL_SELF_SEND	_IOW(LAB_SIGNAL_SELF_IOC, 1, struct lab_signal_self_send)

/*
 * Registers the calling process for interrupts, in the place of whoever is
 * registered, and forgets all wake-ups. EINVAL: as above. The registration ends
 * with the last close of the file description through which it was made.
 *
 * A read that has returned -ERESTART_RESTARTBLOCK may go on at any time, by
 * restart_syscall(2), which knows of no file. So after a registration for it the
 * module stays loaded for good.
 */
#define LAB_SIGNAL_SELF_REGISTER	_IOW(LAB_SIGNAL_SELF_IOC, 2, struct lab_signal_self_target)

/*
 * Has the device interrupt in 100 ms, with cause 0x100. EBUSY: it is about to.
 * ENODEV: it is gone.
 */
#define LAB_SIGNAL_SELF_RAISE_LATER	_IO(LAB_SIGNAL_SELF_IOC, 3)

#endif /* LAB_SIGNAL_SELF_H */
