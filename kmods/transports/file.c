// SPDX-License-Identifier: GPL-2.0
/*
 * The device file. Through it a process chooses how it is told of interrupts; one
 * open file at a time has chosen.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "transports.h"

/* Takes a choice out of the handler's sight, then gives back what it held. */
static void lab_forget(struct file *file)
{
	struct eventfd_ctx *eventfd = NULL;
	struct pid *pid = NULL;
	unsigned long flags;

	spin_lock_irqsave(&lab.who.lock, flags);
	if (!lab_registrant_take(&lab.who, file, &pid))
		swap(lab.eventfd, eventfd);
	spin_unlock_irqrestore(&lab.who.lock, flags);

	put_pid(pid);
	if (eventfd)
		eventfd_ctx_put(eventfd);
}

static long lab_check(const struct lab_transports_choice *choice)
{
	bool by_signal = choice->transport == LAB_TRANSPORTS_SIGNAL;
	bool by_eventfd = choice->transport == LAB_TRANSPORTS_EVENTFD;

	if (!choice->transport || choice->transport > LAB_TRANSPORTS_QUEUE || choice->padding)
		return -EINVAL;
	if (by_signal ? !lab_signal_usable(choice->signal) : choice->signal)
		return -EINVAL;
	if (!by_eventfd && choice->eventfd)
		return -EINVAL;
	return 0;
}

static long lab_choose(struct file *file, const void __user *arg)
{
	struct lab_transports_choice choice;
	struct eventfd_ctx *eventfd = NULL;
	unsigned long flags;
	struct pid *pid;
	long err;

	if (copy_from_user(&choice, arg, sizeof(choice)))
		return -EFAULT;
	err = lab_check(&choice);
	if (err)
		return err;
	if (choice.transport == LAB_TRANSPORTS_EVENTFD) {
		/* The context, not the number: that may mean another file soon. */
		eventfd = eventfd_ctx_fdget(choice.eventfd);
		if (IS_ERR(eventfd))
			return PTR_ERR(eventfd);
	}
	pid = get_pid(task_tgid(current));

	mutex_lock(&lab_mutex);
	lab_forget(file);
	lab_netlink_flush();
	spin_lock_irqsave(&lab.who.lock, flags);
	err = lab_registrant_set(&lab.who, file, &pid);
	if (!err) {
		lab.choice = choice;
		swap(lab.eventfd, eventfd);
		memset(&lab.counters, 0, sizeof(lab.counters));
		lab.result = 0;
		lab_queue_reset();
	}
	spin_unlock_irqrestore(&lab.who.lock, flags);
	mutex_unlock(&lab_mutex);

	put_pid(pid);	/* what was not taken over */
	if (eventfd)
		eventfd_ctx_put(eventfd);
	return err;
}

static long lab_counters(void __user *arg)
{
	struct lab_transports_counters counters;
	unsigned long flags;

	spin_lock_irqsave(&lab.who.lock, flags);
	counters = lab.counters;
	spin_unlock_irqrestore(&lab.who.lock, flags);

	return copy_to_user(arg, &counters, sizeof(counters)) ? -EFAULT : 0;
}

static long lab_transports_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_TRANSPORTS_CHOOSE:
		return lab_choose(file, p);
	case LAB_TRANSPORTS_RAISE:
		return lab_raise(p);
	case LAB_TRANSPORTS_COUNTERS:
		return lab_counters(p);
	default:
		return -ENOTTY;
	}
}

static int lab_transports_release(struct inode *inode, struct file *file)
{
	lab_forget(file);
	return 0;
}

const struct file_operations lab_transports_fops = {
	.owner = THIS_MODULE,
	.read = lab_queue_read,
	.poll = lab_queue_poll,
	.unlocked_ioctl = lab_transports_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_transports_release,
};
