/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of things that a plan changes, one table each (kind_*.c): how such a thing is looked at, compared and set.
 * Setting is one call of the library that does it (sriov/, assign/, distro/); undoing is setting what was there before.
 *
 * A new kind: a row in kind.c, in the order in which steps are done, and its file.
 */
#ifndef PLAN_KIND_H
#define PLAN_KIND_H

#include "assign/change.h"
#include "plan/look.h"
#include "plan/step.h"
#include "plan/words.h"

/* What setting is done with. */
struct doing {
	struct change *change;
	const struct pci_addr *lose; /* devices whose uses the operator gives up, each by name */
	size_t lose_count;
};

struct kind {
	const char *name; /* in journals and --json: "vfs" */
	const char *noun; /* for people: "VFs of %t", where %t is the target; "kernel arguments" */

	/* For people: "create", "change", "destroy"; by whether something was there before and is there afterwards. */
	const char *add, *alter, *remove;
	const char *nothing; /* the state that counts as "nothing there": "0", "none", "" */

	/* The state of target; -ENOENT (err filled) when what carries it is not there. */
	int (*look)(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err);

	/* Is state what wanted asks for? NULL: when both are equal. */
	bool (*fits)(const char *wanted, const char *state);

	/*
	 * States that say only a part (settings of a VF): what a step of wanted has to remember of state, in buf. NULL:
	 * all of it.
	 */
	const char *(*part)(const char *state, const char *wanted, char *buf, size_t size);
	bool is_partial; /* states of the same target from two sources are merged word by word */

	/* The host's inventory has to be read again after such a change. */
	bool is_device;

	/* Make it so. Fails with the host as it was, or with a code of exit status 8. */
	int (*set)(const struct doing *doing, const char *target, const char *state, struct error *err);

	/*
	 * It has a part that look does not see (a boot loader's configuration, a lease): recover sets it in any
	 * case.
	 */
	bool sets_again;

	/* Of several targets at once, all or none; NULL: one after the other. */
	int (*set_all)(
		const struct doing *doing, char *const *targets, size_t count, const char *state, struct error *err);

	/* Does this change wait for a reboot? NULL: it never does. */
	bool (*waits)(struct look *look, const char *target, const char *from, const char *to);

	/*
	 * The device that the host would lose with this change, and how; false: nothing is taken from it. NULL: it
	 * never does.
	 */
	bool (*takes)(struct look *look, const char *target, const char *from, const char *to,
		const struct pci_device **ret_device, bool *ret_its_vfs);
};

extern const struct kind kind_kernel_arguments, kind_module_options, kind_module_blacklist, kind_modules_load,
	kind_early, kind_hugepages_at_boot, kind_hugepages, kind_vfs, kind_vf, kind_driver, kind_user;

/* NULL: there is none of that name. */
const struct kind *kind_find(const char *name);

bool kind_fits(const struct kind *kind, const char *wanted, const char *state);

/* Its noun with the target, or what people call that: "VFs of eth0". Returns buf. */
const char *kind_describe(const struct kind *kind, const char *target, char *buf, size_t size);

/* Its place in the order of steps, from 0; of what is not in the table, the end. */
size_t kind_order(const struct kind *kind);

#endif
