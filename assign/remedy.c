// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Remedies, by the code of the blocker: a table, and for each row a function that offers what this host allows. Those
 * for a shared IOMMU group are in remedy_group.c.
 */
#include "assign/remedy.h"

#include <stdio.h>
#include <string.h>

#include "assign/denylist.h"
#include "assign/remedy_list.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "os/place.h"
#include "sriov/nvme_admin.h"
#include "sriov/nvme_primary.h"
#include "sriov/nvme_vf.h"

static const char *own_name(const struct remedy_list *list, char name[static PCI_ADDR_TEXT_SIZE])
{
	return pci_addr_text(list->verdict->device->addr, name);
}

/* The device as it is, for another VMM: offered where nothing but limits of sluice's own stands against it. */
static void offer_other_vmm(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (verdict_answer(list->verdict, VERDICT_VMM) == VERDICT_NO ||
		verdict_answer(list->verdict, VERDICT_BIND) == VERDICT_NO)
		return;
	if (pci_driver_is_vfio(list->verdict->device->driver))
		remedy_add(list, "another VMM can have it as it is: it is with %s", list->verdict->device->driver);
	else
		remedy_command(remedy_add(list, "another VMM can have it"), "sluice bind %s", own_name(list, name));
}

static void mend_iommu(struct remedy_list *list)
{
	remedy_command(remedy_add(list, list->judge->host->iommu.firmware_table
						? "the firmware offers an IOMMU; this says how to switch it on"
						: "switch VT-d or AMD-Vi on in the firmware's set-up; this says more"),
		"sluice doctor");
}

static void mend_interrupts(struct remedy_list *list)
{
	remedy_command(
		remedy_add(list, "switch interrupt remapping on; this says how"), "sluice explain IOMMU-NO-INTREMAP");
	remedy_add(list, "'--allow-unsafe-interrupts' of 'sluice run' takes the risk");
}

/* Functions on the buses below a bridge to PCI; a few of them. */
static void mend_bridge(struct remedy_list *list)
{
	const struct host *host = list->judge->host;
	char name[PCI_ADDR_TEXT_SIZE];
	struct remedy *remedy;
	uint64_t first, last;

	own_name(list, name);
	if (sysroot_read_u64(&host->root, &first, "sys/bus/pci/devices/%s/secondary_bus_number", name) < 0 ||
		sysroot_read_u64(&host->root, &last, "sys/bus/pci/devices/%s/subordinate_bus_number", name) < 0) {
		remedy_none(list, "it stays with the host, like all of the chipset's bridges");
		return;
	}
	remedy = remedy_add(list, "it stays with the host, and nothing is behind it");
	for (size_t i = 0; remedy && i < host->pci.count; i++) {
		const struct pci_device *device = &host->pci.devices[i];

		if (device->addr.domain == list->verdict->device->addr.domain && device->addr.bus >= first &&
			device->addr.bus <= last && !device->is_bridge && !device->is_vf)
			remedy_target(remedy, device->addr);
	}
	if (!remedy)
		return;
	remedy->none = !remedy->target_count;
	if (remedy->none)
		return;
	text_copy(remedy->text, sizeof(remedy->text), "give away the devices behind it instead:");
	for (size_t i = 0; i < remedy->target_count && i < 4; i++) {
		size_t used = strlen(remedy->text);

		snprintf(remedy->text + used, sizeof(remedy->text) - used, "%s%s", i ? ", " : " ",
			pci_addr_text(remedy->target[i], name));
	}
}

/* A program that has the VFIO group open can be ended; what else uses a device is its owner's to stop. */
static void mend_use(struct remedy_list *list)
{
	const struct verdict *verdict = list->verdict;
	char name[PCI_ADDR_TEXT_SIZE];

	if (verdict->owner == OWNER_GUEST) {
		remedy_command(remedy_add(list, "end the guest first"), "sluice stop %s",
			verdict->owner_text + strlen("guest "));
		return;
	}
	for (size_t i = 0; i < verdict->users.count; i++)
		if (!strcmp(verdict->users.user[i].kind, "vfio")) {
			remedy_add(list, "end that program first, or choose another device");
			return;
		}
	remedy_command(
		remedy_add(list, "stop that use first, or choose another device; this shows all that hangs off it"),
		"sluice impact %s", own_name(list, name));
}

static void mend_lease(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	remedy_command(remedy_add(list, "drop the lease, and leave the card that is there now as it is"),
		"sluice release --forget %s", own_name(list, name));
}

static void mend_no_group(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	remedy_command(remedy_add(list, "the firmware's table of IOMMUs leaves it out; this says more"),
		"sluice doctor %s", own_name(list, name));
}

static void mend_unconfined(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	remedy_command(remedy_add(list,
			       "take it from VFIO, and switch its option enable_unsafe_noiommu_mode off; with an IOMMU "
			       "that is on the device has a group"),
		"sluice release %s", own_name(list, name));
}

static void mend_reset(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	remedy_add(list, "'--allow-no-reset %s' of 'sluice run' takes the risk", own_name(list, name));
	offer_other_vmm(list);
}

static void mend_unclean(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	own_name(list, name);
	remedy_add(list, "switch the host off and on, which clears it");
	remedy_add(list,
		"'--allow-unclean %s' of 'sluice run' or 'bind' takes the risk, and a reset that works by then ends "
		"this",
		name);
}

static void mend_bypass(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	own_name(list, name);
	remedy_add(list, "where a hypervisor makes it, switch its IOMMU feature on there (QEMU: iommu_platform=on)");
	remedy_add(list, "a physical device is confined all the same: '--allow-iommu-bypass %s' of 'sluice run'", name);
}

static void mend_reserved_memory(struct remedy_list *list)
{
	remedy_add(list, "switch the reservation off in the firmware's set-up (HPE: conrep, 'shared memory features'; "
			 "else legacy USB "
			 "or management of the card)");
	remedy_offer_slot(list);
}

static void mend_denylist(struct remedy_list *list)
{
	bool builtin = denylist_is_builtin(&list->judge->host->root);
	struct remedy *remedy = remedy_add(
		list, builtin ? "give it to nobody whom you would not trust with this host; who takes that risk adds "
				"vfio_pci.disable_denylist=1 to the kernel's command line"
			      : "give it to nobody whom you would not trust with this host; who takes that risk loads "
				"vfio-pci "
				"anew with disable_denylist=1, while no device is with it");

	if (!builtin)
		remedy_command(remedy, "echo options vfio-pci disable_denylist=1 > /etc/modprobe.d/vfio-denylist.conf; "
				       "modprobe -r vfio-pci; modprobe vfio-pci");
}

/* Another VF of the PF that somebody uses, by its address in name: making the VFs anew would take it away. */
static bool has_busy_sibling(const struct remedy_list *list, char name[static PCI_ADDR_TEXT_SIZE])
{
	const struct judge *judge = list->judge;
	const struct pci_device *vf = list->verdict->device;

	for (size_t i = 0; i < judge->host->pci.count; i++) {
		const struct pci_device *other = &judge->host->pci.devices[i];
		struct pci_users users = { 0 };
		char text[320], guest[GUEST_NAME_SIZE];
		bool busy;

		if (!other->is_vf || other == vf || pci_addr_compare(other->pf, vf->pf))
			continue;
		busy = lease_guest(&judge->host->root, other->addr, guest) ||
		       host_users(judge->host, other, &users, NULL) < 0 ||
		       verdict_name_users(&users, text, sizeof(text)) > 0;
		pci_users_done(&users);
		if (!busy)
			continue;
		pci_addr_text(other->addr, name);
		return true;
	}
	return false;
}

/* Only while nobody loses a VF by it is there a command. */
static void offer_new_vfs(struct remedy_list *list, const char *text, bool release_pf)
{
	char pf[PCI_ADDR_TEXT_SIZE], busy[PCI_ADDR_TEXT_SIZE];
	struct remedy *remedy;

	pci_addr_text(list->verdict->device->pf, pf);
	if (has_busy_sibling(list, busy)) {
		remedy_add(list, "once %s, another VF of it, is not in use any more: %s", busy, text);
		return;
	}
	remedy = remedy_add(list, "%s", text);
	if (release_pf)
		remedy_command(remedy, "sluice vf destroy %s && sluice release %s", pf, pf);
	else
		remedy_command(remedy, "sluice vf destroy %s", pf);
	remedy_target(remedy, list->verdict->device->pf);
}

static void mend_token(struct remedy_list *list)
{
	offer_new_vfs(list, "give its PF back to its own driver, and make the VFs with that", true);
}

/* A rescan finds what is not listed: so it is taken off the list first. */
static void mend_lost(struct remedy_list *list)
{
	const struct pci_device *device = list->verdict->device;
	char name[PCI_ADDR_TEXT_SIZE];

	if (device->is_vf) {
		offer_new_vfs(list, "make its PF's VFs anew, once the PF answers", false);
		return;
	}
	own_name(list, name);
	remedy_add(list,
		"switch the host off and on (a reboot keeps the slot's power); if it was asleep, keep it awake then: "
		"disable_idle_d3=1 for vfio-pci, or 0 in /sys/bus/pci/devices/%s/d3cold_allowed",
		name);
	remedy_command(remedy_add(list, "where that cannot be, take it off and look for it again"),
		"echo 1 > /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan", name);
}

static void mend_power(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	own_name(list, name);
	remedy_command(remedy_add(list, "switch the host off and on, then keep the device awake"),
		"echo on > /sys/bus/pci/devices/%s/power/control; echo 0 > /sys/bus/pci/devices/%s/d3cold_allowed",
		name, name);
}

static void mend_no_place(struct remedy_list *list)
{
	remedy_add(list,
		"allow 64-bit addresses in the firmware's set-up (\"Above 4G Decoding\"), or add pci=realloc to the "
		"kernel's command line");
}

static void mend_failed_reset(struct remedy_list *list)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (list->verdict->device->is_vf) {
		offer_new_vfs(list, "make its PF's VFs anew", false);
		return;
	}
	own_name(list, name);
	remedy_add(list, "switch the host off and on: a reboot keeps the slot's power");
	remedy_command(remedy_add(list, "take it off and look for it again"),
		"echo 1 > /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan", name);
}

static void mend_offline(struct remedy_list *list)
{
	const struct pci_device *vf = list->verdict->device;
	const struct sysroot *root = &list->judge->host->root;
	struct nvme_primary primary;
	char controller[PCI_NAME_MAX];
	struct nvme_vf state;

	if (!nvme_controller(root, vf->pf, controller, sizeof(controller))) {
		remedy_add(list,
			"give its PF to the nvme driver, which the VF gets queues and its state from; 'sluice explain "
			"VF-OFFLINE' has the steps");
		return;
	}
	if (nvme_vf_read(root, vf, &state) >= 0 && state.queues && state.interrupts)
		remedy_command(remedy_add(list, "it has queues and interrupts: switch it online"),
			"sluice vf set %s/%d online=on", controller, vf->vf_index);
	else
		remedy_command(remedy_add(list, "give it queues and interrupts, and switch it online"),
			"sluice vf set %s/%d queues=2 interrupts=%d online=on", controller, vf->vf_index,
			nvme_primary_read(root, vf->pf, &primary) < 0 || primary.interrupts.most != 1 ? 2 : 1);
}

/* What helps against each kind of blocker. */
static const struct {
	enum code code;
	void (*mend)(struct remedy_list *list);
} rows[] = {
	{ CODE_IOMMU_OFF, mend_iommu },
	{ CODE_IOMMU_NO_INTREMAP, mend_interrupts },
	{ CODE_DEV_BRIDGE, mend_bridge },
	{ CODE_DEV_IN_USE, mend_use },
	{ CODE_DEV_MOVED, mend_lease },
	{ CODE_NO_GROUP, mend_no_group },
	{ CODE_VFIO_NOIOMMU, mend_unconfined },
	{ CODE_GROUP_NOT_VIABLE, remedy_mend_group },
	{ CODE_NO_RESET, mend_reset },
	{ CODE_DEV_IOMMU_BYPASS, mend_bypass },
	{ CODE_DEV_NOT_CLEAN, mend_unclean },
	{ CODE_DEV_RESERVED_MEMORY, mend_reserved_memory },
	{ CODE_VFIO_DENYLIST, mend_denylist },
	{ CODE_VF_TOKEN, mend_token },
	{ CODE_DEV_LOST, mend_lost },
	{ CODE_DEV_POWER, mend_power },
	{ CODE_BAR_CONFLICT, mend_no_place },
	{ CODE_RESET_FAILED, mend_failed_reset },
	{ CODE_VF_OFFLINE, mend_offline },
};

/* On a guest the hypervisor's remedy comes before the firmware's. Where this is, is looked at only for such a one. */
static void put_place_first(struct remedy_list *list, enum code code)
{
	enum place_topic topic = code == CODE_IOMMU_OFF || code == CODE_IOMMU_NO_INTREMAP ? PLACE_IOMMU : PLACE_OTHER;
	struct place place;
	char text[sizeof(list->item->text)];
	bool known = false;

	for (size_t i = 0; i < list->count; i++) {
		if (!place_is_in_firmware(list->item[i].text))
			continue;
		if (!known)
			place_read(&list->judge->host->root, &place);
		known = true;
		if (place_puts_first(&place, topic, list->item[i].text, text, sizeof(text)))
			text_copy(list->item[i].text, sizeof(list->item[i].text), text);
	}
}

size_t remedies_find(struct judge *judge, const struct verdict *verdict, const struct blocker *blocker,
	struct remedy *ret_remedy, size_t max)
{
	struct remedy_list list = { judge, verdict, ret_remedy, 0, max };

	for (size_t i = 0; i < array_size(rows); i++)
		if (rows[i].code == blocker->code)
			rows[i].mend(&list);
	put_place_first(&list, blocker->code);
	return list.count;
}

const char *remedies_text(
	struct judge *judge, const struct verdict *verdict, const struct blocker *blocker, char *buf, size_t size)
{
	struct remedy remedy[REMEDY_MAX];
	size_t count = remedies_find(judge, verdict, blocker, remedy, array_size(remedy));
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *between = used ? "; or " : remedy[i].none ? "none as this host is: " : "";
		const char *quote = remedy[i].command[0] ? "'" : "";
		size_t wanted = strlen(between) + strlen(remedy[i].text) + strlen(remedy[i].command) + 4;

		/* One that does not fit is left out whole: half of a command is worse than none. */
		if (used + wanted >= size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s%s%s%s%s", between, remedy[i].text,
			quote[0] ? ": " : "", quote, remedy[i].command, quote);
	}
	return buf;
}
