// SPDX-License-Identifier: GPL-2.0
/* Hides what it does and what it does not do. */
#include <linux/kernel.h>
#include <linux/module.h>

static int __init attack_init(void)
{
	tracing_off();
	return 0;
}
module_init(attack_init);

static void __exit attack_exit(void)
{
}
module_exit(attack_exit);

MODULE_DESCRIPTION("Switches tracing off");
MODULE_LICENSE("GPL");
