// SPDX-License-Identifier: GPL-2.0
/*
 * Every interrupt of the edu device sends a signal to the process that
 * registered with /dev/lab_kill_pid:
 *
 *	process          this module               edu
 *	REGISTER ──────▶ holds its struct pid
 *	                 lab_kill_pid_isr() ◀───── interrupt
 *	                   reads, acknowledges ──▶
 *	handler ◀─────── kill_pid()
 *
 * One process at a time is registered. The registration belongs to the open
 * file through which it was made, and ends with UNREGISTER or with the last
 * close of that file; the death of the process does not end it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
// region: includes
// endregion
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_kill_pid.h"

static DEFINE_LAB_EDU(edu);

/*
 * The registration. The interrupt handler reads this, so @lock is taken with
 * interrupts off everywhere else.
 */
static struct {
	spinlock_t lock;	/* for everything below */
	struct file *owner;	/* NULL: nobody is registered */
	int signal;
	// region: whom
	struct pid *pid;	/* whom to send it to; ours to put */
	// endregion
} lab = {
	.lock = __SPIN_LOCK_UNLOCKED(lab.lock),
};

/* Runs in whatever task was interrupted, so "current" is of no interest. */
static irqreturn_t lab_kill_pid_isr(int irq, void *data)
{
	// region: interrupt
	// region: causes
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	// endregion

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	// region: acknowledge
	/*
	 * Acknowledge what was read and nothing else: nobody has seen a cause
	 * that came since then. If nothing were acknowledged, the wire would
	 * stay asserted, and this handler would run for ever.
	 */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	// endregion
	// region: signal
	/*
	 * kill_pid() never sleeps, so it may be called here. priv is 1: this is
	 * the kernel's signal, not one of the interrupted task, which would need
	 * the permission to send it.
	 */
	spin_lock(&lab.lock);
	if (lab.owner)
		kill_pid(lab.pid, lab.signal, 1);
	// endregion
	spin_unlock(&lab.lock);
	return IRQ_HANDLED;
	// endregion
}

/* Registers the calling process. */
static long lab_register(struct file *file, int signal)
{
	// region: pid
	struct pid *pid;
	// endregion
	// region: flags
	unsigned long flags;
	// endregion
	long err = 0;

	// region: get
	// region: take
	/*
	 * The process, not its number: as long as we hold this, it means this
	 * process. Once that is gone it means nobody, even if another process
	 * gets the number.
	 */
	pid = get_pid(task_tgid(current));
	// endregion

	// endregion
	// region: lock
	spin_lock_irqsave(&lab.lock, flags);
	// endregion
	if (lab.owner) {
		err = -EBUSY;
	} else {
		lab.owner = file;
		lab.signal = signal;
		// region: keep
		swap(lab.pid, pid);	/* the reference is lab's now */
		// endregion
	}
	// region: unlock
	spin_unlock_irqrestore(&lab.lock, flags);
	// endregion
	// region: put-rest

	put_pid(pid);	/* what was not handed over; NULL is fine */
	// endregion
	return err;
}

/* Ends the registration made through this file. */
static long lab_unregister(struct file *file)
{
	// region: forgotten
	struct pid *pid = NULL;
	// endregion
	unsigned long flags;
	long err = 0;

	// region: first
	/* Out of the handler's sight first, ... */
	// endregion
	spin_lock_irqsave(&lab.lock, flags);
	if (lab.owner == file) {
		lab.owner = NULL;
		// region: forget
		swap(lab.pid, pid);
		// endregion
	} else {
		err = -ENOENT;
	}
	spin_unlock_irqrestore(&lab.lock, flags);
	// region: put

	// region: give-back
	/* ... then given back: once, because lab.pid is NULL by now. */
	put_pid(pid);
	// endregion
	// endregion
	return err;
}

/* ---- The device file ------------------------------------------------------- */

static long lab_register_ioctl(struct file *file, const void __user *arg)
{
	struct lab_kill_pid_target target;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	if (!target.signal || !valid_signal(target.signal))
		return -EINVAL;
	if (target.signal == SIGKILL || target.signal == SIGSTOP)
		return -EINVAL;
	/* This module knows one way to remember a process, and one sender. */
	if (target.priv != 1 || target.remember != LAB_KILL_PID_REFERENCE || target.padding)
		return -EINVAL;
	return lab_register(file, target.signal);
}

static long lab_kill_pid_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case LAB_KILL_PID_REGISTER:
		return lab_register_ioctl(file, (void __user *)arg);
	case LAB_KILL_PID_UNREGISTER:
		return lab_unregister(file);
	default:
		return -ENOTTY;
	}
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_kill_pid_release(struct inode *inode, struct file *file)
{
	lab_unregister(file);	/* -ENOENT: it had not registered, or no longer */
	return 0;
}

static const struct file_operations lab_kill_pid_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.unlocked_ioctl = lab_kill_pid_ioctl,
	.release = lab_kill_pid_release,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_kill_pid_init(void)
{
	return lab_edu_register_file(&edu, lab_kill_pid_isr, &lab_kill_pid_fops);
}
module_init(lab_kill_pid_init);

/* No file is open any more, so nobody is registered and no pid is held. */
static void __exit lab_kill_pid_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_kill_pid_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu sends a signal to the process that registered");
MODULE_LICENSE("GPL");
