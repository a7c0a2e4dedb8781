// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init work_init(void)
{
	return -ENOMEM;
}
module_init(work_init);

MODULE_DESCRIPTION("Fails to load");
MODULE_LICENSE("GPL");
