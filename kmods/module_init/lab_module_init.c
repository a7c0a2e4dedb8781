// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when init fails?
 *
 * This module's init takes six steps. The parameter fail_at makes one of them
 * fail, as a full memory or a missing device would; what the steps before it
 * set up then has to be undone, the last first, by init itself: the exit of a
 * module whose init failed is never called.
 *
 *	step			user space finds it in
 *	1 memory		(nowhere)
 *	2 driver and interrupt	/sys/bus/pci/drivers, /proc/interrupts
 *	3 device numbers	/proc/devices
 *	4 class			/sys/class
 *	5 character device	(nowhere, but the numbers now lead to it)
 *	6 device file		/dev, /sys/class/lab_module_init
 *
 * Each step stands on those before it, and the last is the one that lets other
 * people in: from device_create() on, the file can be opened.
 *
 * /dev/lab_module_init can be read, and says hello. An open file keeps the
 * module loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lab_edu.h"
#include "trace-lab.h"

enum step { MEMORY = 1, DRIVER, NUMBERS, CLASS, CDEV, DEVICE_FILE };

static unsigned int fail_at;
module_param(fail_at, uint, 0444);
MODULE_PARM_DESC(fail_at, "the step that fails, 1 to 6; 0: none");

static unsigned int error = ENOMEM;
module_param(error, uint, 0444);
MODULE_PARM_DESC(error, "the errno with which it fails");

static unsigned int returns;
module_param(returns, uint, 0444);
MODULE_PARM_DESC(returns, "what init returns if no step fails; should be 0");

static unsigned int signal;
module_param(signal, uint, 0444);
MODULE_PARM_DESC(signal, "a signal that init sends to current; 0: none");

static DEFINE_LAB_EDU(edu);

/* Written by init and exit only, which never run at the same time. */
static struct {
	unsigned int standing;	/* steps taken and not undone */
	char *text;		/* what readers get */
	dev_t number;
	struct class *class;
	struct cdev cdev;
} lab;

/* ---- What it is for -------------------------------------------------------- */

static irqreturn_t lab_module_init_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);

	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);
	return IRQ_HANDLED;
}

static ssize_t lab_module_init_read(struct file *file, char __user *to, size_t size,
				    loff_t *at)
{
	return simple_read_from_buffer(to, size, at, lab.text, strlen(lab.text));
}

static const struct file_operations lab_module_init_fops = {
	.owner = THIS_MODULE,	/* an open file keeps the module loaded */
	.read = lab_module_init_read,
};

/* ---- The steps ------------------------------------------------------------- */

/* The failure that was asked for, in the place of a real one. */
static int __init told_to_fail(enum step step)
{
	return fail_at == step ? -(int)error : 0;
}

/* For the trace: a step, and how many stand after it. Returns what the step does. */
static int set_up(const char *what)
{
	trace_lab_step(what, ++lab.standing);
	return 0;
}

static void undone(const char *what)
{
	trace_lab_step(what, --lab.standing);
}

static int __init memory_set_up(void)
{
	int err = told_to_fail(MEMORY);

	if (err)
		return err;
	lab.text = kstrdup("hello\n", GFP_KERNEL);
	if (!lab.text)
		return -ENOMEM;
	return set_up("sets up memory:");
}

static void memory_undo(void)
{
	kfree(lab.text);
	undone("undoes memory:");
}

static int __init driver_set_up(void)
{
	int err = told_to_fail(DRIVER);

	if (!err)	/* -ENODEV: there is no edu */
		err = lab_edu_register(&edu, lab_module_init_isr);
	return err ?: set_up("sets up driver:");
}

static void driver_undo(void)
{
	lab_edu_unregister(&edu);
	undone("undoes driver:");
}

static int __init numbers_set_up(void)
{
	int err = told_to_fail(NUMBERS);

	if (!err)
		err = alloc_chrdev_region(&lab.number, 0, 1, KBUILD_MODNAME);
	return err ?: set_up("sets up numbers:");
}

static void numbers_undo(void)
{
	unregister_chrdev_region(lab.number, 1);
	undone("undoes numbers:");
}

static int __init class_set_up(void)
{
	int err = told_to_fail(CLASS);

	if (err)
		return err;
	lab.class = class_create(KBUILD_MODNAME);
	if (IS_ERR(lab.class))
		return PTR_ERR(lab.class);
	return set_up("sets up class:");
}

static void class_undo(void)
{
	class_destroy(lab.class);
	undone("undoes class:");
}

static int __init cdev_set_up(void)
{
	int err = told_to_fail(CDEV);

	if (err)
		return err;
	cdev_init(&lab.cdev, &lab_module_init_fops);
	lab.cdev.owner = THIS_MODULE;
	err = cdev_add(&lab.cdev, lab.number, 1);
	return err ?: set_up("sets up cdev:");
}

static void cdev_undo(void)
{
	cdev_del(&lab.cdev);
	undone("undoes cdev:");
}

static int __init file_set_up(void)
{
	struct device *dev;
	int err = told_to_fail(DEVICE_FILE);

	if (err)
		return err;
	dev = device_create(lab.class, NULL, lab.number, NULL, KBUILD_MODNAME);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	return set_up("sets up file:");
}

static void file_undo(void)
{
	device_destroy(lab.class, lab.number);
	undone("undoes file:");
}

/* ---- The module ------------------------------------------------------------ */

static int __init lab_module_init_init(void)
{
	int err;

	/*
	 * What cannot be meant is refused before anything is set up. A negative
	 * "returns" cannot be given: it would fail with everything set up.
	 */
	if (fail_at > DEVICE_FILE || !error || error > MAX_ERRNO || returns > INT_MAX ||
	    !valid_signal(signal))
		return -EINVAL;

	err = memory_set_up();
	if (err)
		goto out;
	err = driver_set_up();
	if (err)
		goto out_undo_memory;
	err = numbers_set_up();
	if (err)
		goto out_undo_driver;
	err = class_set_up();
	if (err)
		goto out_undo_numbers;
	err = cdev_set_up();
	if (err)
		goto out_undo_class;
	err = file_set_up();
	if (err)
		goto out_undo_cdev;

	/* To whoever loads the module, which init knows nothing of. */
	if (signal)
		send_sig(signal, current, 1);
	trace_lab_step("init returns", returns);
	return returns;

out_undo_cdev:
	cdev_undo();
out_undo_class:
	class_undo();
out_undo_numbers:
	numbers_undo();
out_undo_driver:
	driver_undo();
out_undo_memory:
	memory_undo();
out:
	trace_lab_step("init returns", err);
	return err;
}
module_init(lab_module_init_init);

/* The same way back, from the top. */
static void __exit lab_module_init_exit(void)
{
	file_undo();
	cdev_undo();
	class_undo();
	numbers_undo();
	driver_undo();
	memory_undo();
}
module_exit(lab_module_init_exit);

MODULE_DESCRIPTION("Upcall: an init that fails at the step of one's choice, and undoes the rest");
MODULE_LICENSE("GPL");
