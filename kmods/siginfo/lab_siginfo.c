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
 * Drivers have long been advised to do it so, and much has changed since. What
 * this module does in another way than the old advice:
 *
 *  - struct siginfo is user space's, with all its padding. In the kernel it is
 *    struct kernel_siginfo, and it begins as clear_siginfo() leaves it: the
 *    whole of it is copied to user space, so what is not cleared leaks.
 *  - find_task_by_pid_type() is gone. It is no loss: to look up a number when
 *    the interrupt comes finds whoever has the number by then, and
 *    find_task_by_vpid() would take it in the pid namespace of whoever was
 *    interrupted. (Modules cannot call that one either.) Here the caller's own
 *    struct pid is taken when it registers; no number is involved.
 *  - A task_struct found under RCU is there until rcu_read_unlock(), no longer.
 *    So the pid is what is kept, and the task looked up anew each time.
 *
 * The ioctls are in lab_siginfo.h. Any user may open the device. One thread at
 * a time is registered. The registration belongs to the open file (file
 * description) through which it was made and ends, at the latest, with the
 * last close of that; the death of the thread does not end it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "lab_edu.h"
#include "lab_siginfo.h"
#include "trace-lab.h"

/* The cause that LAB_SIGINFO_RAISE raises; any bit but the DMA's would do. */
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
	struct lab_siginfo_target target;
	struct pid *pid;	/* ours to put; NULL when nobody is registered */
	struct lab_siginfo_counters counters;
} lab = {
	.lock = __SPIN_LOCK_UNLOCKED(lab.lock),
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

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab.lock);
	lab.counters.interrupts++;
	lab.counters.causes = causes;
	if (lab.owner) {
		int ret;

		if (lab.target.send == LAB_SIGINFO_KILL_PID) {
			ret = kill_pid(lab.pid, lab.target.signal, 1);
			trace_lab_step("kill_pid returned", ret);
		} else {
			ret = send_with_siginfo(lab.pid, &lab.target);
			trace_lab_step("send_sig_info returned", ret);
		}
		lab.counters.signals++;
		lab.counters.result = ret;
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
	/* valid_signal() is true for 0, with which nothing is sent. */
	if (!target.signal || !valid_signal(target.signal))
		return -EINVAL;
	/* No handler could run, so a request for these is a mistake. */
	if (target.signal == SIGKILL || target.signal == SIGSTOP)
		return -EINVAL;
	if (target.send > LAB_SIGINFO_KILL_PID)
		return -EINVAL;
	/* kill_pid() could not deliver it: better said now than lost later. */
	if (target.send == LAB_SIGINFO_KILL_PID && target.value)
		return -EINVAL;
	/* What is ignored today could never get a meaning tomorrow. */
	if (target.padding)
		return -EINVAL;

	/*
	 * send_sig_info() signals one thread, so it is the calling thread that
	 * is meant; kill_pid() signals a process. As long as we hold it, this
	 * struct pid means that one and, when that is gone, nobody.
	 */
	if (target.send == LAB_SIGINFO_KILL_PID)
		pid = get_pid(task_tgid(current));
	else
		pid = get_pid(task_pid(current));

	spin_lock_irqsave(&lab.lock, flags);
	if (lab.owner) {
		err = -EBUSY;
	} else {
		lab.owner = file;
		lab.target = target;
		memset(&lab.counters, 0, sizeof(lab.counters));
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
	struct lab_siginfo_counters counters;
	unsigned long flags;

	/* Copying to user space may sleep: never under a spinlock. */
	spin_lock_irqsave(&lab.lock, flags);
	counters = lab.counters;
	spin_unlock_irqrestore(&lab.lock, flags);

	return copy_to_user(arg, &counters, sizeof(counters)) ? -EFAULT : 0;
}

static long lab_siginfo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_SIGINFO_REGISTER:
		return lab_register(file, p);
	case LAB_SIGINFO_UNREGISTER:
		return lab_unregister(file);
	case LAB_SIGINFO_RAISE:
		return lab_edu_raise(&edu, CAUSE_RAISE);
	case LAB_SIGINFO_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	case LAB_SIGINFO_COUNTERS:
		return lab_counters(p);
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
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_siginfo_release,
};

static struct miscdevice lab_siginfo_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &lab_siginfo_fops,
	.mode = 0666,
};

/* ---- The PCI device, the module -------------------------------------------- */

static int lab_siginfo_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return lab_edu_start(&edu, pdev, msi, lab_siginfo_isr, &edu);
}

static void lab_siginfo_remove(struct pci_dev *pdev)
{
	lab_edu_stop(&edu, &edu);
}

static const struct pci_device_id lab_siginfo_ids[] = {
	{ LAB_EDU_PCI_ID },
	{ }
};
MODULE_DEVICE_TABLE(pci, lab_siginfo_ids);

static struct pci_driver lab_siginfo_driver = {
	.name = KBUILD_MODNAME,
	.id_table = lab_siginfo_ids,
	.probe = lab_siginfo_probe,
	.remove = lab_siginfo_remove,
};

static int __init lab_siginfo_init(void)
{
	int err;

	err = lab_edu_register(&lab_siginfo_driver, &edu);
	if (err)
		return err;

	/* Last, because it can be opened from here on. */
	err = misc_register(&lab_siginfo_misc);
	if (err) {
		pr_err("cannot register /dev/%s: %pe\n", KBUILD_MODNAME, ERR_PTR(err));
		goto out_unregister_driver;
	}
	return 0;

out_unregister_driver:
	pci_unregister_driver(&lab_siginfo_driver);
	return err;
}
module_init(lab_siginfo_init);

/* No file is open any more, so nobody is registered and no pid is held. */
static void __exit lab_siginfo_exit(void)
{
	misc_deregister(&lab_siginfo_misc);
	pci_unregister_driver(&lab_siginfo_driver);
}
module_exit(lab_siginfo_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu sends a signal with a value");
MODULE_LICENSE("GPL");
