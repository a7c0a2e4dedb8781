// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand interrupts: who loses what?
 *
 * The same interrupts of the same device, told to user space by what the
 * program chose:
 *
 *	SIGNAL	lab_transports_isr() ── send_sig_info() ────▶ the process
 *	EVENTFD	lab_transports_isr() ── eventfd_signal() ───▶ the counter
 *	NETLINK	lab_transports_isr() ─▶ lab_transports_work()
 *				      ── genlmsg_multicast() ▶ the group
 *	QUEUE	lab_transports_isr() ── the queue ◀────────── read()
 *
 * The payload is what the device says of itself: the causes, which are the
 * number of the interrupt here, from 1.
 *
 * The first two need no memory of this module, and the module cannot know what
 * became of what it sent. The last is the module's own, with a limit and with
 * an account of what went beyond it.
 *
 * The ioctls are in lab_transports.h. This part of the module is what drives the
 * device; transports.h says where the others are.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/eventfd.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"
#include "transports.h"

static DEFINE_LAB_EDU(edu);

/* For lab_raise() to see that an interrupt was handled. Never set back. */
static u32 interrupts;
static DECLARE_WAIT_QUEUE_HEAD(raiser);

static int lab_send_signal(u32 payload)
{
	struct kernel_siginfo info;
	struct task_struct *task;
	int err = -ESRCH;

	clear_siginfo(&info);
	info.si_signo = lab.choice.signal;
	info.si_code = SI_QUEUE;
	info.si_int = payload;

	rcu_read_lock();
	task = pid_task(lab.who.pid, PIDTYPE_TGID);
	if (task)
		err = send_sig_info(info.si_signo, &info, task);
	rcu_read_unlock();
	return err;
}

static irqreturn_t lab_transports_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	u32 number;

	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab.who.lock);
	number = ++lab.counters.interrupts;
	switch (lab.who.owner ? lab.choice.transport : 0) {
	case LAB_TRANSPORTS_SIGNAL:
		lab_account(number, lab_send_signal(causes));
		break;
	case LAB_TRANSPORTS_EVENTFD:
		eventfd_signal(lab.eventfd);	/* returns nothing: it adds 1 */
		lab_account(number, 0);
		break;
	case LAB_TRANSPORTS_NETLINK:
		if (!lab_netlink_note(number, causes))
			lab_account(number, -ENOSPC);
		break;
	case LAB_TRANSPORTS_QUEUE:
		lab_account(number, lab_queue(number, causes));
		break;
	}
	WRITE_ONCE(interrupts, interrupts + 1);
	spin_unlock(&lab.who.lock);
	wake_up(&raiser);
	return IRQ_HANDLED;
}

long lab_raise(const u32 __user *arg)
{
	u32 count, payload;
	long err = 0;

	if (get_user(count, arg))
		return -EFAULT;
	if (!count || count > LAB_TRANSPORTS_RAISE_MAX)
		return -EINVAL;

	if (mutex_lock_interruptible(&lab_mutex))
		return -ERESTARTSYS;
	for (payload = 1; payload <= count; payload++) {
		u32 before = READ_ONCE(interrupts);

		/* The wait below never sleeps if edu interrupts at once. */
		cond_resched();
		err = lab_edu_raise(&edu, payload);
		if (err)
			break;
		/* Two raises before the handler runs would be one interrupt. */
		if (!wait_event_timeout(raiser, READ_ONCE(interrupts) != before, HZ)) {
			err = -EIO;
			break;
		}
	}
	lab_netlink_flush();
	mutex_unlock(&lab_mutex);
	return err;
}

static int __init lab_transports_init(void)
{
	int err;

	err = lab_netlink_register();
	if (err)
		return err;
	err = lab_edu_register_file(&edu, lab_transports_isr, &lab_transports_fops);
	if (err)
		lab_netlink_unregister();
	return err;
}
module_init(lab_transports_init);

/* No file is open any more, so nobody has chosen. */
static void __exit lab_transports_exit(void)
{
	lab_edu_unregister(&edu);
	lab_netlink_unregister();
}
module_exit(lab_transports_exit);

MODULE_DESCRIPTION("Upcall: the same interrupts by signal, eventfd, netlink and read");
MODULE_LICENSE("GPL");
