// SPDX-License-Identifier: GPL-2.0
/*
 * Init takes six steps. The parameter fail_at makes one of them fail, as a lack
 * of memory or a missing device would. Init itself then has to undo what the
 * steps before it set up, the last first, because the exit of a module whose
 * init failed is never called.
 *
 *	step			user space finds it in
 *	1 memory		(nowhere)
 *	2 driver		/sys/bus/pci/drivers
 *	3 device numbers	/proc/devices
 *	4 class			/sys/class
 *	5 character device	(nowhere, but the numbers now lead to it)
 *	6 device file		/dev, /sys/class/lab_module_init
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace-lab.h"

enum step { MEMORY = 1, DRIVER, NUMBERS, CLASS, CDEV, DEVICE_FILE };

static unsigned int fail_at;
module_param(fail_at, uint, 0444);
MODULE_PARM_DESC(fail_at, "the step that fails, 1 to 6; 0: none");

static unsigned int error = ENOMEM;
module_param(error, uint, 0444);
MODULE_PARM_DESC(error, "the errno with which it fails");

/* Written by init and exit only, which never run at the same time. */
static struct {
	unsigned int standing;	/* steps taken and not undone */
	char *text;		/* what readers get */
	dev_t number;
	struct class *class;
	struct cdev cdev;
} lab;

/* ---- What it is for -------------------------------------------------------- */

static int lab_module_init_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return 0;
}

static const struct pci_device_id lab_module_init_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },	/* edu, which is not there just now */
	{ }
};
MODULE_DEVICE_TABLE(pci, lab_module_init_ids);

static struct pci_driver lab_module_init_driver = {
	.name = KBUILD_MODNAME,
	.id_table = lab_module_init_ids,
	.probe = lab_module_init_probe,
};

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

/* The failure that was asked for, in place of a real one. */
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

	if (!err)
		err = pci_register_driver(&lab_module_init_driver);
	if (err)
		return err;
	return set_up("sets up driver:");
}

static void driver_undo(void)
{
	pci_unregister_driver(&lab_module_init_driver);
	undone("undoes driver:");
}

static int __init numbers_set_up(void)
{
	int err = told_to_fail(NUMBERS);

	if (!err)
		err = alloc_chrdev_region(&lab.number, 0, 1, KBUILD_MODNAME);
	if (err)
		return err;
	return set_up("sets up numbers:");
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
	if (err)
		return err;
	return set_up("sets up cdev:");
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

	if (fail_at > DEVICE_FILE || !error || error > MAX_ERRNO)
		return -EINVAL;

	// region: steps
	err = memory_set_up();
	if (err)
		// region: nothing-stands
		return err;	/* nothing stands yet */
		// endregion
	err = driver_set_up();
	if (err)
		goto out_undo_memory;
	err = numbers_set_up();
	if (err)
		// region: numbers
		goto out_undo_driver;
		// endregion
	err = class_set_up();
	if (err)
		// region: class
		goto out_undo_numbers;
		// endregion
	err = cdev_set_up();
	if (err)
		goto out_undo_class;
	err = file_set_up();
	if (err)
		goto out_undo_cdev;
	// region: success

	return 0;
	// endregion
	// endregion
// region: undo

	// region: solution
	/*
	 * Each label undoes one step and goes on to the one before it. A
	 * step that fails has set up nothing, so it goes to the label of the step
	 * before it. The list reads like the steps, backwards.
	 */
	// endregion
// region: labels
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
	// region: error
	return err;	/* the step's own error, which finit_module(2) returns */
	// endregion
// endregion
// endregion
}
module_init(lab_module_init_init);

/* The whole way back, from the top. */
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

MODULE_DESCRIPTION("Upcall: an init that fails at the step of one's choice");
MODULE_LICENSE("GPL");
