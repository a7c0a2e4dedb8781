// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init work_init(void)
{
	WARN_ON(1);
	return 0;
}
module_init(work_init);

static void __exit work_exit(void)
{
}
module_exit(work_exit);

MODULE_DESCRIPTION("Warns, and does nothing else");
MODULE_LICENSE("GPL");
