// SPDX-License-Identifier: GPL-2.0
/*
 * When does a process see a signal sent to itself in a system call?
 *
 * A process asks /dev/lab_signal_self to send it a signal, in an ioctl:
 *
 *	process               this module
 *	ioctl SEND ─────────▶ send_sig(signal, current): it is pending now
 *	                      the statement after it: runs
 *	                      return result
 *	handler ◀─ the way out of the kernel: arch_do_signal_or_restart()
 *	ioctl returns result
 *
 * A signal does not stop code of the kernel, not even SIGKILL. It sets a flag,
 * TIF_SIGPENDING, and the kernel looks at the flag on the way back to user space.
 * Code that wants to stop earlier has to look itself: signal_pending(). An
 * interruptible sleep does so, and gives up at once.
 *
 * The second half is a read that sleeps until an interrupt wakes it; another
 * interrupt sends a signal. The read then returns one of four numbers, which tell
 * the way out of the kernel whether to call it again or to report EINTR.
 *
 * The calls are in lab_signal_self.h. One process at a time is registered.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/thread_info.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"
#include "lab_registrant.h"
#include "lab_signal_self.h"
#include "trace-lab.h"

#define CAUSE_WAKE	0x1
#define CAUSE_SIGNAL	EDU_CAUSE_DMA

static DEFINE_LAB_EDU(edu);

static struct {
	struct lab_registrant who;	/* its lock is also for the target */
	struct lab_signal_self_target target;
	wait_queue_head_t wait;
	atomic_t wakes;		/* not yet read */
} lab = {
	.who = LAB_REGISTRANT_INIT(lab.who),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(lab.wait),
};

/* ---- The interrupt --------------------------------------------------------- */

static irqreturn_t lab_signal_self_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	if (causes & CAUSE_WAKE) {
		atomic_inc(&lab.wakes);
		wake_up_interruptible(&lab.wait);
	}
	if (causes & CAUSE_SIGNAL) {
		spin_lock(&lab.who.lock);
		if (lab.who.owner)
			kill_pid(lab.who.pid, lab.target.signal, 1);
		spin_unlock(&lab.who.lock);
	}
	return IRQ_HANDLED;
}

/* ---- The signal in a system call ------------------------------------------- */

static long lab_send(const void __user *arg)
{
	struct lab_signal_self_send send;
	long err;

	if (copy_from_user(&send, arg, sizeof(send)))
		return -EFAULT;
	/* valid_signal() is true for 0, but 0 sends nothing. */
	if (!send.signal || !valid_signal(send.signal) || send.result < 0 || send.padding ||
	    send.then > LAB_SIGNAL_SELF_SLEEP)
		return -EINVAL;

	err = send_sig(send.signal, current, 1);
	if (err)
		return err;

	switch (send.then) {
	case LAB_SIGNAL_SELF_ASK:
		/*
		 * Not -ERESTARTSYS: called again, it would send again. A call
		 * that cannot be repeated reports the truth: it was interrupted.
		 */
		if (signal_pending(current))
			return -EINTR;
		break;
	case LAB_SIGNAL_SELF_SLEEP:
		/* Nobody wakes it. A driver returns this error; here it is only shown. */
		err = wait_event_interruptible_timeout(lab.wait, false, msecs_to_jiffies(10));
		trace_lab_step("interruptible sleep gives", err);
		break;
	}

	trace_lab_step("the statement after signal", send.signal);
	return send.result;
}

/* ---- The sleep that a signal ends ------------------------------------------ */

static long lab_sleep(u32 __user *buf);

/* What restart_syscall(2) calls, if no handler ran. */
static long lab_sleep_on(struct restart_block *block)
{
	return lab_sleep(block->futex.uaddr);
}

static long lab_interrupted(u32 __user *buf)
{
	struct restart_block *block = &current->restart_block;
	unsigned long flags;
	u32 restart;

	spin_lock_irqsave(&lab.who.lock, flags);
	restart = lab.target.restart;
	spin_unlock_irqrestore(&lab.who.lock, flags);

	switch (restart) {
	case LAB_SIGNAL_SELF_RESTARTNOINTR:
		return -ERESTARTNOINTR;
	case LAB_SIGNAL_SELF_RESTARTNOHAND:
		return -ERESTARTNOHAND;
	case LAB_SIGNAL_SELF_RESTARTBLOCK:
		/* Room for the call's arguments; this part is the futexes'. */
		block->futex.uaddr = buf;
		return set_restart_fn(block, lab_sleep_on);
	default:
		return -ERESTARTSYS;
	}
}

static long lab_sleep(u32 __user *buf)
{
	u32 wakes;

	/* In a loop: another reader may have been faster. */
	while (!(wakes = atomic_xchg(&lab.wakes, 0)))
		if (wait_event_interruptible(lab.wait, atomic_read(&lab.wakes)))
			return lab_interrupted(buf);
	if (put_user(wakes, buf)) {
		/* The caller has not seen them: they are still to be read. */
		atomic_add(wakes, &lab.wakes);
		wake_up_interruptible(&lab.wait);
		return -EFAULT;
	}
	return sizeof(wakes);
}

/* ---- The device file ------------------------------------------------------- */

static ssize_t lab_signal_self_read(struct file *file, char __user *buf, size_t count,
				    loff_t *pos)
{
	if (count < sizeof(u32))
		return -EINVAL;
	return lab_sleep((u32 __user *)buf);
}

static ssize_t lab_signal_self_write(struct file *file, const char __user *buf, size_t count,
				     loff_t *pos)
{
	int err;

	if (count < sizeof(u32))
		return -EINVAL;
	err = lab_edu_raise_user(&edu, (const u32 __user *)buf);
	return err ? err : (ssize_t)sizeof(u32);
}

/*
 * From the first registration for -ERESTART_RESTARTBLOCK on, any task may have a
 * pointer to lab_sleep_on(), and nothing tells when the last one is gone. That
 * alone is reason for a driver to leave this code to the kernel itself.
 */
static void lab_stay_loaded(void)
{
	static DEFINE_MUTEX(lock);
	static bool stays;

	mutex_lock(&lock);
	if (!stays)
		__module_get(THIS_MODULE);
	stays = true;
	mutex_unlock(&lock);
}

static long lab_register(struct file *file, const void __user *arg)
{
	struct lab_signal_self_target target;
	struct pid *pid;
	unsigned long flags;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	if (!target.signal || !valid_signal(target.signal) ||
	    target.restart > LAB_SIGNAL_SELF_RESTARTBLOCK)
		return -EINVAL;
	if (target.restart == LAB_SIGNAL_SELF_RESTARTBLOCK)
		lab_stay_loaded();

	pid = get_pid(task_tgid(current));
	spin_lock_irqsave(&lab.who.lock, flags);
	lab_registrant_replace(&lab.who, file, &pid);
	lab.target = target;
	atomic_set(&lab.wakes, 0);
	spin_unlock_irqrestore(&lab.who.lock, flags);

	put_pid(pid);	/* of the last registration; NULL is fine */
	return 0;
}

static long lab_signal_self_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_SIGNAL_SELF_SEND:
		return lab_send(p);
	case LAB_SIGNAL_SELF_REGISTER:
		return lab_register(file, p);
	case LAB_SIGNAL_SELF_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	default:
		return -ENOTTY;
	}
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_signal_self_release(struct inode *inode, struct file *file)
{
	lab_registrant_clear(&lab.who, file);	/* -ENOENT: it was not registered */
	return 0;
}

static const struct file_operations lab_signal_self_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.read = lab_signal_self_read,
	.write = lab_signal_self_write,
	.unlocked_ioctl = lab_signal_self_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_signal_self_release,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_signal_self_init(void)
{
	return lab_edu_register_file(&edu, lab_signal_self_isr, &lab_signal_self_fops);
}
module_init(lab_signal_self_init);

/* No file is open any more, so nobody is registered and no pid is held. */
static void __exit lab_signal_self_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_signal_self_exit);

MODULE_DESCRIPTION("Upcall: a system call sends a signal to its own caller");
MODULE_LICENSE("GPL");
