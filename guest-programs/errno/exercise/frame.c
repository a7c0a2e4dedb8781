// SPDX-License-Identifier: GPL-2.0
/*
 * A short queue of bytes, with every refusal that such a device needs.
 * lab_errno.h says what each call should do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_errno.h"

static DEFINE_MUTEX(lab_lock);	/* for lab_queue and lab_owner */
static DEFINE_KFIFO(lab_queue, u8, LAB_ERRNO_ROOM);
static struct file *lab_owner;	/* NULL: nobody has claimed the device */
static DECLARE_WAIT_QUEUE_HEAD(lab_wait);	/* until lab_queue changes */

/* ---- The queue ------------------------------------------------------------- */

/* Takes lab_lock when there is something to read, or room to write. */
static int lock_when(struct file *file, bool (*ready)(void))
{
	for (;;) {
		if (mutex_lock_interruptible(&lab_lock))
			return -ERESTARTSYS;
		if (ready())
			return 0;
		mutex_unlock(&lab_lock);
		// region: empty
		/* Not 0: from a read that is the end of the file. */
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		// endregion
		// region: interrupted
		/*
		 * Nothing has been done yet, so the call may be made again.
		 * SA_RESTART decides whether it is.
		 */
		if (wait_event_interruptible(lab_wait, ready()))
			return -ERESTARTSYS;
		// endregion
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
		return 0;
	err = lock_when(file, has_bytes);
	if (err)
		// region: no-bytes
		return err;
		// endregion
	err = kfifo_to_user(&lab_queue, buf, count, &copied);
	mutex_unlock(&lab_lock);
	if (!copied)
		return err;
	/* These are gone from the queue. An error now would say that none are. */
	wake_up_interruptible(&lab_wait);
	return copied;
}

static ssize_t lab_errno_write(struct file *file, const char __user *buf, size_t count,
			       loff_t *pos)
{
	unsigned int copied;
	int err;

	if (!count)
		return 0;
	err = lock_when(file, has_room);
	if (err)
		return err;
	err = kfifo_from_user(&lab_queue, buf, count, &copied);
	mutex_unlock(&lab_lock);
	if (!copied)
		return err;
	wake_up_interruptible(&lab_wait);
	// region: copied
	return copied;	/* maybe fewer than asked for: the rest had no room */
	// endregion
}

/* ---- The requests ---------------------------------------------------------- */

/* Returns what it is told to. */
static long lab_answer(const void __user *arg)
{
	// region: answer
	struct lab_errno_answer told;

	// region: fault
	/* copy_from_user() returns a number of bytes, not an error. */
	if (copy_from_user(&told, arg, sizeof(told)))
		return -EFAULT;
	// endregion
	// endregion
	// region: padding
	/* What is ignored today could never get a meaning tomorrow. */
	if (told.padding)
		return -EINVAL;
	// endregion
	/* This device sends no signals, and answers no errors. */
	if (told.signal || told.value < 0 || told.value > INT_MAX)
		return -EINVAL;
	return told.value;
}

static long lab_claim(struct file *file)
{
	long err = 0;

	if (mutex_lock_interruptible(&lab_lock))
		return -ERESTARTSYS;
	if (lab_owner && lab_owner != file)
		// region: busy
		err = -EBUSY;
		// endregion
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
		return lab_answer(p);
	case LAB_ERRNO_CLAIM:
		return lab_claim(file);
	default:
		// region: unknown
		/* Not -EINVAL, which says that the request is known. */
		return -ENOTTY;
		// endregion
	}
}

/* ---- The device file ------------------------------------------------------- */

static int lab_errno_open(struct inode *inode, struct file *file)
{
	return stream_open(inode, file);
}

/* The last close: of every descriptor of this open, in every process. */
static int lab_errno_release(struct inode *inode, struct file *file)
{
	mutex_lock(&lab_lock);
	if (lab_owner == file)
		lab_owner = NULL;
	mutex_unlock(&lab_lock);
	return 0;
}

static const struct file_operations lab_errno_fops = {
	// region: owner
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	// endregion
	.open = lab_errno_open,
	.read = lab_errno_read,
	.write = lab_errno_write,
	.unlocked_ioctl = lab_errno_ioctl,
	.release = lab_errno_release,
};

static struct miscdevice lab_errno_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &lab_errno_fops,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_errno_init(void)
{
	return misc_register(&lab_errno_misc);
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
