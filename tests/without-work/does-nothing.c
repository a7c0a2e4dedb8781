// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init work_init(void)
{
	return 0;
}
module_init(work_init);

static void __exit work_exit(void)
{
}
module_exit(work_exit);

MODULE_DESCRIPTION("Does nothing");
MODULE_LICENSE("GPL");
