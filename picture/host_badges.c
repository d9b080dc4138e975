// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Badges of a function on a picture: each rule is one function that adds a badge or none. What could not be read is a
 * badge with a question mark where it matters, never a guess.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pci/detail.h"
#include "picture/host_model.h"

/* One function with all that is known about it. */
struct subject {
	struct topology_model *model;
	struct picture *picture;
	const struct pci_device *device;
	const struct device_row *row;
	const struct topology_function *function;
	int item;
	bool is_port;
};

/* "a; b and 3 more": whole sentences, as many as there is room for. */
static void add_sentence(char *all, size_t size, const char *what, size_t *left_out)
{
	/* Room for " and 9999 more" stays free. */
	if (!*left_out && strlen(all) + strlen(what) + 18 < size)
		snprintf(all + strlen(all), size - strlen(all), "%s%s", all[0] ? "; " : "", what);
	else
		++*left_out;
}

/* "mount, swap": each kind of user that blocks once. */
static void badge_use(const struct subject *subject)
{
	const struct pci_users *users = &subject->row->verdict.users;
	char kinds[40] = "";
	char all[200] = "";
	size_t left_out = 0;

	for (size_t i = 0; i < users->count; i++) {
		const struct pci_user *user = &users->user[i];

		/* Who has VFIO's node open is its owner; a display has a badge of its own. */
		if (user->severity != PCI_USER_BLOCKS || !strcmp(user->kind, "vfio") || !strcmp(user->kind, "vfs"))
			continue;
		if (!strstr(kinds, user->kind) && strlen(kinds) + strlen(user->kind) + 3 < sizeof(kinds))
			snprintf(kinds + strlen(kinds), sizeof(kinds) - strlen(kinds), "%s%s", kinds[0] ? ", " : "",
				user->kind);
		add_sentence(all, sizeof(all), user->what, &left_out);
	}
	if (left_out)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%zu more", all[0] ? " and " : "", left_out);
	if (kinds[0]) {
		picture_add_badge(subject->picture, subject->item, PICTURE_BLOCK, "use", "in use: %s", kinds);
		picture_explain_badge(subject->picture, "%s", all);
	} else if (users->incomplete && !subject->is_port) {
		picture_add_badge(subject->picture, subject->item, PICTURE_INFO, "use", "users ?");
		picture_explain_badge(subject->picture, "not everything that may use it could be read: run as root");
	}
}

static void badge_display(const struct subject *subject)
{
	char name[PCI_ADDR_TEXT_SIZE];
	uint64_t boot_vga;

	if (subject->device->class >> 16 != 0x03 ||
		sysroot_read_u64(&subject->model->host->root, &boot_vga, "sys/bus/pci/devices/%s/boot_vga",
			pci_addr_text(subject->device->addr, name)) < 0 ||
		!boot_vga)
		return;
	picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "display", "boot display");
	picture_explain_badge(subject->picture, "the firmware and this kernel started with it as their screen");
}

static void badge_reserved(const struct subject *subject)
{
	if (!verdict_find(&subject->row->verdict, CODE_DEV_RESERVED_MEMORY))
		return;
	picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "reserved", "reserved memory");
	picture_explain_badge(
		subject->picture, "the firmware keeps memory for it (RMRR or unity map), so it cannot be given away");
}

static void badge_reset(const struct subject *subject)
{
	const struct pci_device *device = subject->device;
	char methods[40] = "";

	if (subject->is_port || device->class >> 16 == 0x06)
		return;
	if (!device->reset_known) {
		picture_add_badge(subject->picture, subject->item, PICTURE_INFO, "reset", "reset ?");
		picture_explain_badge(subject->picture, "this kernel does not say how it can be reset");
		return;
	}
	for (size_t i = 0; i < device->reset_count; i++)
		snprintf(methods + strlen(methods), sizeof(methods) - strlen(methods), "%s%.12s", i ? ", " : "",
			device->reset_methods[i].text);
	if (device->reset_count) {
		picture_add_badge(subject->picture, subject->item, PICTURE_INFO, "reset", "reset: %s", methods);
		return;
	}
	picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "reset", "no reset");
	picture_explain_badge(subject->picture,
		"the kernel knows no way to reset it, so it would carry one guest's state to the next");
}

static const char *speed_text(unsigned int mts, char *buf, size_t size)
{
	if (mts % 1000)
		snprintf(buf, size, "%u.%u", mts / 1000, mts / 100 % 10);
	else
		snprintf(buf, size, "%u", mts / 1000);
	return buf;
}

static void badge_link(const struct subject *subject)
{
	struct pci_link link;
	char now[16];
	char most[16];

	if (subject->is_port || subject->device->is_vf)
		return;
	pci_link_read(&subject->model->host->root, subject->device->addr, &link);
	if (!link.known)
		return;
	speed_text(link.speed_mts, now, sizeof(now));
	if (!link.degraded) {
		picture_add_badge(
			subject->picture, subject->item, PICTURE_INFO, "link", "x%u %s GT/s", link.width, now);
		return;
	}
	picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "link", "x%u %s GT/s of x%u %s", link.width,
		now, link.max_width, speed_text(link.max_speed_mts, most, sizeof(most)));
	picture_explain_badge(subject->picture, "its link runs at x%u %s GT/s and could do x%u %s GT/s", link.width,
		now, link.max_width, most);
}

static void badge_node(const struct subject *subject)
{
	if (subject->is_port || subject->device->numa_node < 0 || subject->device->is_vf)
		return;
	picture_add_badge(subject->picture, subject->item, PICTURE_INFO, "numa", "node %d", subject->device->numa_node);
}

/* VFs of a PF that has none now. */
static void badge_sriov(const struct subject *subject)
{
	const struct pci_sriov *sriov = &subject->device->sriov;

	if (sriov->capable && !sriov->num_vfs && sriov->total_vfs)
		picture_add_badge(
			subject->picture, subject->item, PICTURE_INFO, "sriov", "0 of %u VFs", sriov->total_vfs);
}

static void badge_acs(const struct subject *subject)
{
	const struct topology *topology = &subject->model->view.topology;
	const struct topology_function *function = subject->function;
	unsigned int missing;
	char bits[32];

	if (!subject->is_port)
		return;
	if (!function->known) {
		picture_add_badge(subject->picture, subject->item, PICTURE_INFO, "acs", "ACS ?");
		picture_explain_badge(subject->picture, "its configuration space could not be read: run as root");
		return;
	}
	if (topology_is_alias_bridge(function)) {
		picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "acs", "hides requesters");
		picture_explain_badge(subject->picture, "requests from behind it reach the IOMMU without their own "
							"requester ID: all behind it belongs to one group");
		return;
	}
	if (topology_isolates(topology, function))
		return;
	missing = topology_acs_missing(topology, function);
	if (function->has_acs && missing)
		picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "acs", "ACS lacks %s",
			acs_bits_text(missing, bits, sizeof(bits)));
	else
		picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "acs", "no ACS");
	picture_explain_badge(subject->picture, "it may pass requests between devices without showing them to the "
						"IOMMU: it and all below belong to one group");
}

/* Functions of one device that are not kept apart: said at the device, since no port merges them. */
static void badge_siblings(const struct subject *subject)
{
	const struct topology *topology = &subject->model->view.topology;
	const struct topology_function *end = topology->function + topology->count;
	const struct topology_function *self = subject->function;

	if (subject->is_port || !self->known || self->is_vf || !self->multifunction)
		return;
	for (int step = -1; step <= 1; step += 2)
		for (const struct topology_function *other = self + step;
			other >= topology->function && other < end && topology_same_slot(self, other); other += step)
			if (other->known && topology_are_unisolated_siblings(topology, self, other)) {
				picture_add_badge(subject->picture, subject->item, PICTURE_WARN, "acs",
					"no ACS between functions");
				picture_explain_badge(subject->picture,
					"the functions of this device may reach each other past the IOMMU: they "
					"belong to one group");
				return;
			}
}

void topology_add_badges(struct topology_model *model, size_t index)
{
	static void (*const rules[])(const struct subject *) = { badge_use, badge_display, badge_reserved, badge_acs,
		badge_siblings, badge_link, badge_reset, badge_node, badge_sriov };
	const struct picture_item *item = &model->picture.item[model->item[index]];
	const struct subject subject = {
		.model = model,
		.picture = &model->picture,
		.device = &model->host->pci.devices[index],
		.row = &model->row[index],
		.function = &model->view.topology.function[index],
		.item = model->item[index],
		.is_port = item->kind == PICTURE_PORT,
	};

	for (size_t i = 0; i < array_size(rules); i++)
		rules[i](&subject);
	if (!subject.is_port)
		topology_badge_eswitch(model, subject.device, subject.item);
}
