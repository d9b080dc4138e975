// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NVMe VFs (NVM Express Base 2.0, 8.26): a VF is a secondary controller. Offline it is given queues and interrupts by
 * its primary controller (Virtualization Management), namespaces are attached to it, and then it is switched online.
 * Resources change only while it is offline: one that is online goes offline for it and comes back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/nvme_admin.h"
#include "sriov/nvme_vf.h"
#include "sriov/vf.h"

enum {
	NAMESPACES_ASKED = 64, /* each takes a command */
	CONTROLLERS_LISTED = 2047,
};

static const struct vf_target *target_of(const struct vf_carrier *carrier)
{
	return carrier->target;
}

/* Is the controller in the list that CNS 12h answered. */
static bool is_listed(const uint8_t *list, uint16_t controller)
{
	size_t count = nvme_le16(list);

	for (size_t i = 1; i <= count && i <= CONTROLLERS_LISTED; i++)
		if (nvme_le16(list + 2 * i) == controller)
			return true;
	return false;
}

/* Adds the namespaces to those VFs that they are attached to. A controller without namespace management has none. */
static void read_namespaces(int fd, const struct nvme_vf *vf, struct vf_settings *settings, size_t count)
{
	uint8_t all[NVME_DATA_SIZE] = { 0 }, attached[NVME_DATA_SIZE] = { 0 };

	if (nvme_admin_identify(fd, NVME_CNS_ALLOCATED_NAMESPACES, 0, 0, all))
		return;
	for (size_t i = 0; i < count; i++)
		settings[i].has_namespaces = true;
	for (size_t n = 0; n < NAMESPACES_ASKED; n++) {
		uint32_t nsid = nvme_le32(all + 4 * n);

		if (!nsid || nvme_admin_identify(fd, NVME_CNS_ATTACHED_CONTROLLERS, nsid, 0, attached))
			return;
		for (size_t i = 0; i < count; i++) {
			struct vf_numbers *list = &settings[i].namespaces;

			if (list->count < VF_NUMBERS && is_listed(attached, vf[i].controller))
				list->number[list->count++] = nsid;
		}
	}
}

static size_t read_entries(const uint8_t *list, struct nvme_vf *vf, struct vf_settings *settings, size_t max)
{
	size_t count = 0;

	while (count < max && !nvme_vf_parse(list, NVME_DATA_SIZE, (int)count, &vf[count])) {
		vf_settings_init(&settings[count]);
		settings[count].queues = vf[count].queues;
		settings[count].interrupts = vf[count].interrupts;
		settings[count].online = vf[count].online;
		count++;
	}
	return count;
}

static int failed(const struct vf_carrier *carrier, const char *what, int ret, struct error *err)
{
	char words[64];

	if (ret == -EACCES || ret == -EPERM) {
		fail_code(err, CODE_NOT_ROOT, EPERM, "%s: %s: not permitted", carrier->ifname, what);
		return fail_hint(err, "run as root");
	}
	fail_code(err, CODE_VF_REJECTED, ret < 0 ? -ret : EIO, "%s: %s: %s", carrier->ifname, what,
		nvme_admin_words(ret, words, sizeof(words)));
	return fail_hint(err,
		"`sluice vf capacity %s` shows what the controller has to give, `sluice vf list %s -o "
		"+QUEUES,INTERRUPTS` "
		"who has it",
		carrier->ifname, carrier->ifname);
}

static int read_all(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max, size_t *ret_count,
	struct error *err)
{
	const struct vf_target *target = target_of(carrier);
	cleanup_close int fd = nvme_admin_open(target->root, target->pf->addr);
	uint8_t list[NVME_DATA_SIZE] = { 0 };
	struct nvme_vf vf[NVME_SECONDARIES];
	int ret;

	if (fd < 0)
		return failed(carrier, "open its controller", fd, err);
	ret = nvme_admin_identify(fd, NVME_CNS_SECONDARIES, 0, 0, list);
	if (ret)
		return failed(carrier, "list its VFs", ret, err);
	*ret_count = read_entries(list, vf, ret_settings, max < NVME_SECONDARIES ? max : NVME_SECONDARIES);
	read_namespaces(fd, vf, ret_settings, *ret_count);
	return 0;
}

static bool has_number(const struct vf_numbers *list, uint32_t number)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->number[i] == number)
			return true;
	return false;
}

/* Attaches (or detaches) what is in one list and not in the other. */
static int attach_missing(const struct vf_carrier *carrier, int fd, uint16_t controller, const struct vf_numbers *these,
	const struct vf_numbers *others, bool attach, struct error *err)
{
	for (size_t i = 0; i < these->count; i++) {
		char what[64];
		int ret;

		if (has_number(others, these->number[i]))
			continue;
		ret = nvme_admin_attach(fd, these->number[i], controller, attach);
		snprintf(what, sizeof(what), "%s namespace %u", attach ? "attach" : "detach", these->number[i]);
		if (ret)
			return failed(carrier, what, ret, err);
	}
	return 0;
}

static int assign(const struct vf_carrier *carrier, int fd, uint16_t controller, enum nvme_resource resource,
	int64_t count, struct error *err)
{
	char what[80];
	int ret;

	if (count == VF_UNSET)
		return 0;
	ret = nvme_admin_virt(fd, NVME_VIRT_ASSIGN, resource, controller, (unsigned int)count);
	snprintf(what, sizeof(what), "give %u %s to controller %u", (unsigned int)count,
		resource == NVME_QUEUES ? "queues" : "interrupts", controller);
	return ret ? failed(carrier, what, ret, err) : 0;
}

static int switch_state(const struct vf_carrier *carrier, int fd, uint16_t controller, bool online, struct error *err)
{
	int ret = nvme_admin_virt(fd, online ? NVME_VIRT_ONLINE : NVME_VIRT_OFFLINE, NVME_QUEUES, controller, 0);
	char what[64];

	snprintf(what, sizeof(what), "switch controller %u %s", controller, online ? "online" : "offline");
	return ret ? failed(carrier, what, ret, err) : 0;
}

static int write_open(const struct vf_carrier *carrier, int fd, const struct nvme_vf *vf, const struct vf_settings *now,
	const struct vf_settings *wanted, struct error *err)
{
	bool resources = wanted->queues != VF_UNSET || wanted->interrupts != VF_UNSET;
	bool online = wanted->online != VF_UNSET ? wanted->online : vf->online;
	bool goes_off = vf->online && (resources || !online);
	bool comes_back = goes_off && online; /* controllers take what they gave when a VF goes offline */
	int64_t queues = wanted->queues == VF_UNSET && comes_back ? vf->queues : wanted->queues;
	int64_t interrupts = wanted->interrupts == VF_UNSET && comes_back ? vf->interrupts : wanted->interrupts;
	int ret = goes_off ? switch_state(carrier, fd, vf->controller, false, err) : 0;

	if (!ret)
		ret = assign(carrier, fd, vf->controller, NVME_QUEUES, queues, err);
	if (!ret)
		ret = assign(carrier, fd, vf->controller, NVME_INTERRUPTS, interrupts, err);
	if (!ret && wanted->has_namespaces)
		ret = attach_missing(carrier, fd, vf->controller, &now->namespaces, &wanted->namespaces, false, err);
	if (!ret && wanted->has_namespaces)
		ret = attach_missing(carrier, fd, vf->controller, &wanted->namespaces, &now->namespaces, true, err);
	if (!ret && online && (goes_off || !vf->online))
		ret = switch_state(carrier, fd, vf->controller, true, err);
	return ret;
}

static int write_one(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	const struct vf_target *target = target_of(carrier);
	cleanup_close int fd = nvme_admin_open(target->root, target->pf->addr);
	uint8_t list[NVME_DATA_SIZE] = { 0 };
	struct vf_settings now;
	struct nvme_vf vf;
	int ret;

	if (fd < 0)
		return failed(carrier, "open its controller", fd, err);
	ret = nvme_admin_identify(fd, NVME_CNS_SECONDARIES, 0, 0, list);
	if (ret)
		return failed(carrier, "list its VFs", ret, err);
	ret = nvme_vf_parse(list, sizeof(list), (int)index, &vf);
	if (ret < 0)
		return fail_code(err, CODE_NO_SUCH_VF, -ret, "%s lists no VF %u", carrier->ifname, index);
	vf_settings_init(&now);
	read_namespaces(fd, &vf, &now, 1);
	return write_open(carrier, fd, &vf, &now, settings, err);
}

bool vf_nvme_carrier(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier)
{
	char controller[PCI_NAME_MAX];

	if (target->pf->class != CLASS_NVME ||
		!nvme_controller(target->root, target->pf->addr, controller, sizeof(controller)))
		return false;
	*ret_carrier = (struct vf_carrier){
		.read_all = read_all,
		.write = write_one,
		.ifname = name,
		.target = target,
	};
	return true;
}
