// SPDX-License-Identifier: GPL-2.0
/*
 * @title@
 *
 * A process reads from /dev/lab_@topic@ and sleeps. An interrupt of the edu
 * device wakes it, and read returns how many interrupts have come:
 *
 *	process         this module            edu
 *	read ─────────▶ sleeps in lab.wait
 *	                interrupt handler ◀─── interrupt
 *	                  acknowledges ──────▶
 *	                  counts, wakes
 *	      ◀──────── hands over the count
 *
 * The requests are in lab_@topic@.h. Interrupts are counted from the moment
 * that the module is loaded, and each is handed over once, whoever reads.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "lab_edu.h"
#include "lab_@topic@.h"
#include "trace-lab.h"

static bool msi;
module_param(msi, bool, 0444);
MODULE_PARM_DESC(msi, "interrupt by a message (MSI) instead of the INTx wire");

static DEFINE_LAB_EDU(edu);

/* What the interrupt handler shares with readers. */
static struct {
	wait_queue_head_t wait;	/* for interrupts; has a lock of its own */
	atomic_t interrupts;	/* that nobody has read */
} lab = {
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(lab.wait),
};

/* ---- The interrupt --------------------------------------------------------- */

@part@/* ---- The device file ------------------------------------------------------- */

static ssize_t lab_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	u32 interrupts;
	int err;

	if (count < sizeof(interrupts))
		return -EINVAL;
	/* In a loop: another reader may have been faster, woken by the same. */
	while (!(interrupts = atomic_xchg(&lab.interrupts, 0))) {
		err = wait_event_interruptible(lab.wait, atomic_read(&lab.interrupts));
		if (err)
			return err;
	}
	if (put_user(interrupts, (u32 __user *)buf)) {
		/* Nobody has seen them: they are still to be read. */
		atomic_add(interrupts, &lab.interrupts);
		wake_up_interruptible(&lab.wait);
		return -EFAULT;
	}
	return sizeof(interrupts);
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case LAB_@TOPIC@_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.read = lab_read,
	.unlocked_ioctl = lab_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice lab_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &lab_fops,
	.mode = 0666,
};

/* ---- The PCI device, the module -------------------------------------------- */

static int lab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return lab_edu_start(&edu, pdev, msi, lab_@topic@_isr, &edu);
}

static void lab_remove(struct pci_dev *pdev)
{
	lab_edu_stop(&edu, &edu);
}

static const struct pci_device_id lab_ids[] = {
	{ LAB_EDU_PCI_ID },
	{ }
};
MODULE_DEVICE_TABLE(pci, lab_ids);

static struct pci_driver lab_driver = {
	.name = KBUILD_MODNAME,
	.id_table = lab_ids,
	.probe = lab_probe,
	.remove = lab_remove,
};

static int __init lab_@topic@_init(void)
{
	int err;

	err = lab_edu_register(&lab_driver, &edu);
	if (err)
		return err;

	/* Last, because it can be opened from here on. */
	err = misc_register(&lab_misc);
	if (err) {
		pr_err("cannot register /dev/%s: %pe\n", KBUILD_MODNAME, ERR_PTR(err));
		goto out_unregister_driver;
	}
	return 0;

out_unregister_driver:
	pci_unregister_driver(&lab_driver);
	return err;
}
module_init(lab_@topic@_init);

/* No file is open any more, so nobody sleeps in lab.wait. */
static void __exit lab_@topic@_exit(void)
{
	misc_deregister(&lab_misc);
	pci_unregister_driver(&lab_driver);
}
module_exit(lab_@topic@_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu wakes who reads");
MODULE_LICENSE("GPL");
