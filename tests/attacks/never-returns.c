// SPDX-License-Identifier: GPL-2.0
/* Lets nothing else run, not even PID 1. */
#include <linux/irqflags.h>
#include <linux/module.h>

static int __init attack_init(void)
{
	local_irq_disable();
	for (;;)
		barrier();
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Takes the processor for itself");
MODULE_LICENSE("GPL");
