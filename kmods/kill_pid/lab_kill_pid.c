// SPDX-License-Identifier: GPL-2.0
/*
 * How does an interrupt become a signal?
 *
 * A process opens /dev/lab_kill_pid and registers itself with a signal number.
 * From then on every interrupt of the edu device sends it that signal:
 *
 *	process          this module               edu
 *	REGISTER ──────▶ holds its struct pid
 *	                 lab_kill_pid_isr() ◀───── interrupt
 *	                   reads, acknowledges ──▶
 *	handler ◀─────── kill_pid()
 *
 * An interrupt falls on whatever task is running. That task, "current" in the
 * handler, is seldom the process that registered. Nothing here may depend on it,
 * and that is what the third argument of kill_pid() is about.
 *
 * The ioctls are in lab_kill_pid.h. lab_edu.h drives the device up to the
 * handler, and lab_registrant.h keeps the registration, under a lock: one process
 * at a time. The registration belongs to the open file (file description) through
 * which it was made, and ends with the last close of that file at the latest. The
 * death of the process does not end it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_kill_pid.h"
#include "lab_registrant.h"
#include "trace-lab.h"

/* The cause that LAB_KILL_PID_RAISE raises; any bit but the DMA's would do. */
#define CAUSE_RAISE	0x1

static DEFINE_LAB_EDU(edu);

/* The process that is registered, and what its interrupts are to do. */
static struct {
	struct lab_registrant who;	/* its lock is for all of this */
	struct lab_kill_pid_target target;
	pid_t number;	/* of the registered process; for kill_number() only */
} lab = {
	.who = LAB_REGISTRANT_INIT(lab.who),
};

/* ---- The interrupt --------------------------------------------------------- */

/*
 * THIS IS A BUG, kept for comparison. By the time of the interrupt the process
 * may be gone and its number somebody else's. (Looked up by find_vpid(), the
 * number would even be read in the pid namespace of the interrupted task.)
 */
static int kill_number(pid_t number, int sig, int priv)
{
	int ret;

	rcu_read_lock();
	ret = kill_pid(find_pid_ns(number, &init_pid_ns), sig, priv);
	rcu_read_unlock();
	return ret;
}

static irqreturn_t lab_kill_pid_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	struct lab_counters *counters = &lab.who.counters;

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/*
	 * Acknowledge what was read and nothing else: nobody has seen a cause
	 * that came since then. If nothing were acknowledged, the wire would
	 * stay asserted, and this handler would run for ever.
	 */
	writel(causes, edu.regs + EDU_IRQ_ACK);
	trace_lab_step("acknowledged causes", causes);

	spin_lock(&lab.who.lock);
	counters->interrupts++;
	counters->causes = causes;
	if (lab.who.owner) {
		int sig = lab.target.signal, priv = lab.target.priv;

		/* Allowed here: kill_pid() never sleeps. */
		counters->signals++;
		counters->result = lab.who.pid ? kill_pid(lab.who.pid, sig, priv) :
						 kill_number(lab.number, sig, priv);
		trace_lab_step("kill_pid returned", counters->result);
	}
	spin_unlock(&lab.who.lock);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static long lab_register(struct file *file, const void __user *arg)
{
	struct lab_kill_pid_target target;
	struct pid *pid = NULL;
	unsigned long flags;
	long err;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	if (!lab_signal_usable(target.signal))
		return -EINVAL;
	if (target.priv > 1 || target.remember > LAB_KILL_PID_NUMBER)
		return -EINVAL;
	/* What is ignored today could never get a meaning tomorrow. */
	if (target.padding)
		return -EINVAL;

	/*
	 * The process, not the calling thread. As long as we hold it, this
	 * struct pid means this process. Once the process is gone it means
	 * nobody, whoever gets the same number.
	 */
	if (target.remember == LAB_KILL_PID_REFERENCE)
		pid = get_pid(task_tgid(current));

	spin_lock_irqsave(&lab.who.lock, flags);
	err = lab_registrant_set(&lab.who, file, &pid);
	if (!err) {
		lab.target = target;
		lab.number = task_tgid_nr(current);
	}
	spin_unlock_irqrestore(&lab.who.lock, flags);

	put_pid(pid);	/* what was not taken over; NULL is fine */
	return err;
}

static long lab_kill_pid_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_KILL_PID_REGISTER:
		return lab_register(file, p);
	case LAB_KILL_PID_UNREGISTER:
		return lab_registrant_clear(&lab.who, file);
	case LAB_KILL_PID_RAISE:
		return lab_edu_raise(&edu, CAUSE_RAISE);
	case LAB_KILL_PID_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	case LAB_KILL_PID_COUNTERS:
		return lab_counters_read(&lab.who.counters, &lab.who.lock, p);
	default:
		return -ENOTTY;
	}
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_kill_pid_release(struct inode *inode, struct file *file)
{
	lab_registrant_clear(&lab.who, file);	/* -ENOENT: it was not registered */
	return 0;
}

static const struct file_operations lab_kill_pid_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.unlocked_ioctl = lab_kill_pid_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
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
