/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_sigio: what the module and its users have to agree on.
 *
 *	read	a struct lab_sigio_news: the interrupts since the last read;
 *		waits for one if there are none
 *	poll	POLLIN	an interrupt has come, other than for LAB_SIGIO_URGENT alone
 *		POLLPRI	LAB_SIGIO_URGENT has come
 *		POLLHUP	the device is gone
 *	O_ASYNC	a signal to the file's owner for each of these: POLL_IN, POLL_PRI or
 *		POLL_HUP. See F_SETOWN and F_SETSIG in fcntl(2).
 *
 * There is one device, and so one struct of news: what one process reads, another
 * will not find.
 *
 * Errors of read: EINVAL: the buffer is too short. EAGAIN: no interrupt has come, and
 * the file is O_NONBLOCK. ENODEV: the device is gone.
 */
#ifndef LAB_SIGIO_H
#define LAB_SIGIO_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LAB_SIGIO_IOC		0xf1

/* The cause that poll reports as POLLPRI. Any other is reported as POLLIN. */
#define LAB_SIGIO_URGENT	0x2

/* Has the same layout for 32-bit and 64-bit programs, and no padding. */
struct lab_sigio_news {
	__u32 interrupts;	/* how many have come */
	__u32 causes;		/* all causes of these */
};

/* Has the device interrupt now, with these causes. EINVAL: 0. ENODEV: it is gone. */
#define LAB_SIGIO_RAISE		_IOW(LAB_SIGIO_IOC, 1, __u32)

/*
 * Has the device interrupt in 100 ms, with cause 0x100. EBUSY: it is about to.
 * ENODEV: as above.
 */
#define LAB_SIGIO_RAISE_LATER	_IO(LAB_SIGIO_IOC, 2)

#endif /* LAB_SIGIO_H */
