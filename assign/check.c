// SPDX-License-Identifier: GPL-2.0-or-later
/* May a device be given away? See check.h. Changes nothing. */
#include "assign/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "assign/guest_dir.h"
#include "assign/verdict.h"
#include "base/cleanup.h"
#include "base/text.h"

enum {
	DYING_STEP_MS = 100,
	DYING_TRIES = 50,
};

int assign_check_guest(const struct host *host, const struct pci_device *device, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char guest[GUEST_NAME_SIZE];

	if (!lease_guest(&host->root, device->addr, guest))
		return 0;
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s belongs to the running guest '%s'",
		pci_addr_text(device->addr, name), guest);
	return fail_hint(err, "end the guest first: sluice stop %s", guest);
}

bool assign_is_lost(const struct pci_addr *lose, size_t count, struct pci_addr addr)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(lose[i], addr))
			return true;
	return false;
}

int assign_check_card(
	const struct host *host, const struct pci_device *device, const struct lease *lease, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char was[128], is[128];

	if (lease_is_for(&host->root, &host->pci, lease, device, was, is, sizeof(was)))
		return 0;
	pci_addr_text(device->addr, name);
	fail_code(
		err, CODE_DEV_MOVED, ESTALE, "the lease of %s is for another card: %s; now %s is there", name, was, is);
	return fail_hint(err, "'sluice release --forget %s' drops the lease and leaves the card as it is", name);
}

static int check_users_by(struct judge *judge, const struct pci_device *device, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	char blockers[400];
	struct pci_users users = { 0 };
	size_t count;
	int ret = judge_users(judge, device, &users, err);

	if (ret < 0)
		return ret;
	count = verdict_name_users(&users, blockers, sizeof(blockers));
	pci_users_done(&users);
	if (!count)
		return 0;
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "%s is in use: %s", pci_addr_text(device->addr, name), blockers);
	return fail_hint(err,
		"stop that use first, or choose another device; 'sluice impact %s' shows all that hangs off it",
		pci_addr_text(device->addr, name));
}

static int check_by(struct judge *judge, const struct pci_device *device, struct error *err)
{
	cleanup(verdict_done) struct verdict verdict = { 0 };
	int ret = verdict_read(judge, device, &verdict, err);

	return ret < 0 ? ret : verdict_check(judge, &verdict, VERDICT_TAKE, NULL, 0, err);
}

typedef int (*check_by_fn)(struct judge *judge, const struct pci_device *device, struct error *err);

/* Asked again by who is about to change the host, and the host is asked again who uses the device. */
static int check_afresh(const struct host *host, const struct pci_device *device, check_by_fn check, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	return ret < 0 ? ret : check(&judge, device, err);
}

int assign_check(const struct host *host, const struct pci_device *device, struct error *err)
{
	return check_afresh(host, device, check_by, err);
}

int assign_check_users(const struct host *host, const struct pci_device *device, struct error *err)
{
	return check_afresh(host, device, check_users_by, err);
}

/* A guest whose sluice was killed: its sluice-vmm is still dying, and lets go of its devices in a moment. */
static bool is_dying(const struct host *host, const struct pci_device *device)
{
	struct lease lease;

	return lease_read(&host->root, device->addr, &lease, NULL) == 1 && lease.guest[0] &&
	       !guest_is_alive(&host->root, lease.guest);
}

int assign_check_when_dead(
	const struct host *host, const struct pci_device *device, assign_check_fn check, struct error *err)
{
	const struct timespec step = { .tv_nsec = DYING_STEP_MS * 1000000L };
	int ret = check(host, device, err);

	for (int tries = 0; ret == -EBUSY && tries < DYING_TRIES && is_dying(host, device); tries++) {
		nanosleep(&step, NULL);
		ret = check(host, device, err);
	}
	return ret;
}

/* Only what a dying guest has is worth a look of its own. */
static int ask_when_dead(
	struct judge *judge, const struct pci_device *device, check_by_fn by, assign_check_fn check, struct error *err)
{
	int ret = by(judge, device, err);

	if (ret != -EBUSY || !is_dying(judge->host, device))
		return ret;
	return assign_check_when_dead(judge->host, device, check, err);
}

int assign_check_by(struct judge *judge, const struct pci_device *device, struct error *err)
{
	return ask_when_dead(judge, device, check_by, assign_check, err);
}

int assign_check_users_by(struct judge *judge, const struct pci_device *device, struct error *err)
{
	return ask_when_dead(judge, device, check_users_by, assign_check_users, err);
}
