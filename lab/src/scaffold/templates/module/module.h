/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_@topic@: what the module and its users must agree on.
 */
#ifndef LAB_@TOPIC@_H
#define LAB_@TOPIC@_H

#include <linux/ioctl.h>

/*
 * read sleeps until an interrupt has come, and returns how many have come since
 * the last read, as a __u32. EINVAL: the buffer is too small.
 */

#define LAB_@TOPIC@_IOC	0xed

/* Makes the device interrupt in 100 ms. EBUSY: it is about to already. ENODEV: it is gone. */
#define LAB_@TOPIC@_RAISE_LATER	_IO(LAB_@TOPIC@_IOC, 1)

#endif /* LAB_@TOPIC@_H */
