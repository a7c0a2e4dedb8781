// SPDX-License-Identifier: GPL-2.0
/*
 * Every interrupt of the edu device signals the owners of the open files of
 * /dev/lab_sigio that are O_ASYNC:
 *
 *	process               kernel               this module             edu
 *	F_SETFL O_ASYNC ───▶ asks the driver ────▶ .fasync: into the queue
 *	                                           lab_sigio_isr() ◀────── interrupt
 *	signal ◀─────────────────────────────────  kicks the queue
 *	F_SETFL, close ────▶ asks the driver ────▶ .fasync: out of it
 *
 * A read never waits: whoever wants to wait, waits for the signal.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
// region: includes
// endregion
#include <linux/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_sigio.h"

static DEFINE_LAB_EDU(edu);

/* The interrupt handler adds to the news, so @lock is taken with interrupts off elsewhere. */
static struct {
	spinlock_t lock;	/* for news */
	struct lab_sigio_news news;	/* that nobody has read yet */
	struct fasync_struct *queue;	/* of the files that are O_ASYNC */
} lab = {
	.lock = __SPIN_LOCK_UNLOCKED(lab.lock),
};

/* Runs in whatever task was interrupted, so "current" is of no interest. */
static irqreturn_t lab_sigio_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab.lock);
	lab.news.interrupts++;
	lab.news.causes |= causes;
	spin_unlock(&lab.lock);

	// region: kick
	// region: solution
	/*
	 * The news are there, so whoever is signalled finds them. The reason is one
	 * of POLL_IN, POLL_PRI and so on, which are no bits: 1 and 5. Which signal
	 * is sent, and to whom, the kernel knows from each file in the queue.
	 */
	// endregion
	// region: reason
	kill_fasync(&lab.queue, SIGIO, causes & LAB_SIGIO_URGENT ? POLL_PRI : POLL_IN);
	// endregion
	// endregion
	return IRQ_HANDLED;
}

// region: solution
/*
 * The kernel asks when F_SETFL changes O_ASYNC, and once more at the last close of a
 * file that is in the queue. fasync_helper() keeps the flag and the queue in step, and
 * has a lock of its own; it may sleep.
 */
// endregion
static int lab_sigio_fasync(int fd, struct file *file, int on)
{
	// region: helper
	return fasync_helper(fd, file, on, &lab.queue);
	// endregion
}

static ssize_t lab_sigio_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct lab_sigio_news news;
	unsigned long flags;

	if (count < sizeof(news))
		return -EINVAL;
	spin_lock_irqsave(&lab.lock, flags);
	news = lab.news;
	memset(&lab.news, 0, sizeof(lab.news));
	spin_unlock_irqrestore(&lab.lock, flags);

	if (!news.interrupts)
		return -EAGAIN;
	return copy_to_user(buf, &news, sizeof(news)) ? -EFAULT : sizeof(news);
}

static const struct file_operations lab_sigio_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module, and lab.queue */
	.read = lab_sigio_read,
	.fasync = lab_sigio_fasync,
};

static int __init lab_sigio_init(void)
{
	return lab_edu_register_file(&edu, lab_sigio_isr, &lab_sigio_fops);
}
module_init(lab_sigio_init);

/* No file is open any more, so the queue is empty. */
static void __exit lab_sigio_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_sigio_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu signals the owners of the files that are O_ASYNC");
MODULE_LICENSE("GPL");
