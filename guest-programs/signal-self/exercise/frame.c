// SPDX-License-Identifier: GPL-2.0
/*
 * A slow device, whose users may be interrupted: a driver that honours a pending
 * signal.
 *
 *	read	sleeps until the device interrupts, and stores how often it did
 *		since the last read, a __u32
 *	write	gives the device bytes, for each of which it takes a millisecond
 *
 * A signal, even SIGKILL, does not stop kernel code. It sets a flag, which the
 * kernel looks at on the way back to user space. Until then it is pending, and a
 * driver that keeps a process in the kernel for long has to look by itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"

static DEFINE_LAB_EDU(edu);

static DECLARE_WAIT_QUEUE_HEAD(lab_wait);
static atomic_t lab_wakes;	/* interrupts not yet read */

static irqreturn_t lab_signal_self_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);

	atomic_inc(&lab_wakes);
	wake_up(&lab_wait);
	return IRQ_HANDLED;
}

static ssize_t lab_signal_self_read(struct file *file, char __user *buf, size_t count,
				    loff_t *pos)
{
	u32 wakes;

	if (count < sizeof(wakes))
		return -EINVAL;

	// region: sleep
	// region: interruptible
	/*
	 * Interruptibly: a signal ends the sleep, and the value returned then
	 * tells the kernel what to do on the way out. With -ERESTARTSYS it calls
	 * the read again if there was no handler or one with SA_RESTART, and
	 * returns EINTR otherwise. Calling it again is allowed because nothing
	 * has been taken yet.
	 */
	while (!(wakes = atomic_xchg(&lab_wakes, 0)))
		if (wait_event_interruptible(lab_wait, atomic_read(&lab_wakes)))
			return -ERESTARTSYS;
	// endregion

	// endregion
	if (put_user(wakes, (u32 __user *)buf))
		return -EFAULT;
	return sizeof(wakes);
}

/* Stands for a register of the slow device. */
static char lab_register;

/* The device takes a byte, and needs a millisecond for it. */
static int lab_take(const char __user *from)
{
	char byte;

	if (get_user(byte, from))
		return -EFAULT;
	WRITE_ONCE(lab_register, byte);
	mdelay(1);
	return 0;
}

static ssize_t lab_signal_self_write(struct file *file, const char __user *buf, size_t count,
				     loff_t *pos)
{
	size_t done;

	for (done = 0; done < count; done++) {
		int err;

		// region: step
		// region: reason
		/*
		 * Nothing here sleeps, so nothing else looks for signals. The
		 * device keeps what it has taken: a write that is called again
		 * from the start would give it those bytes a second time. So
		 * return an error before the first byte only. After it, return
		 * how many there were: the caller can go on from there.
		 */
		// endregion
		if (signal_pending(current))
			err = -ERESTARTSYS;
		else
			err = lab_take(buf + done);
		// endregion
		if (err)
			// region: error
			return done ? done : err;
			// endregion
	}
	return done;
}

/* ---- The device file, the PCI device, the module --------------------------- */

static const struct file_operations lab_signal_self_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.read = lab_signal_self_read,
	.write = lab_signal_self_write,
};

static int __init lab_signal_self_init(void)
{
	return lab_edu_register_file(&edu, lab_signal_self_isr, &lab_signal_self_fops);
}
module_init(lab_signal_self_init);

static void __exit lab_signal_self_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_signal_self_exit);

MODULE_DESCRIPTION("Upcall: a slow device whose users may be interrupted");
MODULE_LICENSE("GPL");
