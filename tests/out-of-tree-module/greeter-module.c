// SPDX-License-Identifier: GPL-2.0
/* Asks the other module for its number and shows it in its own parameter. */
#include <linux/init.h>
#include <linux/module.h>

int base_number(void);

static int asked;
module_param(asked, int, 0444);
MODULE_PARM_DESC(asked, "what the other module said");

static int __init greeter_init(void)
{
	asked = base_number();
	return 0;
}
module_init(greeter_init);

static void __exit greeter_exit(void)
{
}
module_exit(greeter_exit);

MODULE_DESCRIPTION("Needs another module");
MODULE_LICENSE("GPL");
