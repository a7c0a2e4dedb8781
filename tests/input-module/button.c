// SPDX-License-Identifier: GPL-2.0
/*
 * An input device with one key. Writing to the parameter `press` presses it and lets it go.
 * It can be built only for a kernel that has input devices.
 */
#include <linux/init.h>
#include <linux/input.h>
#include <linux/module.h>

static struct input_dev *button;

static int press_set(const char *text, const struct kernel_param *param)
{
	input_report_key(button, KEY_POWER, 1);
	input_sync(button);
	input_report_key(button, KEY_POWER, 0);
	input_sync(button);
	return 0;
}

static const struct kernel_param_ops press_operations = {
	.set = press_set,
};
module_param_cb(press, &press_operations, NULL, 0200);
MODULE_PARM_DESC(press, "presses the key");

static int __init button_init(void)
{
	int error;

	button = input_allocate_device();
	if (!button)
		return -ENOMEM;
	button->name = "lab button";
	input_set_capability(button, EV_KEY, KEY_POWER);
	error = input_register_device(button);
	if (error)
		input_free_device(button);
	return error;
}
module_init(button_init);

static void __exit button_exit(void)
{
	input_unregister_device(button);
}
module_exit(button_exit);

MODULE_DESCRIPTION("A key to press");
MODULE_LICENSE("GPL");
