// SPDX-License-Identifier: GPL-2.0
/* A module with a parameter that the other module asks for. */
#include <linux/module.h>

static int number = 1;
module_param(number, int, 0444);
MODULE_PARM_DESC(number, "what the other module says");

int base_number(void);
int base_number(void)
{
	return number;
}
EXPORT_SYMBOL_GPL(base_number);

MODULE_DESCRIPTION("Exports a number");
MODULE_LICENSE("GPL");
