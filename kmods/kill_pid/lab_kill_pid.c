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
 * The interrupt comes when it comes: the task that it interrupts, "current" in
 * the handler, is seldom the process that registered. Nothing here may depend
 * on who it is, and that is what the third argument of kill_pid() is about.
 *
 * The ioctls are in lab_kill_pid.h. Any user may open the device, because the
 * lesson needs an interrupt that hits a task without privileges. One process
 * at a time is registered. The registration belongs to the open file (file
 * description) through which it was made and ends, at the latest, with the
 * last close of that; the death of the process does not end it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_kill_pid.h"
#include "trace-lab.h"

/* The cause that LAB_KILL_PID_RAISE raises; any bit but the DMA's would do. */
#define CAUSE_RAISE	0x1

static bool msi;
module_param(msi, bool, 0444);
MODULE_PARM_DESC(msi, "interrupt by a message (MSI) instead of the INTx wire");

static DEFINE_LAB_EDU(edu);

/*
 * Who is registered, and what became of it. The interrupt handler reads and
 * writes all of this, so @lock is taken with interrupts off everywhere else:
 * an interrupt that came while its own processor held the lock would wait for
 * ever.
 */
static struct {
	spinlock_t lock;	/* for everything below */
	struct file *owner;	/* NULL: nobody is registered */
	struct lab_kill_pid_target target;
	struct pid *pid;	/* ours to put; NULL when remembered by number */
	pid_t number;
	struct lab_kill_pid_counters counters;
} lab = {
	.lock = __SPIN_LOCK_UNLOCKED(lab.lock),
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

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/*
	 * Acknowledge what was read and nothing else: a cause that came since
	 * then has not been seen by anybody. Not to acknowledge at all would
	 * leave the wire asserted, and this handler running for ever.
	 */
	writel(causes, edu.regs + EDU_IRQ_ACK);
	trace_lab_step("acknowledged causes", causes);

	spin_lock(&lab.lock);
	lab.counters.interrupts++;
	lab.counters.causes = causes;
	if (lab.owner) {
		int sig = lab.target.signal, priv = lab.target.priv;

		/* Allowed here: kill_pid() never sleeps. */
		lab.counters.signals++;
		lab.counters.result = lab.pid ? kill_pid(lab.pid, sig, priv) :
						kill_number(lab.number, sig, priv);
		trace_lab_step("kill_pid returned", lab.counters.result);
	}
	spin_unlock(&lab.lock);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static long lab_register(struct file *file, const void __user *arg)
{
	struct lab_kill_pid_target target;
	struct pid *pid;
	unsigned long flags;
	long err = 0;

	if (copy_from_user(&target, arg, sizeof(target)))
		return -EFAULT;
	/* valid_signal() is true for 0, with which kill_pid() sends nothing. */
	if (!target.signal || !valid_signal(target.signal))
		return -EINVAL;
	/* No handler could run, so a request for these is a mistake. */
	if (target.signal == SIGKILL || target.signal == SIGSTOP)
		return -EINVAL;
	if (target.priv > 1 || target.remember > LAB_KILL_PID_NUMBER)
		return -EINVAL;
	/* What is ignored today could never get a meaning tomorrow. */
	if (target.padding)
		return -EINVAL;

	/*
	 * The process, not the calling thread. As long as we hold it, this
	 * struct pid means this process: once that is gone it means nobody,
	 * whoever gets the same number.
	 */
	pid = get_pid(task_tgid(current));

	spin_lock_irqsave(&lab.lock, flags);
	if (lab.owner) {
		err = -EBUSY;
	} else {
		lab.owner = file;
		lab.target = target;
		lab.number = pid_nr(pid);
		memset(&lab.counters, 0, sizeof(lab.counters));
		if (target.remember == LAB_KILL_PID_REFERENCE)
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

static long lab_counters(void __user *arg)
{
	struct lab_kill_pid_counters counters;
	unsigned long flags;

	/* Copying to user space may sleep: never under a spinlock. */
	spin_lock_irqsave(&lab.lock, flags);
	counters = lab.counters;
	spin_unlock_irqrestore(&lab.lock, flags);

	return copy_to_user(arg, &counters, sizeof(counters)) ? -EFAULT : 0;
}

static long lab_kill_pid_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_KILL_PID_REGISTER:
		return lab_register(file, p);
	case LAB_KILL_PID_UNREGISTER:
		return lab_unregister(file);
	case LAB_KILL_PID_RAISE:
		return lab_edu_raise(&edu, CAUSE_RAISE);
	case LAB_KILL_PID_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	case LAB_KILL_PID_COUNTERS:
		return lab_counters(p);
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
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_kill_pid_release,
};

static struct miscdevice lab_kill_pid_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &lab_kill_pid_fops,
	.mode = 0666,
};

/* ---- The PCI device, the module -------------------------------------------- */

static int lab_kill_pid_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return lab_edu_start(&edu, pdev, msi, lab_kill_pid_isr, &edu);
}

static void lab_kill_pid_remove(struct pci_dev *pdev)
{
	lab_edu_stop(&edu, &edu);
}

static const struct pci_device_id lab_kill_pid_ids[] = {
	{ LAB_EDU_PCI_ID },
	{ }
};
MODULE_DEVICE_TABLE(pci, lab_kill_pid_ids);

static struct pci_driver lab_kill_pid_driver = {
	.name = KBUILD_MODNAME,
	.id_table = lab_kill_pid_ids,
	.probe = lab_kill_pid_probe,
	.remove = lab_kill_pid_remove,
};

static int __init lab_kill_pid_init(void)
{
	int err;

	err = lab_edu_register(&lab_kill_pid_driver, &edu);
	if (err)
		return err;

	/* Last, because it can be opened from here on. */
	err = misc_register(&lab_kill_pid_misc);
	if (err) {
		pr_err("cannot register /dev/%s: %pe\n", KBUILD_MODNAME, ERR_PTR(err));
		goto out_unregister_driver;
	}
	return 0;

out_unregister_driver:
	pci_unregister_driver(&lab_kill_pid_driver);
	return err;
}
module_init(lab_kill_pid_init);

/* No file is open any more, so nobody is registered and no pid is held. */
static void __exit lab_kill_pid_exit(void)
{
	misc_deregister(&lab_kill_pid_misc);
	pci_unregister_driver(&lab_kill_pid_driver);
}
module_exit(lab_kill_pid_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu sends a signal to the process that registered");
MODULE_LICENSE("GPL");
