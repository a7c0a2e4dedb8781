// SPDX-License-Identifier: GPL-2.0
/*
 * How does an attribute say that it has changed?
 *
 * The module counts the interrupts of the edu device. The count is an attribute: a file
 * in the device's folder in sysfs. Every interrupt announces that it has changed:
 *
 *	process       kernel              this module           edu
 *	read ───────▶ notes its number ─▶ interrupts_show()
 *	poll ───────▶ the same number:
 *	              sleeps              lab_sysfs_notify_isr() ◀─ interrupt
 *	poll ◀─────── adds 1 to it ◀───── sysfs_notify_dirent()
 *	              a kworker: inotify
 *	read from 0 ▶ notes it again ───▶ interrupts_show()
 *
 * The module says that something has changed, never what: who reads is told the count of
 * that moment.
 *
 * The files, in the folder of the PCI device:
 *
 *	interrupts	r	the count, announced
 *			w	sets it, without an announcement. EINVAL: no number
 *	by		r	by what the device interrupts: INTx or MSI
 *	raise		w	has the device interrupt now, with these causes. EINVAL: no
 *				number, or 0. ENODEV: the device is about to go
 *	raise_later	w	has it interrupt in 100 ms. EBUSY: it is about to. ENODEV: as
 *				above
 *
 * Everybody may read, and only root may write.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "lab_edu.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

static struct {
	atomic_t interrupts;
	struct kernfs_node *node;	/* of the attribute; a reference */
} lab;

/* ---- The interrupt --------------------------------------------------------- */

static irqreturn_t lab_sysfs_notify_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	/* First the news, then the announcement: who is woken reads at once. */
	atomic_inc(&lab.interrupts);
	/*
	 * Allowed here: it takes a spinlock, and leaves to a worker what may sleep.
	 * sysfs_notify() is not: it looks the attribute up by its name, under a
	 * semaphore. That has been done in lab_sysfs_notify_added().
	 */
	sysfs_notify_dirent(lab.node);
	return IRQ_HANDLED;
}

/* ---- The attributes -------------------------------------------------------- */

static ssize_t interrupts_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	unsigned int interrupts = atomic_read(&lab.interrupts);

	trace_lab_step("asked: interrupts", interrupts);
	return sysfs_emit(buf, "%u\n", interrupts);
}

static ssize_t interrupts_store(struct device *dev, struct device_attribute *attr,
				const char *buf, size_t count)
{
	unsigned int interrupts;
	int err = kstrtouint(buf, 0, &interrupts);

	if (err)
		return err;
	atomic_set(&lab.interrupts, interrupts);
	trace_lab_step("set: interrupts", interrupts);
	return count;
}
static DEVICE_ATTR_RW(interrupts);

static ssize_t by_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", lab_edu_msi ? "MSI" : "INTx");
}
static DEVICE_ATTR_RO(by);

static ssize_t raise_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	u32 causes;
	int err = kstrtou32(buf, 0, &causes);

	if (!err && !causes)	/* with which the device would not interrupt */
		err = -EINVAL;
	if (!err)
		err = lab_edu_raise(&edu, causes);
	return err ?: count;
}
static DEVICE_ATTR_WO(raise);

static ssize_t raise_later_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	return lab_edu_raise_later(&edu) ?: count;
}
static DEVICE_ATTR_WO(raise_later);

static struct attribute *lab_sysfs_notify_attrs[] = {
	&dev_attr_interrupts.attr,
	&dev_attr_by.attr,
	&dev_attr_raise.attr,
	&dev_attr_raise_later.attr,
	NULL
};

static const struct attribute_group lab_sysfs_notify_group = {
	.attrs = lab_sysfs_notify_attrs,
};

/* ---- The device comes and goes --------------------------------------------- */

/*
 * The attributes have gone. That wakes nobody who sleeps in poll: only an announcement
 * does, and the node is still there for it.
 */
static void lab_sysfs_notify_gone(void *unused)
{
	if (!lab.node)
		return;
	sysfs_notify_dirent(lab.node);
	sysfs_put(lab.node);
	lab.node = NULL;
}

/* What is managed is undone in the opposite order: first go the attributes. */
static int lab_sysfs_notify_added(struct device *dev)
{
	int err;

	err = devm_add_action(dev, lab_sysfs_notify_gone, NULL);
	if (err)
		return err;
	err = devm_device_add_group(dev, &lab_sysfs_notify_group);
	if (err)
		return err;
	lab.node = sysfs_get_dirent(dev->kobj.sd, "interrupts");
	return lab.node ? 0 : -ENOENT;
}

/* ---- The module ------------------------------------------------------------ */

static int __init lab_sysfs_notify_init(void)
{
	edu.added = lab_sysfs_notify_added;
	return lab_edu_register(&edu, lab_sysfs_notify_isr);
}
module_init(lab_sysfs_notify_init);

/*
 * Files may be open. They do not keep the module: once the attributes have gone, the
 * kernel calls nothing of it any more, and reads and writes fail with ENODEV.
 */
static void __exit lab_sysfs_notify_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_sysfs_notify_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu announces that an attribute has changed");
MODULE_LICENSE("GPL");
