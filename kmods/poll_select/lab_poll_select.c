// SPDX-License-Identifier: GPL-2.0
/*
 * Who wrote this bit into my argument?
 *
 * A process sleeps in select(2) or poll(2) on /dev/lab_poll_select until the
 * edu device interrupts:
 *
 *	process                  this module               edu
 *	select ──▶ do_select ──▶ .poll: not ready; joins
 *	           sleeps        the wait queue
 *	                         lab_poll_select_isr() ◀── interrupt
 *	           wakes up ◀─── wake_up on the queue
 *	select ◀── do_select ──▶ .poll: ready
 *
 * The interrupt handler wakes the sleeper, and no more than that. The process
 * finds the bits that .poll reports when it is asked a second time, in the
 * sleeper's own context. So .poll has to answer from state that the handler
 * wrote before it woke anybody, never from the fact that somebody woke up.
 *
 * What read and write mean, and the ioctl, is in lab_poll_select.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"
#include "lab_poll_select.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

/*
 * There is no lock: the handler only adds causes, a reader takes all of them at
 * once, and each is one atomic operation. The handler stores a cause before it
 * wakes the queue, and .poll and read join the queue before they look. So no cause
 * can slip by between looking and sleeping.
 */
static struct {
	wait_queue_head_t wait;
	atomic_t causes;	/* that came and have not been read */
} lab = {
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(lab.wait),
};

/* ---- The interrupt --------------------------------------------------------- */

static __poll_t events_of(u32 causes)
{
	__poll_t events = 0;

	if (causes & LAB_POLL_SELECT_URGENT)
		events |= EPOLLPRI;
	if (causes & ~LAB_POLL_SELECT_URGENT)
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static irqreturn_t lab_poll_select_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	atomic_or(causes, &lab.causes);
	/* Says what has come, so that only sleepers that asked for it wake up. */
	wake_up_interruptible_poll(&lab.wait, events_of(causes));
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static __poll_t lab_poll_select_poll(struct file *file, struct poll_table_struct *table)
{
	__poll_t events = EPOLLOUT | EPOLLWRNORM;

	/* Joins the queue; does not wait, and does nothing the second time. */
	poll_wait(file, &lab.wait, table);

	events |= events_of(atomic_read(&lab.causes));
	if (lab_edu_gone(&edu))
		events |= EPOLLHUP;
	/* All that are true, asked for or not: the caller picks what it asked for. */
	trace_lab_step(".poll says",
		       (__force s64)(events & (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLHUP)));
	return events;
}

static ssize_t lab_poll_select_read(struct file *file, char __user *buf, size_t count,
				    loff_t *pos)
{
	u32 causes;
	int err;

	if (count < sizeof(causes))
		return -EINVAL;
	/* In a loop: the same wake-up may have woken a faster reader. */
	while (!(causes = atomic_xchg(&lab.causes, 0))) {
		if (lab_edu_gone(&edu))
			return -ENODEV;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(lab.wait, atomic_read(&lab.causes) ||
					       lab_edu_gone(&edu));
		if (err)
			return err;
	}
	if (put_user(causes, (u32 __user *)buf)) {
		/* The caller has not seen them: they are still to be read. */
		atomic_or(causes, &lab.causes);
		wake_up_interruptible_poll(&lab.wait, events_of(causes));
		return -EFAULT;
	}
	return sizeof(causes);
}

static ssize_t lab_poll_select_write(struct file *file, const char __user *buf, size_t count,
				     loff_t *pos)
{
	int err;

	if (count < sizeof(u32))
		return -EINVAL;
	err = lab_edu_raise_user(&edu, (const u32 __user *)buf);
	return err ? err : sizeof(u32);
}

static long lab_poll_select_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case LAB_POLL_SELECT_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	default:
		return -ENOTTY;
	}
}

/* Causes are a stream: there is no position to read them at. */
static int lab_poll_select_open(struct inode *inode, struct file *file)
{
	return stream_open(inode, file);
}

static const struct file_operations lab_poll_select_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module, and lab.wait */
	.open = lab_poll_select_open,
	.read = lab_poll_select_read,
	.write = lab_poll_select_write,
	.poll = lab_poll_select_poll,
	.unlocked_ioctl = lab_poll_select_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* ---- The module ------------------------------------------------------------ */

/* No interrupt will ever wake the processes that sleep here now. */
static void lab_poll_select_removed(void)
{
	wake_up_interruptible_poll(&lab.wait, EPOLLHUP);
}

static int __init lab_poll_select_init(void)
{
	edu.removed = lab_poll_select_removed;
	return lab_edu_register_file(&edu, lab_poll_select_isr, &lab_poll_select_fops);
}
module_init(lab_poll_select_init);

/* No file is open any more, so nobody sleeps on the queue. */
static void __exit lab_poll_select_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_poll_select_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu wakes those who sleep in select or poll");
MODULE_LICENSE("GPL");
