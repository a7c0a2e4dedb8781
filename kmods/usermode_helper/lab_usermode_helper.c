// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that is loaded when somebody opens its device:
 *
 *	open()            a device number that no driver has
 *	  base_probe()    asks for "char-major-240-7", and waits
 *	                        a program loads this module
 *	  chrdev_open()   looks again, and finds it
 *
 * The device can be opened, and that is all. While it is open, the module stays.
 */
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>

/* A number for local and experimental use (Documentation/admin-guide/devices.txt). */
#define LAB_MAJOR 240

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
};

static int __init lab_usermode_helper_init(void)
{
	return register_chrdev(LAB_MAJOR, KBUILD_MODNAME, &lab_fops);
}
module_init(lab_usermode_helper_init);

static void __exit lab_usermode_helper_exit(void)
{
	unregister_chrdev(LAB_MAJOR, KBUILD_MODNAME);
}
module_exit(lab_usermode_helper_exit);

MODULE_ALIAS_CHARDEV_MAJOR(LAB_MAJOR);
MODULE_DESCRIPTION("Upcall: a driver that is loaded when its device is opened");
MODULE_LICENSE("GPL");
