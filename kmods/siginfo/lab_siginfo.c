// SPDX-License-Identifier: GPL-2.0
/*
 * What can a signal carry from an interrupt?
 *
 * A thread opens /dev/lab_siginfo and registers itself with a signal number and
 * a value. From then on every interrupt of the edu device sends it that signal
 * with that value in the siginfo:
 *
 *	thread           this module                edu
 *	REGISTER ──────▶ holds its struct pid
 *	                 lab_siginfo_isr() ◀─────── interrupt
 *	                   reads, acknowledges ───▶
 *	si_int ◀──────── send_sig_info()
 *
 * Drivers have long been advised to do this, and much has changed since. This
 * module differs from the old advice in three ways:
 *
 *  - struct siginfo is user space's, with all its padding. In the kernel it is
 *    struct kernel_siginfo, and it begins as clear_siginfo() leaves it: the
 *    whole of it is copied to user space, so what is not cleared leaks.
 *  - find_task_by_pid_type() is gone, and it is no loss. A number that is looked
 *    up when the interrupt comes may belong to another process by then, and
 *    find_task_by_vpid() would look in the pid namespace of the interrupted
 *    task. (Modules cannot call that one either.) This module takes the struct
 *    pid of the caller when it registers; no number is involved.
 *  - A task_struct found under RCU is there until rcu_read_unlock(), no longer.
 *    So the module keeps the pid, and looks up the task each time.
 *
 * The ioctls are in lab_siginfo.h; lab_registrant.h keeps the registration, under
 * a lock: one thread at a time. The registration belongs to the open file (file
 * description) through which it was made, and ends with the last close of that
 * file at the latest. The death of the thread does not end it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_registrant.h"
#include "lab_siginfo.h"
#include "trace-lab.h"

/* The cause that LAB_SIGINFO_RAISE raises; any bit but the DMA's would do. */
#define CAUSE_RAISE	0x1

static DEFINE_LAB_EDU(edu);

/* The thread that is registered, and what its interrupts are to do. */
static struct {
	struct lab_registrant who;	/* its lock is for all of this */
	struct lab_siginfo_target target;
} lab = {
	.who = LAB_REGISTRANT_INIT(lab.who),
};

/* ---- The interrupt --------------------------------------------------------- */

/* Sends to one thread, with a siginfo of our own making. Never sleeps. */
static int send_with_siginfo(struct pid *pid, const struct lab_siginfo_target *target)
{
	struct kernel_siginfo info;
	struct task_struct *task;
	int ret = -ESRCH;

	clear_siginfo(&info);
	info.si_signo = target->signal;
	info.si_code = target->send == LAB_SIGINFO_QUEUE ? SI_QUEUE : SI_KERNEL;
	info.si_int = target->value;

	/* The task may be dying, even dead, but it is not freed under us. */
	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_PID);
	if (task)
		ret = send_sig_info(target->signal, &info, task);
	rcu_read_unlock();
	return ret;
}

static irqreturn_t lab_siginfo_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	struct lab_counters *counters = &lab.who.counters;

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab.who.lock);
	counters->interrupts++;
	counters->causes = causes;
	if (lab.who.owner) {
		counters->signals++;
		if (lab.target.send == LAB_SIGINFO_KILL_PID) {
			counters->result = kill_pid(lab.who.pid, lab.target.signal, 1);
			trace_lab_step("kill_pid returned", counters->result);
		} else {
			counters->result = send_with_siginfo(lab.who.pid, &lab.target);
			trace_lab_step("send_sig_info returned", counters->result);
		}
	}
	spin_unlock(&lab.who.lock);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static long lab_register(struct file *file, const void __user *arg)
{
	struct lab_siginfo_target target;
	struct pid *pid;
	unsigned long flags;
	long err;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	if (!lab_signal_usable(target.signal))
		return -EINVAL;
	if (target.send > LAB_SIGINFO_KILL_PID)
		return -EINVAL;
	/* kill_pid() could not deliver it: better to refuse now than to lose it. */
	if (target.send == LAB_SIGINFO_KILL_PID && target.value)
		return -EINVAL;
	/* What is ignored today could never get a meaning tomorrow. */
	if (target.padding)
		return -EINVAL;

	/*
	 * send_sig_info() signals one thread, here the calling one; kill_pid()
	 * signals a process. As long as we hold it, this struct pid means that
	 * thread or process. Once that is gone, it means nobody.
	 */
	if (target.send == LAB_SIGINFO_KILL_PID)
		pid = get_pid(task_tgid(current));
	else
		pid = get_pid(task_pid(current));

	spin_lock_irqsave(&lab.who.lock, flags);
	err = lab_registrant_set(&lab.who, file, &pid);
	if (!err)
		lab.target = target;
	spin_unlock_irqrestore(&lab.who.lock, flags);

	put_pid(pid);	/* what was not taken over; NULL is fine */
	return err;
}

static long lab_siginfo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_SIGINFO_REGISTER:
		return lab_register(file, p);
	case LAB_SIGINFO_UNREGISTER:
		return lab_registrant_clear(&lab.who, file);
	case LAB_SIGINFO_RAISE:
		return lab_edu_raise(&edu, CAUSE_RAISE);
	case LAB_SIGINFO_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	case LAB_SIGINFO_COUNTERS:
		return lab_counters_read(&lab.who.counters, &lab.who.lock, p);
	default:
		return -ENOTTY;
	}
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_siginfo_release(struct inode *inode, struct file *file)
{
	lab_registrant_clear(&lab.who, file);	/* -ENOENT: it was not registered */
	return 0;
}

static const struct file_operations lab_siginfo_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.unlocked_ioctl = lab_siginfo_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
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
