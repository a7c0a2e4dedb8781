// SPDX-License-Identifier: GPL-2.0
/*
 * QUEUE: an interrupt is a record in a queue of the module's own, which read(2)
 * takes. The queue has a limit, and keeps account of what went beyond it.
 */
#include <linux/kfifo.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "transports.h"

/* Under lab.who.lock. */
static DEFINE_KFIFO(records, struct lab_transports_record, LAB_TRANSPORTS_RECORDS);
static u32 lost;	/* records dropped since one was last queued */

static DECLARE_WAIT_QUEUE_HEAD(readers);

/* Queues a record. Under lab.who.lock. */
int lab_queue(u32 number, u32 payload)
{
	struct lab_transports_record record = {
		.number = number, .payload = payload, .lost = lost,
	};

	if (!kfifo_put(&records, record)) {
		lost++;
		return -ENOSPC;
	}
	lost = 0;
	wake_up_interruptible(&readers);
	return 0;
}

/* Under lab.who.lock. */
void lab_queue_reset(void)
{
	kfifo_reset(&records);
	lost = 0;
}

/* Takes one record, or else what was lost at the end; false: there is neither. */
static bool lab_take(struct lab_transports_record *record)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&lab.who.lock, flags);
	taken = kfifo_get(&records, record);
	if (!taken && lost) {
		*record = (struct lab_transports_record){ .lost = lost };
		lost = 0;
		taken = true;
	}
	spin_unlock_irqrestore(&lab.who.lock, flags);
	return taken;
}

static bool lab_readable(void)
{
	return !kfifo_is_empty(&records) || READ_ONCE(lost);
}

ssize_t lab_queue_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	struct lab_transports_record record;
	ssize_t done = 0;

	if (size < sizeof(record))
		return -EINVAL;
	while (size - done >= sizeof(record)) {
		if (!lab_take(&record)) {
			if (done)
				break;
			if (file->f_flags & O_NONBLOCK)
				return -EAGAIN;
			if (wait_event_interruptible(readers, lab_readable()))
				return -ERESTARTSYS;
			continue;
		}
		/* A record that cannot be handed over is gone: the caller's fault. */
		if (copy_to_user(to + done, &record, sizeof(record)))
			return done ?: -EFAULT;
		done += sizeof(record);
	}
	return done;
}

__poll_t lab_queue_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &readers, wait);
	return lab_readable() ? EPOLLIN | EPOLLRDNORM : 0;
}
