// SPDX-License-Identifier: GPL-2.0-or-later
/* VFs are taken back from guests, and given again; see drain.h. */
#include "guest/drain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "assign/check.h"
#include "assign/lease.h"
#include "assign/verdict.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "guest/attach.h"
#include "sriov/vf_target.h"

enum {
	END_MS = 30000, /* a guest that ends gives its devices back: the kernel resets them */
	LOOK_MS = 100,
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_one_of(const struct pci_addr *pfs, size_t count, struct pci_addr addr)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(pfs[i], addr))
			return true;
	return false;
}

static int ask(const struct sysroot *root, const struct drained *drained, enum attach_op op, uint32_t timeout_ms,
	struct attach_answer *ret_answer, struct error *err)
{
	struct attach_request request = { .op = op, .timeout_ms = timeout_ms, .device_count = 1 };

	pci_addr_text(drained->addr, request.device[0].name);
	return guest_attach(root, drained->guest, &request, ret_answer, err);
}

/* What a guest has of these cards. */
static size_t find_all(const struct host *host, const struct pci_addr *pfs, size_t count, struct drained *ret_drained)
{
	size_t found = 0;

	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *vf = &host->pci.devices[i];
		struct drained *drained = &ret_drained[found];

		if (!vf->is_vf || !is_one_of(pfs, count, vf->pf) || !lease_guest(&host->root, vf->addr, drained->guest))
			continue;
		drained->addr = vf->addr;
		drained->pf = vf->pf;
		drained->index = (unsigned int)vf->vf_index;
		found++;
	}
	return found;
}

static int check_return(const struct host *host, struct drained *drained, struct error *err)
{
	const struct vf_target target = { &host->root, pci_inventory_find(&host->pci, drained->pf),
		(int)drained->index };
	struct attach_answer answer;
	int ret = ask(&host->root, drained, ATTACH_COULD_RETURN, 0, &answer, err);

	if (ret < 0)
		return fail_hint(err, "it would lose its VF for good: 'sluice stop %s', or 'sluice detach' it yourself",
			drained->guest);
	drained->on_error = answer.device[0].on_error;
	drained->accepted = answer.accepted;
	drained->has_settings = target.pf && vf_target_read(&target, &drained->settings);
	drained->settings.has_stats = false;
	return 0;
}

static bool is_still_its(const struct sysroot *root, const struct drained *drained)
{
	char name[GUEST_NAME_SIZE];

	return lease_guest(root, drained->addr, name) && !strcmp(name, drained->guest);
}

/*
 * Who looks after a guest and goes without an answer is at its end: it gives all back. Whatever else failed, it may
 * have been after the VF was taken.
 */
static bool has_it_back(const struct sysroot *root, const struct drained *drained, const struct error *why)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	int64_t until = now_ms() + (why->errnum == EPROTO ? END_MS : 0);

	while (is_still_its(root, drained)) {
		if (now_ms() >= until)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* One that shared a slot with another has come along with that; a guest that has ended has none. */
static int take_back(const struct host *host, struct drained *drained, uint32_t timeout_ms, struct error *err)
{
	struct attach_answer answer = { .pulled = false };
	struct error why = { 0 };
	int ret;

	drained->since_ms = now_ms();
	ret = ask(&host->root, drained, ATTACH_TAKE_BACK, timeout_ms, &answer, &why);
	drained->pulled = answer.pulled;
	if (ret >= 0 || has_it_back(&host->root, drained, &why))
		return 0;
	if (err)
		*err = why;
	return ret;
}

/* What nobody can be asked to give back: the number cannot be changed, and no guest shall be without for that. */
static int check_others(const struct host *host, const struct pci_addr *pfs, size_t count, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	char name[GUEST_NAME_SIZE];
	int ret = judge_open(&judge, host, JUDGE_AFRESH, NULL, 0, err);

	for (size_t i = 0; ret >= 0 && i < host->pci.count; i++) {
		const struct pci_device *vf = &host->pci.devices[i];

		if (vf->is_vf && is_one_of(pfs, count, vf->pf) && !lease_guest(&host->root, vf->addr, name))
			ret = assign_check_by(&judge, vf, err);
	}
	return ret < 0 ? ret : 0;
}

/* All that may be refused. Guests that end meanwhile are left out of the list. */
static int check_all(const struct host *host, const struct pci_addr *pfs, size_t count, struct drained *drained,
	size_t *found, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *found; i++) {
		int ret = check_return(host, &drained[i], err);

		if (ret < 0 && is_still_its(&host->root, &drained[i]))
			return ret;
		if (ret >= 0)
			drained[kept++] = drained[i];
	}
	*found = kept;
	return check_others(host, pfs, count, err);
}

int guest_drain(const struct host *host, const struct pci_addr *pfs, size_t count, uint32_t timeout_ms,
	struct drained **ret_drained, size_t *ret_count, struct error *err)
{
	struct drained *drained = calloc(host->pci.count + 1, sizeof(*drained));
	size_t found;
	int ret = 0;

	*ret_drained = drained;
	*ret_count = 0;
	if (!drained)
		return fail(err, ENOMEM, "take VFs back");
	found = find_all(host, pfs, count, drained);
	if (found)
		ret = check_all(host, pfs, count, drained, &found, err);
	while (!ret && *ret_count < found) {
		ret = take_back(host, &drained[*ret_count], timeout_ms, err);
		*ret_count += ret >= 0;
	}
	return ret;
}

/* What it had, apart from what no wish can say: it may have had no address. */
static void ask_for_settings(const struct drained *drained, struct attach_request *request)
{
	struct vf_settings *vf = &request->device[0].vf;

	request->device[0].has_vf = drained->has_settings;
	if (!drained->has_settings)
		return;
	*vf = drained->settings;
	if (vf->has_mac && mac_is_zero(&vf->mac))
		vf->has_mac = false;
	if (!vf->has_mac)
		vf->mac_from = VF_MAC_KEEP;
}

/* The address of that number now. False: there is no such VF any more. */
static bool find_again(const struct sysroot *root, struct drained *drained)
{
	char pf[PCI_ADDR_TEXT_SIZE], name[PCI_ADDR_TEXT_SIZE];

	return !sysroot_read_link_name(root, name, sizeof(name), "sys/bus/pci/devices/%s/virtfn%u",
		       pci_addr_text(drained->pf, pf), drained->index) &&
	       !pci_addr_parse(name, &drained->addr);
}

static void is_back(struct drained *drained, const char *in_guest)
{
	drained->is_back = true;
	drained->away_ms = (unsigned int)(now_ms() - drained->since_ms);
	text_copy(drained->in_guest, sizeof(drained->in_guest), in_guest);
}

static int give_again(const struct sysroot *root, struct drained *drained, struct error *err)
{
	struct attach_request request = { .op = ATTACH_GIVE, .accepted = drained->accepted, .device_count = 1 };
	struct attach_answer answer = { .device_count = 0 };
	char pf[PCI_ADDR_TEXT_SIZE];
	struct error why = { 0 };
	int ret;

	drained->is_gone = !find_again(root, drained);
	if (drained->is_gone)
		return 0;
	request.device[0].on_error = drained->on_error;
	snprintf(request.device[0].name, sizeof(request.device[0].name), "%s/%u", pci_addr_text(drained->pf, pf),
		drained->index);
	ask_for_settings(drained, &request);
	ret = guest_attach(root, drained->guest, &request, &answer, &why);
	/* One that was started again meanwhile has taken it itself. */
	if (ret >= 0 || (why.errnum == EEXIST && is_still_its(root, drained))) {
		is_back(drained, ret >= 0 ? answer.device[0].in_guest : "");
		return 0;
	}
	drained->has_ended = !guest_is_alive(root, drained->guest);
	if (drained->has_ended)
		return 0;
	if (err)
		*err = why;
	return ret;
}

int guest_undrain(const struct sysroot *root, struct drained *drained, size_t count, struct error *err)
{
	char pf[PCI_ADDR_TEXT_SIZE];
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		int ret = give_again(root, &drained[i], first ? NULL : err);

		if (ret >= 0 || first)
			continue;
		first = ret;
		if (!err)
			continue;
		err->code = CODE_HALF_DONE;
		fail_hint(err, "'sluice attach %s %s/%u' tries again, with what is set then", drained[i].guest,
			pci_addr_text(drained[i].pf, pf), drained[i].index);
	}
	return first;
}
