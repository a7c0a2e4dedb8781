// SPDX-License-Identifier: GPL-2.0
/*
 * What should a driver use instead of a signal?
 *
 * A process makes an eventfd, opens /dev/lab_eventfd and registers the eventfd
 * there. From then on every interrupt of the edu device adds 1 to the eventfd's
 * count:
 *
 *	process              this module               edu
 *	REGISTER fd ───────▶ holds its context
 *	                     lab_eventfd_isr() ◀────── interrupt
 *	                       reads, acknowledges ──▶
 *	read, poll ◀── +1 ── eventfd_signal()
 *
 * A number means nothing in an interrupt: the file that is descriptor 3 depends on
 * "current", and that is whatever task was interrupted. So the module looks the
 * number up once, in the ioctl, where "current" is the process that passed it. It
 * keeps the context, which lives as long as anybody holds it.
 *
 * The ioctls are in lab_eventfd.h. Every open file (file description) registers
 * one eventfd, for causes of its choice; the registration ends with the last close
 * of that file at the latest. Closing the eventfd does not end it: then the
 * interrupts add to a count that nobody can read.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_eventfd.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

/* What belongs to one open file. lab_lock is for all but the memory itself. */
struct lab_listener {
	struct list_head node;	/* in lab_listeners while registered */
	struct lab_eventfd_target target;
	struct eventfd_ctx *ctx;	/* ours to put; NULL for a number */
	struct lab_counters counters;
};

/*
 * The interrupt handler walks the list, so the lock is taken with interrupts
 * off everywhere else: see include/lab_registrant.h.
 */
static DEFINE_SPINLOCK(lab_lock);
static LIST_HEAD(lab_listeners);

/* ---- The interrupt --------------------------------------------------------- */

/*
 * THIS IS A BUG, kept for comparison. The number is looked up among the files
 * of the interrupted task: it may be nothing there, or another eventfd. And a
 * task that is just exiting has no files any more, which eventfd_ctx_fdget()
 * does not expect.
 */
static int signal_number(int fd)
{
	struct eventfd_ctx *ctx;

	if (!current->files)
		return -EBADF;
	ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	eventfd_signal(ctx);
	eventfd_ctx_put(ctx);
	return 0;
}

static void lab_notify(struct lab_listener *listener, u32 causes)
{
	struct lab_counters *counters = &listener->counters;

	counters->interrupts++;
	counters->causes = causes;
	if (listener->ctx) {
		/* Allowed here: it never sleeps. It reports nothing either. */
		eventfd_signal(listener->ctx);
		counters->signals++;
		return;
	}
	counters->result = signal_number(listener->target.fd);
	if (!counters->result)
		counters->signals++;
	trace_lab_step("looked up the number", counters->result);
}

static irqreturn_t lab_eventfd_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	struct lab_listener *listener;

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab_lock);
	list_for_each_entry(listener, &lab_listeners, node)
		if (listener->target.causes & causes)
			lab_notify(listener, causes);
	spin_unlock(&lab_lock);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static int lab_eventfd_open(struct inode *inode, struct file *file)
{
	struct lab_listener *listener = kzalloc(sizeof(*listener), GFP_KERNEL);

	if (!listener)
		return -ENOMEM;
	INIT_LIST_HEAD(&listener->node);
	file->private_data = listener;
	return 0;
}

static long lab_register(struct lab_listener *listener, const void __user *arg)
{
	struct lab_eventfd_target target;
	struct eventfd_ctx *ctx;
	unsigned long flags;
	long err = 0;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	/* What is ignored today could never get a meaning tomorrow. */
	if (!target.causes || target.remember > LAB_EVENTFD_NUMBER || target.padding)
		return -EINVAL;

	/* Here, and not later: here the number is the caller's. */
	ctx = eventfd_ctx_fdget(target.fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (target.remember == LAB_EVENTFD_NUMBER) {
		eventfd_ctx_put(ctx);
		ctx = NULL;
	}

	spin_lock_irqsave(&lab_lock, flags);
	if (list_empty(&listener->node)) {
		listener->target = target;
		memset(&listener->counters, 0, sizeof(listener->counters));
		swap(listener->ctx, ctx);	/* the reference is the listener's now */
		list_add_tail(&listener->node, &lab_listeners);
	} else {
		err = -EBUSY;
	}
	spin_unlock_irqrestore(&lab_lock, flags);

	if (ctx)	/* was not handed over */
		eventfd_ctx_put(ctx);
	return err;
}

static long lab_unregister(struct lab_listener *listener)
{
	struct eventfd_ctx *ctx = NULL;
	unsigned long flags;
	long err = 0;

	/* Out of the handler's sight first, ... */
	spin_lock_irqsave(&lab_lock, flags);
	if (list_empty(&listener->node)) {
		err = -ENOENT;
	} else {
		list_del_init(&listener->node);
		swap(listener->ctx, ctx);
	}
	spin_unlock_irqrestore(&lab_lock, flags);

	/* ... then given back. */
	if (ctx)
		eventfd_ctx_put(ctx);
	return err;
}

static long lab_eventfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct lab_listener *listener = file->private_data;
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_EVENTFD_REGISTER:
		return lab_register(listener, p);
	case LAB_EVENTFD_UNREGISTER:
		return lab_unregister(listener);
	case LAB_EVENTFD_RAISE:
		return lab_edu_raise_user(&edu, p);
	case LAB_EVENTFD_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	case LAB_EVENTFD_COUNTERS:
		return lab_counters_read(&listener->counters, &lab_lock, p);
	default:
		return -ENOTTY;
	}
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_eventfd_release(struct inode *inode, struct file *file)
{
	struct lab_listener *listener = file->private_data;

	lab_unregister(listener);	/* -ENOENT: it was not registered */
	kfree(listener);
	return 0;
}

static const struct file_operations lab_eventfd_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.open = lab_eventfd_open,
	.unlocked_ioctl = lab_eventfd_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_eventfd_release,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_eventfd_init(void)
{
	return lab_edu_register_file(&edu, lab_eventfd_isr, &lab_eventfd_fops);
}
module_init(lab_eventfd_init);

/* No file is open any more, so the list is empty and no context is held. */
static void __exit lab_eventfd_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_eventfd_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu adds to the eventfds that were registered");
MODULE_LICENSE("GPL");
