/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_errno: what the module and its users have to agree on.
 *
 * Every structure has the same size and layout for 32-bit and 64-bit programs,
 * and no hidden padding.
 *
 * The device is a queue of LAB_ERRNO_ROOM bytes.
 *
 * write Adds bytes, as many as there is room for, and says how many.
 * read	 Takes bytes, as many as there are, and says how many.
 *
 * Both wait for at least one; with O_NONBLOCK they fail instead: EAGAIN.
 */
#ifndef LAB_ERRNO_H
#define LAB_ERRNO_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LAB_ERRNO_IOC	0xf0

#define LAB_ERRNO_ROOM	8

struct lab_errno_answer {
	__s64 value;	/* what the ioctl is to return, whatever that means */
	__u32 signal;	/* sent to the caller before; 0: none; up to 64 */
	__u32 padding;	/* 0 */
};

/* Returns what it is told to. EINVAL: signal or padding may not be that. */
#define LAB_ERRNO_ANSWER	_IOW(LAB_ERRNO_IOC, 1, struct lab_errno_answer)

/*
 * Claims the device for this file description, up to its last close. EBUSY:
 * another one has it. To claim it once more is no error.
 */
#define LAB_ERRNO_CLAIM		_IO(LAB_ERRNO_IOC, 2)

#endif /* LAB_ERRNO_H */
