// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand interrupts: who loses what?
 *
 * The same interrupts of the same device, told to user space by what the
 * program chose:
 *
 *	SIGNAL	lab_transports_isr() ── send_sig_info() ────▶ the process
 *	EVENTFD	lab_transports_isr() ── eventfd_signal() ───▶ the counter
 *	NETLINK	lab_transports_isr() ─▶ lab_transports_work()
 *				      ── genlmsg_multicast() ▶ the group
 *	QUEUE	lab_transports_isr() ── the queue ◀────────── read()
 *
 * The payload is what the device says of itself: the causes, which are the
 * number of the interrupt here, from 1.
 *
 * The first two need no memory of this module, and the module cannot know what
 * became of what it sent. The last is the module's own, with a limit and with
 * an account of what went beyond it.
 *
 * The ioctls are in lab_transports.h. One open file at a time has chosen.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "lab_edu.h"
#include "lab_genl.h"
#include "lab_registrant.h"
#include "lab_transports.h"
#include "trace-lab.h"

static DEFINE_LAB_EDU(edu);

/* What the handler tells the worker of an interrupt. */
struct lab_note {
	u32 number;
	u32 payload;
};

/*
 * Everything but the mutex is shared with the interrupt handler, so @lock is
 * taken with interrupts off everywhere else.
 */
static struct {
	struct mutex mutex;	/* one choice, one series of interrupts at a time */
	struct lab_registrant who;	/* who has chosen; its lock is for all that follows */
	struct lab_transports_choice choice;
	struct eventfd_ctx *eventfd;	/* ours to put, or NULL */
	struct lab_transports_counters counters;
	int result;		/* of the last sending, for the trace */
	u32 lost;		/* records dropped since one was last queued */
	DECLARE_KFIFO(records, struct lab_transports_record, LAB_TRANSPORTS_RECORDS);
	DECLARE_KFIFO(notes, struct lab_note, 1024);
	struct work_struct work;
	wait_queue_head_t readers;
	wait_queue_head_t raiser;
	u32 interrupts;		/* never set back */
} lab = {
	.mutex = __MUTEX_INITIALIZER(lab.mutex),
	.who = LAB_REGISTRANT_INIT(lab.who),
};

static struct genl_family lab_transports_family;

/* ---- The sender's side ------------------------------------------------------ */

/* Notes what a sending returned; the trace gets what is new. Under lab.who.lock. */
static void lab_account(u32 number, int result)
{
	if (!result) {
		lab.counters.accepted++;
	} else {
		lab.counters.refused++;
		lab.counters.error = result;
	}
	if (number == 1 || result != lab.result) {
		trace_lab_step("interrupt", number);
		trace_lab_step("sending returns", result);
	}
	lab.result = result;
}

static int lab_send_signal(u32 payload)
{
	struct kernel_siginfo info;
	struct task_struct *task;
	int err = -ESRCH;

	clear_siginfo(&info);
	info.si_signo = lab.choice.signal;
	info.si_code = SI_QUEUE;
	info.si_int = payload;

	rcu_read_lock();
	task = pid_task(lab.who.pid, PIDTYPE_TGID);
	if (task)
		err = send_sig_info(info.si_signo, &info, task);
	rcu_read_unlock();
	return err;
}

static int lab_queue(u32 number, u32 payload)
{
	struct lab_transports_record record = {
		.number = number, .payload = payload, .lost = lab.lost,
	};

	if (!kfifo_put(&lab.records, record)) {
		lab.lost++;
		return -ENOSPC;
	}
	lab.lost = 0;
	wake_up_interruptible(&lab.readers);
	return 0;
}

static irqreturn_t lab_transports_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	u32 number;

	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);

	spin_lock(&lab.who.lock);
	number = ++lab.counters.interrupts;
	switch (lab.who.owner ? lab.choice.transport : 0) {
	case LAB_TRANSPORTS_SIGNAL:
		lab_account(number, lab_send_signal(causes));
		break;
	case LAB_TRANSPORTS_EVENTFD:
		eventfd_signal(lab.eventfd);	/* returns nothing: it adds 1 */
		lab_account(number, 0);
		break;
	case LAB_TRANSPORTS_NETLINK:
		if (kfifo_put(&lab.notes, ((struct lab_note){ number, causes })))
			schedule_work(&lab.work);
		else
			lab_account(number, -ENOSPC);
		break;
	case LAB_TRANSPORTS_QUEUE:
		lab_account(number, lab_queue(number, causes));
		break;
	}
	WRITE_ONCE(lab.interrupts, lab.interrupts + 1);
	spin_unlock(&lab.who.lock);
	wake_up(&lab.raiser);
	return IRQ_HANDLED;
}

static int lab_send_event(const struct lab_note *note)
{
	const struct lab_genl_u32 attrs[] = {
		{ LAB_TRANSPORTS_A_NUMBER, note->number },
		{ LAB_TRANSPORTS_A_PAYLOAD, note->payload },
	};

	return lab_genl_multicast(&lab_transports_family, LAB_TRANSPORTS_C_EVENT,
				  attrs, ARRAY_SIZE(attrs));
}

/* The only consumer of the notes: the queue needs no lock for that. */
static void lab_transports_work(struct work_struct *work)
{
	struct lab_note note;
	unsigned long flags;

	while (kfifo_get(&lab.notes, &note)) {
		int err = lab_send_event(&note);

		spin_lock_irqsave(&lab.who.lock, flags);
		lab_account(note.number, err);
		spin_unlock_irqrestore(&lab.who.lock, flags);
	}
}

/* ---- The device file ------------------------------------------------------- */

/* Takes a choice out of the handler's sight, then gives back what it held. */
static void lab_forget(struct file *file)
{
	struct eventfd_ctx *eventfd = NULL;
	struct pid *pid = NULL;
	unsigned long flags;

	spin_lock_irqsave(&lab.who.lock, flags);
	if (!lab_registrant_take(&lab.who, file, &pid))
		swap(lab.eventfd, eventfd);
	spin_unlock_irqrestore(&lab.who.lock, flags);

	put_pid(pid);
	if (eventfd)
		eventfd_ctx_put(eventfd);
}

static long lab_check(const struct lab_transports_choice *choice)
{
	bool by_signal = choice->transport == LAB_TRANSPORTS_SIGNAL;
	bool by_eventfd = choice->transport == LAB_TRANSPORTS_EVENTFD;

	if (!choice->transport || choice->transport > LAB_TRANSPORTS_QUEUE || choice->padding)
		return -EINVAL;
	if (by_signal ? !lab_signal_usable(choice->signal) : choice->signal)
		return -EINVAL;
	if (!by_eventfd && choice->eventfd)
		return -EINVAL;
	return 0;
}

static long lab_choose(struct file *file, const void __user *arg)
{
	struct lab_transports_choice choice;
	struct eventfd_ctx *eventfd = NULL;
	unsigned long flags;
	struct pid *pid;
	long err;

	if (copy_from_user(&choice, arg, sizeof(choice)))
		return -EFAULT;
	err = lab_check(&choice);
	if (err)
		return err;
	if (choice.transport == LAB_TRANSPORTS_EVENTFD) {
		/* The context, not the number: that may mean another file soon. */
		eventfd = eventfd_ctx_fdget(choice.eventfd);
		if (IS_ERR(eventfd))
			return PTR_ERR(eventfd);
	}
	pid = get_pid(task_tgid(current));

	mutex_lock(&lab.mutex);
	lab_forget(file);
	flush_work(&lab.work);
	spin_lock_irqsave(&lab.who.lock, flags);
	err = lab_registrant_set(&lab.who, file, &pid);
	if (!err) {
		lab.choice = choice;
		swap(lab.eventfd, eventfd);
		memset(&lab.counters, 0, sizeof(lab.counters));
		lab.result = 0;
		lab.lost = 0;
		kfifo_reset(&lab.records);
	}
	spin_unlock_irqrestore(&lab.who.lock, flags);
	mutex_unlock(&lab.mutex);

	put_pid(pid);	/* what was not taken over */
	if (eventfd)
		eventfd_ctx_put(eventfd);
	return err;
}

static long lab_raise(const u32 __user *arg)
{
	u32 count, payload;
	long err = 0;

	if (get_user(count, arg))
		return -EFAULT;
	if (!count || count > LAB_TRANSPORTS_RAISE_MAX)
		return -EINVAL;

	if (mutex_lock_interruptible(&lab.mutex))
		return -ERESTARTSYS;
	for (payload = 1; payload <= count; payload++) {
		u32 before = READ_ONCE(lab.interrupts);

		err = lab_edu_raise(&edu, payload);
		if (err)
			break;
		/* Two raises before the handler runs would be one interrupt. */
		if (!wait_event_timeout(lab.raiser, READ_ONCE(lab.interrupts) != before, HZ)) {
			err = -EIO;
			break;
		}
	}
	flush_work(&lab.work);
	mutex_unlock(&lab.mutex);
	return err;
}

static long lab_counters(void __user *arg)
{
	struct lab_transports_counters counters;
	unsigned long flags;

	spin_lock_irqsave(&lab.who.lock, flags);
	counters = lab.counters;
	spin_unlock_irqrestore(&lab.who.lock, flags);

	return copy_to_user(arg, &counters, sizeof(counters)) ? -EFAULT : 0;
}

static long lab_transports_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case LAB_TRANSPORTS_CHOOSE:
		return lab_choose(file, p);
	case LAB_TRANSPORTS_RAISE:
		return lab_raise(p);
	case LAB_TRANSPORTS_COUNTERS:
		return lab_counters(p);
	default:
		return -ENOTTY;
	}
}

/* Takes one record, or else what was lost at the end; false: there is neither. */
static bool lab_take(struct lab_transports_record *record)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&lab.who.lock, flags);
	taken = kfifo_get(&lab.records, record);
	if (!taken && lab.lost) {
		*record = (struct lab_transports_record){ .lost = lab.lost };
		lab.lost = 0;
		taken = true;
	}
	spin_unlock_irqrestore(&lab.who.lock, flags);
	return taken;
}

static bool lab_readable(void)
{
	return !kfifo_is_empty(&lab.records) || READ_ONCE(lab.lost);
}

static ssize_t lab_transports_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	struct lab_transports_record record;
	ssize_t done = 0;

	if (size < sizeof(record))
		return -EINVAL;
	while (size - done >= sizeof(record)) {
		if (!lab_take(&record)) {
			if (done)
				break;
			if (file->f_flags & O_NONBLOCK)
				return -EAGAIN;
			if (wait_event_interruptible(lab.readers, lab_readable()))
				return -ERESTARTSYS;
			continue;
		}
		/* A record that cannot be handed over is gone: the caller's fault. */
		if (copy_to_user(to + done, &record, sizeof(record)))
			return done ?: -EFAULT;
		done += sizeof(record);
	}
	return done;
}

static __poll_t lab_transports_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &lab.readers, wait);
	return lab_readable() ? EPOLLIN | EPOLLRDNORM : 0;
}

static int lab_transports_release(struct inode *inode, struct file *file)
{
	lab_forget(file);
	return 0;
}

static const struct file_operations lab_transports_fops = {
	.owner = THIS_MODULE,
	.read = lab_transports_read,
	.poll = lab_transports_poll,
	.unlocked_ioctl = lab_transports_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = lab_transports_release,
};

/* ---- The family, the module ------------------------------------------------ */

static const struct genl_multicast_group lab_transports_groups[] = {
	{ .name = LAB_TRANSPORTS_GROUP },
};

/* No commands: it is for listening only. */
static struct genl_family lab_transports_family = {
	.name = LAB_TRANSPORTS_NAME,
	.version = 1,
	.module = THIS_MODULE,
	.mcgrps = lab_transports_groups,
	.n_mcgrps = ARRAY_SIZE(lab_transports_groups),
};

static int __init lab_transports_init(void)
{
	int err;

	INIT_KFIFO(lab.records);
	INIT_KFIFO(lab.notes);
	INIT_WORK(&lab.work, lab_transports_work);
	init_waitqueue_head(&lab.readers);
	init_waitqueue_head(&lab.raiser);

	err = genl_register_family(&lab_transports_family);
	if (err)
		return err;
	err = lab_edu_register_file(&edu, lab_transports_isr, &lab_transports_fops);
	if (err)
		goto out_unregister_family;
	return 0;

out_unregister_family:
	genl_unregister_family(&lab_transports_family);
	return err;
}
module_init(lab_transports_init);

/* No file is open any more, so nobody has chosen. */
static void __exit lab_transports_exit(void)
{
	lab_edu_unregister(&edu);
	cancel_work_sync(&lab.work);
	genl_unregister_family(&lab_transports_family);
}
module_exit(lab_transports_exit);

MODULE_DESCRIPTION("Upcall: the same interrupts by signal, eventfd, netlink and read");
MODULE_LICENSE("GPL");
