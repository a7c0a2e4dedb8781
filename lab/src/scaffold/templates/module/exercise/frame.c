// SPDX-License-Identifier: GPL-2.0
/*
 * @title@
 *
 * A process reads from /dev/lab_@topic@ and sleeps. An interrupt of the edu
 * device wakes it, and read returns how many interrupts have come:
 *
 *	process         this module            edu
 *	read ─────────▶ sleeps in lab.wait
 *	                interrupt handler ◀─── interrupt
 *	                  acknowledges ──────▶
 *	                  counts, wakes
 *	      ◀──────── returns the count
 *
 * The requests are in lab_@topic@.h. Interrupts are counted from the moment
 * that the module is loaded, and each is reported to just one reader.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"
#include "lab_@topic@.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

/* What the interrupt handler shares with readers. */
static struct {
	wait_queue_head_t wait;	/* for interrupts; has its own lock */
	atomic_t interrupts;	/* not read yet */
} lab = {
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(lab.wait),
};

/* ---- The interrupt --------------------------------------------------------- */

static irqreturn_t lab_@topic@_isr(int irq, void *data)
{
	// region: isr
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	// region: acknowledge
	// region: solution
	/*
	 * Only what was read: a cause that came since then has not been handled
	 * yet.
	 */
	// endregion
	writel(causes, edu.regs + EDU_IRQ_ACK);
	trace_lab_step("acknowledged causes", causes);
	// endregion

	// region: solution
	/* First the change that the sleeper waits for, then the wake-up. */
	// endregion
	// region: count
	atomic_inc(&lab.interrupts);
	// endregion
	// region: wake
	wake_up_interruptible(&lab.wait);
	// endregion
	return IRQ_HANDLED;
	// endregion
}

/* ---- The device file ------------------------------------------------------- */

static ssize_t lab_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	u32 interrupts;
	int err;

	if (count < sizeof(interrupts))
		return -EINVAL;
	/* A loop, because the same wake-up may let another reader come first. */
	while (!(interrupts = atomic_xchg(&lab.interrupts, 0))) {
		err = wait_event_interruptible(lab.wait, atomic_read(&lab.interrupts));
		if (err)
			return err;
	}
	if (put_user(interrupts, (u32 __user *)buf)) {
		/* They were not delivered, so they count as unread again. */
		atomic_add(interrupts, &lab.interrupts);
		wake_up_interruptible(&lab.wait);
		return -EFAULT;
	}
	return sizeof(interrupts);
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case LAB_@TOPIC@_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.read = lab_read,
	.unlocked_ioctl = lab_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_@topic@_init(void)
{
	return lab_edu_register_file(&edu, lab_@topic@_isr, &lab_fops);
}
module_init(lab_@topic@_init);

/* No file is open any more, so no task sleeps in lab.wait. */
static void __exit lab_@topic@_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_@topic@_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu wakes a reader");
MODULE_LICENSE("GPL");
