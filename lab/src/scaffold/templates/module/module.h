/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_@topic@: what the module and its users have to agree on.
 */
#ifndef LAB_@TOPIC@_H
#define LAB_@TOPIC@_H

#include <linux/ioctl.h>

/*
 * read sleeps until an interrupt has come, and hands over how many have come
 * since the last read: a __u32, for which there has to be room (EINVAL).
 */

#define LAB_@TOPIC@_IOC	0xed

/* Has the device interrupt in 100 ms. EBUSY: it is about to. ENODEV: it is gone. */
#define LAB_@TOPIC@_RAISE_LATER	_IO(LAB_@TOPIC@_IOC, 1)

#endif /* LAB_@TOPIC@_H */
