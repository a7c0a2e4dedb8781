// SPDX-License-Identifier: GPL-2.0
/*
 * A write to /dev/oops makes the kernel read address 0, in a kernel function that this
 * module calls. Loading it with early=1 does the same. Writing "spin" takes the processor
 * for ever. Loading it with refuse=1 fails.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static bool refuse;
module_param(refuse, bool, 0444);
MODULE_PARM_DESC(refuse, "fail to load");

static bool early;
module_param(early, bool, 0444);
MODULE_PARM_DESC(early, "read address 0 when loaded");

static char *volatile name;

static noinline size_t measure(void)
{
	return strlen(name);
}

static ssize_t faulty_write(struct file *file, const char __user *buffer, size_t len,
			  loff_t *pos)
{
	char first;

	if (get_user(first, buffer))
		return -EFAULT;
	if (first == 's') {
		local_irq_disable();
		for (;;)
			;
	}
	return measure() + len;
}

static const struct file_operations faulty_operations = {
	.owner = THIS_MODULE,
	.write = faulty_write,
};

static struct miscdevice faulty_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "oops",
	.fops = &faulty_operations,
};

static int __init faulty_init(void)
{
	if (early)
		return measure();
	return refuse ? -ENODEV : misc_register(&faulty_device);
}
module_init(faulty_init);

static void __exit faulty_exit(void)
{
	misc_deregister(&faulty_device);
}
module_exit(faulty_exit);

MODULE_DESCRIPTION("Makes the kernel oops");
MODULE_LICENSE("GPL");
