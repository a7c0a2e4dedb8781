/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * /dev/lab_mapped_ring: what the module and its users have to agree on.
 *
 * Every open file has a ring of records, in one page that mmap(2) maps. The interrupt
 * handler writes records, the program reads them, and neither calls the other:
 *
 *	head	counts the records that were written. Only the kernel writes it, after
 *		the record (a store with release).
 *	tail	counts the records that were read. Only the program writes it, after it
 *		has read the record (a store with release).
 *
 * Both only grow, and go on at 0 after 2^32 - 1. The record number n is at
 * n % LAB_MAPPED_RING_RECORDS. head - tail is how many records there are to read, also
 * if one of the two has come round to 0 and the other has not. The first record of a
 * ring has the number LAB_MAPPED_RING_FIRST, so that this comes soon.
 *
 * The program reads head by a load with acquire, and so sees the record that it counts.
 */
#ifndef LAB_MAPPED_RING_H
#define LAB_MAPPED_RING_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LAB_MAPPED_RING_IOC	0xf2

/* Records in a ring: a power of 2. */
#define LAB_MAPPED_RING_RECORDS	8

/* The number of the first record: the fifth has the number 0. */
#define LAB_MAPPED_RING_FIRST	0xfffffffc

/* What is mapped, bytes: one page, from offset 0, shared. */
#define LAB_MAPPED_RING_SIZE	4096

/* One interrupt. */
struct lab_mapped_ring_record {
	__u32 interrupt;	/* which one: 1 is the first after open */
	__u32 causes;		/* of it */
};

/* The page. Has the same layout for 32-bit and 64-bit programs, and no padding. */
struct lab_mapped_ring {
	__u32 head;	/* written by the kernel */
	__u32 lost;	/* interrupts without a record, because the ring was full; so, too */
	__u32 tail;	/* written by the program */
	__u32 asleep;	/* written by the program: not 0 to be woken by the eventfd */
	struct lab_mapped_ring_record records[LAB_MAPPED_RING_RECORDS];
};

/*
 * Registers the eventfd to which an interrupt adds 1 if "asleep" is set. EBADF: it is
 * not open. EINVAL: it is no eventfd. EBUSY: there is one already.
 */
#define LAB_MAPPED_RING_DOORBELL	_IOW(LAB_MAPPED_RING_IOC, 1, __s32)

/* Has the device interrupt now, with these causes. EINVAL: 0. ENODEV: it is gone. */
#define LAB_MAPPED_RING_RAISE	_IOW(LAB_MAPPED_RING_IOC, 2, __u32)

/*
 * Has the device interrupt in 100 ms, with cause 0x100. EBUSY: it is about to.
 * ENODEV: as above.
 */
#define LAB_MAPPED_RING_RAISE_LATER	_IO(LAB_MAPPED_RING_IOC, 3)

#endif /* LAB_MAPPED_RING_H */
