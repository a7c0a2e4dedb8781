// SPDX-License-Identifier: GPL-2.0
/*
 * A signal that says which interrupt it is for.
 *
 * A thread opens /dev/lab_siginfo and registers itself with a signal number and
 * a value. From then on every interrupt of the edu device sends it that signal.
 * The first carries the value in its siginfo, and each later one a value that is
 * one higher, so a thread that misses a signal sees a gap.
 *
 *	thread           this module                edu
 *	REGISTER ──────▶ holds its struct pid
 *	                 lab_siginfo_isr() ◀─────── interrupt
 *	                   reads, acknowledges ───▶
 *	si_int ◀──────── send_sig_info()
 *
 * One thread at a time is registered. The registration belongs to the open file
 * through which it was made, and ends with UNREGISTER or with the last close of
 * that file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_siginfo.h"

static DEFINE_LAB_EDU(edu);

/*
 * The registration. The interrupt handler reads and writes this, so @lock is
 * taken with interrupts off everywhere else.
 */
static struct {
	spinlock_t lock;	/* for everything below */
	struct file *owner;	/* NULL: nobody is registered */
	int signal;
	int value;		/* what the next interrupt's signal carries */
	struct pid *pid;	/* ours to put; NULL when nobody is registered */
} lab = {
	.lock = __SPIN_LOCK_UNLOCKED(lab.lock),
};

/* ---- The interrupt --------------------------------------------------------- */

/* Sends a signal with a value to one thread. Called in an interrupt. */
static int lab_send(struct pid *pid, int signal, int value)
{
	// region: send
	struct kernel_siginfo info;
	struct task_struct *task;
	int ret = -ESRCH;

	// region: clear
	/*
	 * The whole structure is copied to user space: a part that is not cleared
	 * here leaks what was on the kernel's stack.
	 */
	clear_siginfo(&info);
	// endregion
	info.si_signo = signal;
	// region: code
	/*
	 * The code says which fields there are. SI_QUEUE has a value, as from
	 * sigqueue(3). SI_KERNEL has none: a signalfd and a 32-bit program, which
	 * get the fields one by one, would read 0.
	 */
	info.si_code = SI_QUEUE;
	// endregion
	// region: value
	info.si_int = value;
	// endregion

	// region: lock
	/* The task may be dying, even dead, but it is not freed under us. */
	rcu_read_lock();
	// endregion
	task = pid_task(pid, PIDTYPE_PID);
	if (task)
		ret = send_sig_info(signal, &info, task);
	// region: unlock
	rcu_read_unlock();
	// endregion
	return ret;
	// endregion
}

static irqreturn_t lab_siginfo_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab.lock);
	if (lab.owner) {
		// region: interrupt
		/*
		 * With RLIMIT_SIGPENDING signals pending this fails with -EAGAIN,
		 * and the signal is lost. There is no caller to report that to,
		 * but the interrupt counts, and the next signal that arrives
		 * shows that one is missing.
		 */
		// region: to
		lab_send(lab.pid, lab.signal, lab.value);
		// endregion
		lab.value++;
		// endregion
	}
	spin_unlock(&lab.lock);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static long lab_register(struct file *file, const void __user *arg)
{
	struct lab_siginfo_target target;
	struct pid *pid;
	unsigned long flags;
	long err = 0;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	if (!target.signal || !valid_signal(target.signal))
		return -EINVAL;
	if (target.signal == SIGKILL || target.signal == SIGSTOP)
		return -EINVAL;
	/* This module knows one way to send. */
	if (target.send != LAB_SIGINFO_QUEUE || target.padding)
		return -EINVAL;

	pid = get_pid(task_pid(current));

	spin_lock_irqsave(&lab.lock, flags);
	if (lab.owner) {
		err = -EBUSY;
	} else {
		lab.owner = file;
		lab.signal = target.signal;
		lab.value = target.value;
		swap(lab.pid, pid);	/* the reference is lab's now */
	}
	spin_unlock_irqrestore(&lab.lock, flags);

	put_pid(pid);	/* what was not handed over; NULL is fine */
	return err;
}

static long lab_unregister(struct file *file)
{
	struct pid *pid = NULL;
	unsigned long flags;
	long err = 0;

	/* Out of the handler's sight first, ... */
	spin_lock_irqsave(&lab.lock, flags);
	if (lab.owner == file) {
		lab.owner = NULL;
		swap(lab.pid, pid);
	} else {
		err = -ENOENT;
	}
	spin_unlock_irqrestore(&lab.lock, flags);

	/* ... then given back. */
	put_pid(pid);
	return err;
}

static long lab_siginfo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_SIGINFO_REGISTER:
		return lab_register(file, p);
	case LAB_SIGINFO_UNREGISTER:
		return lab_unregister(file);
	default:
		return -ENOTTY;
	}
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_siginfo_release(struct inode *inode, struct file *file)
{
	lab_unregister(file);	/* -ENOENT: it had not registered, or no longer */
	return 0;
}

static const struct file_operations lab_siginfo_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.unlocked_ioctl = lab_siginfo_ioctl,
	.release = lab_siginfo_release,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_siginfo_init(void)
{
	return lab_edu_register_file(&edu, lab_siginfo_isr, &lab_siginfo_fops);
}
module_init(lab_siginfo_init);

/* No file is open any more, so nobody is registered and no pid is held. */
static void __exit lab_siginfo_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_siginfo_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu sends a signal with a value");
MODULE_LICENSE("GPL");
