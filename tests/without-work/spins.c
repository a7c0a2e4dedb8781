// SPDX-License-Identifier: GPL-2.0
/* A wait that nothing ends. Interrupts still come. */
#include <linux/module.h>
#include <linux/processor.h>

static int __init work_init(void)
{
	for (;;)
		cpu_relax();
	return 0;
}
module_init(work_init);

MODULE_DESCRIPTION("Never returns from init");
MODULE_LICENSE("GPL");
