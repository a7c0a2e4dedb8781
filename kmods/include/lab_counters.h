/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a module that tells a process of interrupts has counted. Some modules
 * let user space read it: see the request ..._COUNTERS of each.
 *
 * The structure has the same size and layout for 32-bit and 64-bit programs, and
 * no hidden padding.
 */
#ifndef LAB_COUNTERS_H
#define LAB_COUNTERS_H

#include <linux/types.h>

/* What interrupts have done since somebody last registered. */
struct lab_counters {
	__u32 interrupts;	/* runs of the handler that found a cause */
	__u32 causes;		/* what the last of them acknowledged */
	__u32 signals;		/* calls that tell the process */
	__s32 result;		/* what the last of them returned */
};

#ifdef __KERNEL__

#include <linux/spinlock.h>
#include <linux/uaccess.h>

/**
 * lab_counters_read() - Hand counters over to a program
 * @counters: which the interrupt handler writes
 * @lock: under which it does
 * @to: where the program wants them
 *
 * Return: 0 or -EFAULT.
 */
static inline int lab_counters_read(const struct lab_counters *counters, spinlock_t *lock,
				    struct lab_counters __user *to)
{
	struct lab_counters copy;
	unsigned long flags;

	/* Copying to user space may sleep: never under a spinlock. */
	spin_lock_irqsave(lock, flags);
	copy = *counters;
	spin_unlock_irqrestore(lock, flags);

	return copy_to_user(to, &copy, sizeof(copy)) ? -EFAULT : 0;
}

#endif /* __KERNEL__ */

#endif /* LAB_COUNTERS_H */
