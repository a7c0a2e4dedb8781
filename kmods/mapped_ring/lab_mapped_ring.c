// SPDX-License-Identifier: GPL-2.0
/*
 * Can the kernel talk without a call?
 *
 * A process opens /dev/lab_mapped_ring and maps a page of it. From then on every
 * interrupt of the edu device writes a record there, and the process reads it by plain
 * instructions:
 *
 *	process           the page         this module        edu
 *	mmap ───────────▶ mapped
 *	                  record, head ◀── lab_mapped_ring_isr() ◀─ interrupt
 *	looks: head, record
 *	writes: tail ───▶ tail ──────────▶ is there room?
 *	sleeps: asleep ─▶ asleep ────────▶ eventfd, only then
 *
 * The page is shared with a program, which may write anything there at any time. So the
 * module keeps its own head and never reads it back; it reads tail once for each
 * interrupt, and a nonsensical tail makes the ring look full, which harms nobody else.
 *
 * The page belongs to the open file. A mapping holds the file, so .release, which frees
 * the page, runs when both descriptors and mappings are gone; and vm_insert_page() gives
 * the mapping a reference to the page besides.
 *
 * How the page is read, and the ioctls, is in lab_mapped_ring.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include <asm/barrier.h>

#include "lab_edu.h"
#include "lab_mapped_ring.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

/* What belongs to one open file. lab_lock is for the node, the counts and the bell. */
struct lab_writer {
	struct list_head node;
	struct lab_mapped_ring *ring;	/* the page */
	u32 head;	/* ours: what the page says may be the program's */
	u32 interrupts;
	struct eventfd_ctx *bell;	/* ours to put; NULL: none */
};

/*
 * The interrupt handler walks the list, so the lock is taken with interrupts off
 * everywhere else.
 */
static DEFINE_SPINLOCK(lab_lock);
static LIST_HEAD(lab_writers);

/* ---- The interrupt --------------------------------------------------------- */

static void lab_write(struct lab_writer *writer, u32 causes)
{
	struct lab_mapped_ring *ring = writer->ring;
	struct lab_mapped_ring_record *record;
	u32 head = writer->head;

	writer->interrupts++;
	/* Acquire: the program has read the record before we write over it. */
	if (head - smp_load_acquire(&ring->tail) >= LAB_MAPPED_RING_RECORDS) {
		WRITE_ONCE(ring->lost, READ_ONCE(ring->lost) + 1);
		trace_lab_step("no room for interrupt", writer->interrupts);
		return;
	}
	record = &ring->records[head % LAB_MAPPED_RING_RECORDS];
	WRITE_ONCE(record->interrupt, writer->interrupts);
	WRITE_ONCE(record->causes, causes);
	writer->head = ++head;
	/* Release: who sees this head sees the record. */
	smp_store_release(&ring->head, head);
	trace_lab_step("written, head", head);

	/*
	 * Head first, then the question whether anybody sleeps. The program does it the
	 * other way round: it says that it sleeps, and then looks at head once more. So
	 * one of the two sees what the other wrote.
	 */
	smp_mb();
	if (writer->bell && READ_ONCE(ring->asleep))
		eventfd_signal(writer->bell);
}

static irqreturn_t lab_mapped_ring_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	struct lab_writer *writer;

	/* The INTx wire is shared: this may be another device's interrupt. */
	if (!causes)
		return IRQ_NONE;
	/* What was read and nothing else: see kill_pid/lab_kill_pid.c. */
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab_lock);
	list_for_each_entry(writer, &lab_writers, node)
		lab_write(writer, causes);
	spin_unlock(&lab_lock);
	return IRQ_HANDLED;
}

/* ---- The device file ------------------------------------------------------- */

static int lab_mapped_ring_open(struct inode *inode, struct file *file)
{
	struct lab_writer *writer = kzalloc(sizeof(*writer), GFP_KERNEL);

	if (!writer)
		return -ENOMEM;
	/* Zeroed: the program sees all of it. */
	writer->ring = (struct lab_mapped_ring *)get_zeroed_page(GFP_KERNEL);
	if (!writer->ring) {
		kfree(writer);
		return -ENOMEM;
	}
	writer->head = LAB_MAPPED_RING_FIRST;
	writer->ring->head = LAB_MAPPED_RING_FIRST;
	writer->ring->tail = LAB_MAPPED_RING_FIRST;
	file->private_data = writer;

	spin_lock_irq(&lab_lock);
	list_add_tail(&writer->node, &lab_writers);
	spin_unlock_irq(&lab_lock);
	return 0;
}

static int lab_mapped_ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct lab_writer *writer = file->private_data;

	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != LAB_MAPPED_RING_SIZE)
		return -EINVAL;
	/* In a private mapping, the first write to tail would make it a copy. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	/* mremap() could make it larger than what there is. */
	vm_flags_set(vma, VM_DONTEXPAND);
	return vm_insert_page(vma, vma->vm_start, virt_to_page(writer->ring));
}

static long lab_set_bell(struct lab_writer *writer, const s32 __user *arg)
{
	struct eventfd_ctx *bell;
	long err = 0;
	s32 fd;

	if (get_user(fd, arg))
		return -EFAULT;
	/* Here, and not in the interrupt: here the number is the caller's. */
	bell = eventfd_ctx_fdget(fd);
	if (IS_ERR(bell))
		return PTR_ERR(bell);

	spin_lock_irq(&lab_lock);
	if (writer->bell)
		err = -EBUSY;
	else
		swap(writer->bell, bell);	/* the reference is the writer's now */
	spin_unlock_irq(&lab_lock);

	if (bell)	/* was not handed over */
		eventfd_ctx_put(bell);
	return err;
}

static long lab_mapped_ring_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_MAPPED_RING_DOORBELL:
		return lab_set_bell(file->private_data, p);
	case LAB_MAPPED_RING_RAISE:
		return lab_edu_raise_user(&edu, p);
	case LAB_MAPPED_RING_RAISE_LATER:
		return lab_edu_raise_later(&edu);
	default:
		return -ENOTTY;
	}
}

/* The last close, and the end of the last mapping. */
static int lab_mapped_ring_release(struct inode *inode, struct file *file)
{
	struct lab_writer *writer = file->private_data;

	/* Out of the handler's sight first, ... */
	spin_lock_irq(&lab_lock);
	list_del(&writer->node);
	spin_unlock_irq(&lab_lock);

	/* ... then given back. */
	if (writer->bell)
		eventfd_ctx_put(writer->bell);
	free_page((unsigned long)writer->ring);
	kfree(writer);
	return 0;
}

static const struct file_operations lab_mapped_ring_fops = {
	.owner = THIS_MODULE,	/* an open file, or a mapping, keeps the module loaded */
	.open = lab_mapped_ring_open,
	.mmap = lab_mapped_ring_mmap,
	.unlocked_ioctl = lab_mapped_ring_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_mapped_ring_release,
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_mapped_ring_init(void)
{
	/* Numbers of records go on at 0, and so must their places. */
	BUILD_BUG_ON_NOT_POWER_OF_2(LAB_MAPPED_RING_RECORDS);
	BUILD_BUG_ON(sizeof(struct lab_mapped_ring) > LAB_MAPPED_RING_SIZE);
	BUILD_BUG_ON(LAB_MAPPED_RING_SIZE != PAGE_SIZE);
	return lab_edu_register_file(&edu, lab_mapped_ring_isr, &lab_mapped_ring_fops);
}
module_init(lab_mapped_ring_init);

/* No file is open any more, so the list is empty and no page is ours. */
static void __exit lab_mapped_ring_exit(void)
{
	lab_edu_unregister(&edu);
}
module_exit(lab_mapped_ring_exit);

MODULE_DESCRIPTION("Upcall: an interrupt of edu writes into memory that a program has mapped");
MODULE_LICENSE("GPL");
