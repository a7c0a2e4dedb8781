/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registration of a process, or a thread, that a module is to signal: one at a
 * time, through one open file.
 *
 *	ioctl REGISTER		lab_registrant_set	takes a struct pid over
 *	interrupt		pid, if there is an owner
 *	ioctl UNREGISTER	lab_registrant_clear	puts it
 *	the file's last close	lab_registrant_clear	again, if it still has to
 *
 * A struct pid is no number. As long as somebody holds it, it means one process.
 * Once the process is gone it means nobody, whoever gets the number next. The death
 * of the process does not end the registration: others may have the file open too.
 *
 * The interrupt handler reads and writes this, so all other code takes the lock with
 * interrupts off: an interrupt that came while its own processor held the lock would
 * wait for ever.
 */
#ifndef LAB_REGISTRANT_H
#define LAB_REGISTRANT_H

#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "lab_counters.h"

/**
 * struct lab_registrant - the process that is registered, and its counters
 * @lock: for all of this, and for what the module keeps beside it
 * @owner: the open file of the registration; NULL: nobody is registered
 * @pid: the process to signal; ours to put; NULL when none is held
 * @counters: of interrupts and signals, since somebody registered
 */
struct lab_registrant {
	spinlock_t lock;	/* for all of this, and for what is kept beside it */
	struct file *owner;
	struct pid *pid;
	struct lab_counters counters;
};

#define LAB_REGISTRANT_INIT(name)	{ .lock = __SPIN_LOCK_UNLOCKED((name).lock) }

/**
 * lab_signal_usable() - Whether a program may ask to be sent a signal
 * @signal: its number, as the program gave it
 *
 * valid_signal() is true for 0, but 0 sends nothing. No handler could run for
 * SIGKILL or SIGSTOP, so a request for these is a mistake.
 */
static inline bool lab_signal_usable(u32 signal)
{
	return signal && valid_signal(signal) && signal != SIGKILL && signal != SIGSTOP;
}

/**
 * lab_registrant_replace() - Register, in the place of whoever is registered
 * @who: its lock is held
 * @file: the open file to which the registration belongs
 * @pid: the process to signal; becomes what the caller has to put, once the lock is free
 */
static inline void lab_registrant_replace(struct lab_registrant *who, struct file *file,
					  struct pid **pid)
{
	lockdep_assert_held(&who->lock);
	who->owner = file;
	swap(who->pid, *pid);	/* the reference is ours now */
	memset(&who->counters, 0, sizeof(who->counters));
}

/**
 * lab_registrant_set() - Register, if nobody is registered
 * @who: its lock is held
 * @file: as above
 * @pid: as above: becomes NULL if it is taken over
 *
 * Return: 0, or -EBUSY when somebody is registered.
 */
static inline int lab_registrant_set(struct lab_registrant *who, struct file *file,
				     struct pid **pid)
{
	lockdep_assert_held(&who->lock);
	if (who->owner)
		return -EBUSY;
	lab_registrant_replace(who, file, pid);
	return 0;
}

/**
 * lab_registrant_take() - End a registration
 * @who: its lock is held
 * @file: the file to which the registration belongs
 * @pid: a NULL; becomes what the caller has to put, as above
 *
 * Return: 0, or -ENOENT when nobody is registered through this file.
 */
static inline int lab_registrant_take(struct lab_registrant *who, struct file *file,
				      struct pid **pid)
{
	lockdep_assert_held(&who->lock);
	if (who->owner != file)
		return -ENOENT;
	who->owner = NULL;
	swap(who->pid, *pid);
	return 0;
}

/**
 * lab_registrant_clear() - End a registration and give back what it held
 * @who: its lock is free
 * @file: the file to which the registration belongs
 *
 * Return: as lab_registrant_take().
 */
static inline int lab_registrant_clear(struct lab_registrant *who, struct file *file)
{
	struct pid *pid = NULL;
	unsigned long flags;
	int err;

	/* Out of the handler's sight first, ... */
	spin_lock_irqsave(&who->lock, flags);
	err = lab_registrant_take(who, file, &pid);
	spin_unlock_irqrestore(&who->lock, flags);

	/* ... then given back. */
	put_pid(pid);
	return err;
}

#endif /* LAB_REGISTRANT_H */
