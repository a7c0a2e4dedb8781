// SPDX-License-Identifier: GPL-2.0
/*
 * How does a driver say no?
 *
 * It returns a negative number, and a program sees another one:
 *
 *	the driver       the rest of the kernel      libc, the program
 *	-EINVAL          -22                         -1, errno 22
 *	-ENOIOCTLCMD     -25, in vfs_ioctl()         -1, errno 25: ENOTTY
 *	-ERESTARTSYS     up to the pending signal;   nothing, or EINTR;
 *	                 without one, -512           -1, errno 512: no name
 *	-4096            -4096                       -4096: no error for libc
 *
 * The device is a short queue of bytes, with every refusal that such a device
 * needs, and one ioctl that returns whatever the program asks it to. Each answer
 * of the driver's is a step in the trace: where there is none, somebody before
 * the driver has said no.
 *
 * The calls are in lab_errno.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_errno.h"
#include "trace-lab.h"

static DEFINE_MUTEX(lab_lock);	/* for lab_queue and lab_owner */
static DEFINE_KFIFO(lab_queue, u8, LAB_ERRNO_ROOM);
static struct file *lab_owner;	/* NULL: nobody has claimed the device */
static DECLARE_WAIT_QUEUE_HEAD(lab_wait);	/* until lab_queue changes */

/* The driver's last word, before anybody else makes something of it. */
static long answer(long ret)
{
	trace_lab_step("the driver returns", ret);
	return ret;
}

/* ---- The queue ------------------------------------------------------------- */

/*
 * Takes lab_lock when there is something to read, or room to write. The order
 * of the refusals is the usual one: first whether it may wait at all.
 */
static int lock_when(struct file *file, bool (*ready)(void))
{
	for (;;) {
		/* Nothing has been done yet: the call may be made again. */
		if (mutex_lock_interruptible(&lab_lock))
			return -ERESTARTSYS;
		if (ready())
			return 0;
		mutex_unlock(&lab_lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(lab_wait, ready()))
			return -ERESTARTSYS;
	}
}

static bool has_bytes(void)
{
	return !kfifo_is_empty(&lab_queue);
}

static bool has_room(void)
{
	return !kfifo_is_full(&lab_queue);
}

static ssize_t lab_errno_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	unsigned int copied;
	int err;

	if (!count)
		return answer(0);
	err = lock_when(file, has_bytes);
	if (err)
		return answer(err);
	err = kfifo_to_user(&lab_queue, buf, count, &copied);
	mutex_unlock(&lab_lock);
	if (!copied)
		return answer(err);
	/* These are gone from the queue. An error now would say that none are. */
	wake_up_interruptible(&lab_wait);
	return answer(copied);
}

static ssize_t lab_errno_write(struct file *file, const char __user *buf, size_t count,
			       loff_t *pos)
{
	unsigned int copied;
	int err;

	if (!count)
		return answer(0);
	err = lock_when(file, has_room);
	if (err)
		return answer(err);
	err = kfifo_from_user(&lab_queue, buf, count, &copied);
	mutex_unlock(&lab_lock);
	if (!copied)
		return answer(err);
	wake_up_interruptible(&lab_wait);
	return answer(copied);
}

static __poll_t lab_errno_poll(struct file *file, struct poll_table_struct *table)
{
	__poll_t events = 0;

	poll_wait(file, &lab_wait, table);
	if (has_bytes())
		events |= EPOLLIN | EPOLLRDNORM;
	if (has_room())
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

/* ---- The requests ---------------------------------------------------------- */

static long lab_answer(const void __user *arg)
{
	struct lab_errno_answer told;

	if (copy_from_user(&told, arg, sizeof(told)))
		return -EFAULT;
	/* What is ignored today could never get a meaning tomorrow. */
	if (told.padding)
		return -EINVAL;
	/* valid_signal() is true for 0. */
	if (!valid_signal(told.signal))
		return -EINVAL;
	if (told.signal)
		send_sig(told.signal, current, 1);
	return told.value;
}

static long lab_claim(struct file *file)
{
	long err = 0;

	if (mutex_lock_interruptible(&lab_lock))
		return -ERESTARTSYS;
	if (lab_owner && lab_owner != file)
		err = -EBUSY;
	else
		lab_owner = file;
	mutex_unlock(&lab_lock);
	return err;
}

static long lab_errno_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_ERRNO_ANSWER:
		return answer(lab_answer(p));
	case LAB_ERRNO_CLAIM:
		return answer(lab_claim(file));
	default:
		/* Not -EINVAL: the request may be good, elsewhere. */
		return answer(-ENOTTY);
	}
}

/* ---- The device file ------------------------------------------------------- */

static int lab_errno_open(struct inode *inode, struct file *file)
{
	/* A queue has no position: with this, pread() is refused, as lseek() is. */
	return stream_open(inode, file);
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_errno_release(struct inode *inode, struct file *file)
{
	/* No way to say no here: what this returns, nobody gets to see. */
	mutex_lock(&lab_lock);
	if (lab_owner == file)
		lab_owner = NULL;
	mutex_unlock(&lab_lock);
	return 0;
}

static const struct file_operations lab_errno_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.open = lab_errno_open,
	.read = lab_errno_read,
	.write = lab_errno_write,
	.poll = lab_errno_poll,
	.unlocked_ioctl = lab_errno_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_errno_release,
};

static struct miscdevice lab_errno_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &lab_errno_fops,
	.mode = 0600,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_errno_init(void)
{
	int err;

	err = misc_register(&lab_errno_misc);
	if (err)
		pr_err("cannot register /dev/%s: %pe\n", KBUILD_MODNAME, ERR_PTR(err));
	return err;
}
module_init(lab_errno_init);

/* No file is open any more, so nobody owns the device or sleeps in it. */
static void __exit lab_errno_exit(void)
{
	misc_deregister(&lab_errno_misc);
}
module_exit(lab_errno_exit);

MODULE_DESCRIPTION("Upcall: a device that refuses in every way");
MODULE_LICENSE("GPL");
