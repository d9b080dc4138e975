// SPDX-License-Identifier: GPL-2.0-or-later
/* One address through all of a guest's maps; see translate.h. */
#include "guest/translate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/control.h"
#include "guest/frames.h"
#include "iommu/real_table.h"

enum {
	TRIES = 8,
};

const char *chain_space_name(enum chain_space space)
{
	static const char *const names[SPACE_COUNT] = { "gva", "gpa", "hva", "hpa", "iova" };

	return space < SPACE_COUNT ? names[space] : NULL;
}

const char *paging_mode_text(uint32_t mode)
{
	static const char *const texts[PAGING_MODE_COUNT] = {
		[PAGING_OFF] = "paging is off",
		[PAGING_32_BIT] = "2 levels of 32 bits",
		[PAGING_PAE] = "3 levels (PAE)",
		[PAGING_4_LEVEL] = "4 levels",
		[PAGING_5_LEVEL] = "5 levels",
	};

	return mode < PAGING_MODE_COUNT ? texts[mode] : NULL;
}

static struct chain_link *add(struct translation *to, enum chain_space space, uint64_t address, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* CHAIN_MAX has room for all: four of the processors' way, two of the devices' and one for each of them. */
static struct chain_link *add(struct translation *to, enum chain_space space, uint64_t address, const char *fmt, ...)
{
	struct chain_link *link = &to->link[to->count < CHAIN_MAX ? to->count++ : CHAIN_MAX - 1];
	va_list args;

	*link = (struct chain_link){ .space = space, .address = address };
	va_start(args, fmt);
	vsnprintf(link->source, sizeof(link->source), fmt, args);
	va_end(args);
	return link;
}

/* Where the guest's own tables end ------------------------------------------------------------------------------- */

static void end_of_walk(const struct page_walk *walk, uint64_t address, struct error *end)
{
	const struct walk_entry *last = walk->entry_count ? &walk->entry[walk->entry_count - 1] : NULL;

	switch (walk->end) {
	case WALK_NOT_CANONICAL:
		fail_code(end, CODE_NOT_MAPPED, EFAULT, "0x%" PRIx64 " is no address of a guest with %s", address,
			paging_mode_text(walk->mode));
		fail_hint(end, "bits above those that are translated repeat the highest of them; --gpa is for physical "
			       "addresses");
		break;
	case WALK_NO_TABLE:
		fail_code(end, CODE_NOT_MAPPED, EFAULT,
			"the guest's page tables lead to a table at 0x%" PRIx64 ", where is no memory of the guest",
			walk->table);
		fail_hint(end, "the guest wrote that itself: its processor cannot use that address either");
		break;
	case WALK_NOT_PRESENT:
		fail_code(end, CODE_NOT_MAPPED, EFAULT,
			"the guest has no page at 0x%" PRIx64 ": the entry of level %u is not present (0x%" PRIx64 ")",
			address, last ? last->level : 0, last ? last->value : 0);
		fail_hint(end,
			"each vCPU has page tables of its own: --vcpu N asks another; --gpa is for physical addresses");
		break;
	default:
		fail_code(end, CODE_NOT_MAPPED, EFAULT,
			"the guest's page tables are damaged: the entry of level %u sets reserved bits (0x%" PRIx64 ")",
			last ? last->level : 0, last ? last->value : 0);
		fail_hint(end, "the guest wrote that itself: its processor cannot use that address either");
	}
}

/* Returns whether there is a guest-physical address to go on with. */
static bool add_walk(const struct translate_request *request, const struct page_walk *walk, struct translation *to)
{
	struct chain_link *link = add(to, SPACE_GVA, request->address, "page tables of vCPU %u: %s, CR3 0x%" PRIx64,
		request->vcpu, paging_mode_text(walk->mode), walk->root);

	to->walked = true;
	to->walk = *walk;
	if (walk->mode == PAGING_OFF)
		snprintf(
			link->source, sizeof(link->source), "vCPU %u: %s", request->vcpu, paging_mode_text(walk->mode));
	if (walk->end != WALK_MAPPED) {
		end_of_walk(walk, request->address, &to->end);
		return false;
	}
	link->page_bytes = walk->bytes;
	snprintf(link->permissions, sizeof(link->permissions), "r%c%c%s", walk->access & WALK_WRITE ? 'w' : '-',
		walk->access & WALK_EXECUTE ? 'x' : '-', walk->access & WALK_USER ? "u" : "");
	return true;
}

/* The processors' way -------------------------------------------------------------------------------------------- */

/* To the machine's memory; false where that is unknown, to->end says why. */
static bool add_machine(const struct sysroot *root, const struct guest_info *info, struct chain_link *hva,
	struct translation *to, uint64_t *ret_machine)
{
	struct frame frame;
	struct chain_link *link;
	int ret = frame_find(root, info->vmm_pid, hva->address, &frame);

	if (ret < 0) {
		fail(&to->end, -ret, "look where memory of process %d lies", (int)info->vmm_pid);
		return false;
	}
	hva->page_bytes = frame.mapped_bytes;
	text_copy(hva->permissions, sizeof(hva->permissions), frame.permissions);
	if (frame.state == FRAME_PRESENT) {
		link = add(to, SPACE_HPA, frame.machine, "/proc/%d/pagemap", (int)info->vmm_pid);
		link->page_bytes = frame.page_bytes;
		*ret_machine = frame.machine;
		return true;
	}
	if (frame.state == FRAME_HIDDEN) {
		fail_code(&to->end, CODE_NOT_ROOT, EPERM, "machine addresses are shown to root only");
		fail_hint(&to->end, "run it as root");
	} else {
		fail_code(&to->end, CODE_NOT_MAPPED, EFAULT, "%s",
			frame.state == FRAME_SWAPPED
				? "the host has swapped this page of the guest out"
				: "nothing has touched this page of the guest yet: it has no memory");
		fail_hint(&to->end, "it comes when the guest touches it");
	}
	return false;
}

static bool add_slot(
	const struct control_status *status, const struct guest_info *info, uint64_t address, struct translation *to)
{
	for (uint32_t i = 0; i < status->slot_count; i++) {
		const struct control_slot *slot = &status->slot[i];
		struct chain_link *link;

		if (address - slot->gpa >= slot->bytes)
			continue;
		link = add(to, SPACE_GPA, address, "memory slot at 0x%" PRIx64 " (%.15s)", slot->gpa, slot->what);
		text_copy(link->permissions, sizeof(link->permissions), "rwx");
		add(to, SPACE_HVA, slot->hva + (address - slot->gpa), "/proc/%d/smaps", (int)info->vmm_pid);
		return true;
	}
	add(to, SPACE_GPA, address, "no memory slot");
	fail_code(&to->end, CODE_NOT_MAPPED, EFAULT,
		"the guest has no memory slot at 0x%" PRIx64 ": sluice-vmm answers there, or nobody", address);
	fail_hint(&to->end, "`sluice guest %s` lists its memory slots", info->name);
	return false;
}

/* The devices' way ----------------------------------------------------------------------------------------------- */

struct ways {
	bool has_hva, has_machine; /* of the processors */
	uint64_t hva, machine;
	bool is_ram; /* of the guest: only that is for devices */
};

/* Returns whether the tables are in order there: with the processors, or with no map beside them. */
static void add_table(const struct sysroot *root, const char *device, uint64_t iova, const struct ways *ways,
	bool mapped, struct translation *to)
{
	struct real_leaf leaf;
	struct chain_link *link;
	int ret = real_table_leaf(root, device, iova, &leaf);

	if (ret == 0 && mapped) {
		/* No leaf, or no tables to look at. */
		cleanup_real_table struct real_table table = { .leaves = { 0 } };
		const char *why;

		if (real_table_read(root, device, &table, &why, NULL) > 0)
			to->agree = false;
	}
	if (ret <= 0)
		return;
	link = add(to, SPACE_HPA, leaf.machine + (iova - leaf.iova), "the IOMMU's tables of %s", device);
	link->page_bytes = leaf.bytes;
	link->device = true;
	text_copy(link->permissions, sizeof(link->permissions), leaf.writable ? "rw-" : "r--");
	if (!mapped || (ways->has_hva && !ways->has_machine) || (ways->has_machine && ways->machine != link->address) ||
		!leaf.writable)
		to->agree = false;
}

static void add_tables(const struct sysroot *root, const struct control_status *status,
	const struct translate_request *request, uint64_t iova, const struct ways *ways, bool mapped,
	struct translation *to)
{
	for (uint32_t i = 0; i < status->device_count; i++) {
		struct pci_addr addr;
		char name[PCI_ADDR_TEXT_SIZE];

		/* The name becomes a part of a path. */
		if (pci_addr_parse(status->device[i].host_address, &addr) < 0)
			continue;
		pci_addr_text(addr, name);
		if (!request->device || !strcmp(request->device, name))
			add_table(root, name, iova, ways, mapped, to);
	}
}

/* Which memory of sluice-vmm was mapped for the guest's devices at this address; false for none. */
static bool add_map(const struct control_status *status, uint64_t iova, const struct ways *ways, struct translation *to)
{
	for (uint32_t i = 0; i < status->map_count; i++) {
		const struct control_map *map = &status->map[i];
		struct chain_link *link;
		uint64_t hva = map->hva + (iova - map->iova);

		if (iova - map->iova >= map->bytes)
			continue;
		link = add(to, SPACE_IOVA, iova, "DMA map at 0x%" PRIx64 " (%s), to 0x%" PRIx64, map->iova,
			status->dma_backend, hva);
		link->device = true;
		text_copy(link->permissions, sizeof(link->permissions), "rw-");
		if (ways->is_ram && ways->has_hva && ways->hva != hva)
			to->agree = false;
		return true;
	}
	add(to, SPACE_IOVA, iova, "no DMA map")->device = true;
	return false;
}

static void add_devices(const struct sysroot *root, const struct control_status *status,
	const struct translate_request *request, uint64_t iova, const struct ways *ways, struct translation *to)
{
	bool mapped;

	if (!status->device_count && !status->map_count)
		return;
	mapped = add_map(status, iova, ways, to);
	/* Registers of one device are no memory of another: there no map is as it should be. */
	if (mapped != ways->is_ram)
		to->agree = false;
	add_tables(root, status, request, iova, ways, mapped, to);
	if (!mapped && request->from == SPACE_IOVA && !to->end.errnum)
		fail_code(
			&to->end, CODE_NOT_MAPPED, EFAULT, "devices of the guest have no DMA map at 0x%" PRIx64, iova);
}

static bool is_ram_slot(const struct control_status *status, uint64_t address)
{
	for (uint32_t i = 0; i < status->slot_count; i++)
		if (address - status->slot[i].gpa < status->slot[i].bytes)
			return !strcmp(status->slot[i].what, "ram");
	return false;
}

/* A device's address first, where that was asked for: the rest of the chain is the same. */
static void put_device_first(struct translation *to)
{
	struct chain_link sorted[CHAIN_MAX];
	size_t count = 0;

	for (int device = 1; device >= 0; device--)
		for (size_t i = 0; i < to->count; i++)
			if (to->link[i].device == device)
				sorted[count++] = to->link[i];
	memcpy(to->link, sorted, count * sizeof(sorted[0]));
}

void translate_chain(const struct sysroot *root, const struct guest_info *info, const struct translate_request *request,
	const struct control_status *status, const struct page_walk *walk, struct translation *ret_translation)
{
	struct translation *to = ret_translation;
	struct ways ways = { .has_hva = false };
	uint64_t address = request->address;

	*to = (struct translation){ .agree = true };
	if (request->from == SPACE_GVA) {
		if (!add_walk(request, walk, to))
			return;
		address = walk->gpa;
	}
	ways.is_ram = is_ram_slot(status, address);
	ways.has_hva = add_slot(status, info, address, to);
	if (ways.has_hva) {
		ways.hva = to->link[to->count - 1].address;
		ways.has_machine = add_machine(root, info, &to->link[to->count - 1], to, &ways.machine);
	}
	add_devices(root, status, request, address, &ways, to);
	if (request->from == SPACE_IOVA)
		put_device_first(to);
}

/* Asking --------------------------------------------------------------------------------------------------------- */

static int ask_walk(const struct sysroot *root, const struct guest_info *info, const struct translate_request *request,
	struct control_answer *answer, struct page_walk *ret_walk, struct error *err)
{
	const struct control_request question = {
		.op = CONTROL_TRANSLATE, .vcpu = request->vcpu, .address = request->address
	};
	int ret = request->from == SPACE_GVA ? guest_ask(root, info->name, &question, answer, err) : 0;

	if (ret == 0)
		*ret_walk = answer->walk;
	return ret;
}

static bool is_settled(const struct control_status *before, const struct control_status *after)
{
	return before->generation == after->generation && before->resets == after->resets;
}

static int try_once(const struct sysroot *root, const struct guest_info *info, const struct translate_request *request,
	struct control_answer *before, struct control_answer *after, struct translation *to, struct error *err)
{
	struct page_walk walk = { .end = WALK_NOT_PRESENT };
	int ret = guest_control(root, info->name, CONTROL_STATUS, before, err);

	if (ret == 0)
		ret = ask_walk(root, info, request, after, &walk, err);
	if (ret < 0)
		return ret;
	translate_chain(root, info, request, &before->status, &walk, to);
	ret = guest_control(root, info->name, CONTROL_STATUS, after, err);
	return ret < 0 ? ret : is_settled(&before->status, &after->status);
}

int guest_translate(const struct sysroot *root, const struct guest_info *info, const struct translate_request *request,
	struct translation *ret_translation, struct error *err)
{
	cleanup_free struct control_answer *answer = calloc(2, sizeof(*answer));
	bool disagreed = false;

	if (!answer)
		return fail(err, ENOMEM, "ask guest '%s'", info->name);
	for (int i = 0; i < TRIES; i++) {
		int ret = try_once(root, info, request, answer, answer + 1, ret_translation, err);

		if (ret < 0)
			return ret;
		/* A difference is told when it is still there. */
		if (ret && (ret_translation->agree || disagreed))
			return 0;
		disagreed = ret && !ret_translation->agree;
	}
	fail_code(err, CODE_FAILED, EBUSY, "memory or devices of guest '%s' change faster than they can be looked at",
		info->name);
	return fail_hint(err, "try again when no device comes or goes");
}
