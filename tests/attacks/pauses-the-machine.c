// SPDX-License-Identifier: GPL-2.0
/* Reports a false panic to QEMU, as PID 1 does for a checkpoint. */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

static int __init attack_init(void)
{
	struct pci_dev *pvpanic = pci_get_domain_bus_and_slot(0, 0, PCI_DEVFN(7, 0));
	void __iomem *events;

	if (!pvpanic || pci_enable_device(pvpanic))
		return -ENODEV;
	events = pci_iomap(pvpanic, 0, 0);
	if (!events)
		return -ENOMEM;
	iowrite8(1, events);
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Pauses the machine");
MODULE_LICENSE("GPL");
