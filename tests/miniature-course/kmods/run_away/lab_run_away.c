// SPDX-License-Identifier: GPL-2.0
/*
 * A module that never lets go of the processor: nothing in the machine can stop it, so
 * something outside must.
 */
#include <linux/irqflags.h>
#include <linux/module.h>

static int __init lab_run_away_init(void)
{
	local_irq_disable();
	for (;;)
		barrier();
	return 0;
}
module_init(lab_run_away_init);

MODULE_DESCRIPTION("A module that never lets go of the processor");
MODULE_LICENSE("GPL");
