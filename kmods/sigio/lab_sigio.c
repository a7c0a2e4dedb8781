// SPDX-License-Identifier: GPL-2.0
/*
 * Can a file descriptor send a signal?
 *
 * A process opens /dev/lab_sigio, says whom to signal (F_SETOWN) and asks for signals
 * (O_ASYNC). From then on every interrupt of the edu device signals the file's owner:
 *
 *	process          kernel             this module           edu
 *	F_SETOWN ─────▶ keeps owner and
 *	                the user who calls
 *	O_ASYNC ──────▶ asks the driver ──▶ .fasync: into the queue
 *	                                    lab_sigio_isr() ◀──── interrupt
 *	handler ◀────── send_sigio() ◀───── kill_fasync()
 *	close ────────▶ asks again ───────▶ .fasync: out of it
 *
 * The module neither knows the process nor chooses the signal: both belong to the open
 * file (file description), and the kernel keeps them there. The module has a queue of
 * the files that want signals, and says when there is something to read.
 *
 * Who is in the queue, FASYNC in the file's flags says too. At the last close the
 * kernel looks at that flag, and calls .fasync before .release: see __fput() in
 * fs/file_table.c. So .release has nothing to do here, and there is none.
 *
 * What read and poll mean, and the ioctls, is in lab_sigio.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"
#include "lab_sigio.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

/*
 * The interrupt handler adds to the news, so the lock is taken with interrupts off
 * everywhere else. The queue needs no lock of ours: fasync_helper() has its own, and
 * kill_fasync() walks the queue under RCU.
 */
static struct {
	spinlock_t lock;	/* for news */
	struct lab_sigio_news news;	/* that nobody has read yet */
	wait_queue_head_t wait;	/* of those who sleep in read or poll */
	struct fasync_struct *queue;	/* of the files that are O_ASYNC */
} lab = {
	.lock = __SPIN_LOCK_UNLOCKED(lab.lock),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(lab.wait),
};

/* ---- The interrupt --------------------------------------------------------- */

static __poll_t events_of(u32 causes)
{
	__poll_t events = 0;

	if (causes & LAB_SIGIO_URGENT)
		events |= EPOLLPRI;
	if (causes & ~LAB_SIGIO_URGENT)
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static void lab_sigio_add(struct lab_sigio_news news)
{
	unsigned long flags;

	spin_lock_irqsave(&lab.lock, flags);
	lab.news.interrupts += news.interrupts;
	lab.news.causes |= news.causes;
	spin_unlock_irqrestore(&lab.lock, flags);

	/* They are there; now whoever sleeps may look. */
	wake_up_interruptible_poll(&lab.wait, events_of(news.causes));
}

static irqreturn_t lab_sigio_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	lab_sigio_add((struct lab_sigio_news){ .interrupts = 1, .causes = causes });
	/*
	 * Allowed here: it never sleeps. SIGIO is not the signal that is sent: the
	 * file says which. And a band is POLL_IN (1) or POLL_PRI (5), never the bits
	 * of poll: POLLPRI (2) would say POLL_OUT.
	 */
	if (causes & ~LAB_SIGIO_URGENT)
		kill_fasync(&lab.queue, SIGIO, POLL_IN);
	if (causes & LAB_SIGIO_URGENT)
		kill_fasync(&lab.queue, SIGIO, POLL_PRI);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

/* The file is to be O_ASYNC, or not any more. */
static int lab_sigio_fasync(int fd, struct file *file, int on)
{
	/* 1: it has joined or left the queue. 0: it had already. May sleep. */
	int ret = fasync_helper(fd, file, on, &lab.queue);

	trace_lab_step(on ? ".fasync on" : ".fasync off", ret);
	return ret;
}

/* Takes the news. False: there are none. */
static bool lab_sigio_take(struct lab_sigio_news *news)
{
	unsigned long flags;

	spin_lock_irqsave(&lab.lock, flags);
	*news = lab.news;
	memset(&lab.news, 0, sizeof(lab.news));
	spin_unlock_irqrestore(&lab.lock, flags);
	return news->interrupts;
}

static ssize_t lab_sigio_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct lab_sigio_news news;
	int err;

	if (count < sizeof(news))
		return -EINVAL;
	if (file->f_flags & O_NONBLOCK) {
		if (!lab_sigio_take(&news))
			return lab_edu_gone(&edu) ? -ENODEV : -EAGAIN;
	} else {
		err = wait_event_interruptible(lab.wait, lab_sigio_take(&news) ||
					       lab_edu_gone(&edu));
		if (err)
			return err;
		if (!news.interrupts)
			return -ENODEV;
	}
	if (copy_to_user(buf, &news, sizeof(news))) {
		/* The caller has not seen them: they are still to be read. */
		lab_sigio_add(news);
		return -EFAULT;
	}
	return sizeof(news);
}

static __poll_t lab_sigio_poll(struct file *file, struct poll_table_struct *table)
{
	unsigned long flags;
	__poll_t events;

	/* Joins the queue of sleepers; does not wait. */
	poll_wait(file, &lab.wait, table);

	spin_lock_irqsave(&lab.lock, flags);
	events = events_of(lab.news.causes);
	spin_unlock_irqrestore(&lab.lock, flags);
	return lab_edu_gone(&edu) ? events | EPOLLHUP : events;
}

static long lab_sigio_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case LAB_SIGIO_RAISE:
		return lab_edu_raise_user(&edu, (void __user *)arg);
	case LAB_SIGIO_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	default:
		return -ENOTTY;
	}
}

/* News are a stream: there is no position to read them at. */
static int lab_sigio_open(struct inode *inode, struct file *file)
{
	return stream_open(inode, file);
}

static const struct file_operations lab_sigio_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module, and lab.queue */
	.open = lab_sigio_open,
	.read = lab_sigio_read,
	.poll = lab_sigio_poll,
	.fasync = lab_sigio_fasync,
	.unlocked_ioctl = lab_sigio_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* ---- The module ------------------------------------------------------------ */

/* No interrupt will come any more: whoever waits for one has to know. */
static void lab_sigio_removed(void)
{
	wake_up_interruptible_poll(&lab.wait, EPOLLHUP);
	kill_fasync(&lab.queue, SIGIO, POLL_HUP);
}

static int __init lab_sigio_init(void)
{
	edu.removed = lab_sigio_removed;
	return lab_edu_register_file(&edu, lab_sigio_isr, &lab_sigio_fops);
}
module_init(lab_sigio_init);

/* No file is open any more, so nobody sleeps, and the queue is empty. */
static void __exit lab_sigio_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_sigio_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu signals the owners of the files that are O_ASYNC");
MODULE_LICENSE("GPL");
