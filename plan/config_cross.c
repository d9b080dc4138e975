// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contradictions in a configuration that are seen without the host. Each device that something wants is a claim;
 * sorted, those of one device stand side by side. What needs the host (groups, what a card can do) is not judged here.
 */
#include "plan/config_cross.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Claims --------------------------------------------------------------------------------------------------------- */

enum claim_kind {
	CLAIM_KEEP,    /* the host keeps it */
	CLAIM_VFS,     /* it is split into VFs, which needs its own driver */
	CLAIM_BINDING, /* its driver is said, and is one of the host */
	CLAIM_TAKEN,   /* its driver is said, and takes it from the host */
	CLAIM_POOL,
	CLAIM_GUEST,
	CLAIM_KINDS
};

struct claim {
	enum claim_kind kind;
	size_t alias;
	int vf; /* DESIRED_UNSET: the function itself */
	struct place at;
	const char *by; /* the guest's or pool's name */
};

struct claims {
	struct claim *claim; /* owned */
	size_t count, room;
	bool out_of_memory;
};

static void claim_one(struct claims *claims, struct claim claim)
{
	if (claims->count == claims->room) {
		size_t room = claims->room ? claims->room * 2 : 64;
		struct claim *grown = realloc(claims->claim, room * sizeof(*grown));

		if (!grown) {
			claims->out_of_memory = true;
			return;
		}
		claims->claim = grown;
		claims->room = room;
	}
	claims->claim[claims->count++] = claim;
}

static void claim_ref(struct claims *claims, enum claim_kind kind, const struct desired_ref *ref, const char *by)
{
	for (int vf = ref->first; vf <= ref->last; vf++)
		claim_one(claims, (struct claim){ kind, ref->alias, vf, ref->at, by });
}

static bool stays_with_host(const struct desired_driver *driver)
{
	return driver->kind == DESIRED_DRIVER_UNSET || driver->kind == DESIRED_DRIVER_HOST ||
	       (driver->kind == DESIRED_DRIVER_NAMED && !pci_driver_is_vfio(driver->name));
}

static void collect(const struct desired *desired, struct claims *claims)
{
	for (size_t i = 0; i < desired->policy.keep_count; i++)
		claim_ref(claims, CLAIM_KEEP, &desired->policy.keep[i], "");
	for (size_t i = 0; i < desired->pf_count; i++)
		if (desired->pf[i].count)
			claim_one(claims, (struct claim){ CLAIM_VFS, desired->pf[i].alias, DESIRED_UNSET,
						  desired->pf[i].at, "" });
	for (size_t i = 0; i < desired->binding_count; i++)
		claim_ref(claims, stays_with_host(&desired->binding[i].driver) ? CLAIM_BINDING : CLAIM_TAKEN,
			&desired->binding[i].device, "");
	for (size_t i = 0; i < desired->pool_count; i++)
		for (size_t j = 0; j < desired->pool[i].member_count; j++)
			claim_ref(claims, CLAIM_POOL, &desired->pool[i].member[j], desired->pool[i].name);
	for (size_t i = 0; i < desired->guest_count; i++)
		for (size_t j = 0; j < desired->guest[i].device_count; j++)
			if (!desired->guest[i].device[j].from_pool)
				claim_ref(claims, CLAIM_GUEST, &desired->guest[i].device[j].device,
					desired->guest[i].name);
}

/* By device, and then in the order of the files. */
static int by_device(const void *one, const void *other)
{
	const struct claim *a = one, *b = other;

	if (a->alias != b->alias)
		return a->alias < b->alias ? -1 : 1;
	if (a->vf != b->vf)
		return a->vf < b->vf ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->at.file != b->at.file)
		return a->at.file < b->at.file ? -1 : 1;
	return a->at.line != b->at.line ? (a->at.line < b->at.line ? -1 : 1) : 0;
}

/* May two claims of these kinds be about one device? What is said when not. */
static const char *const together[CLAIM_KINDS][CLAIM_KINDS] = {
	[CLAIM_KEEP] = { [CLAIM_TAKEN] = "policy.keep leaves it to the host",
		[CLAIM_POOL] = "policy.keep leaves it to the host",
		[CLAIM_GUEST] = "policy.keep leaves it to the host" },
	[CLAIM_VFS] = { [CLAIM_TAKEN] = "its VFs, which 'sriov' makes, would go with its driver",
		[CLAIM_POOL] = "its VFs, which 'sriov' makes, would go with its driver",
		[CLAIM_GUEST] = "its VFs, which 'sriov' makes, would go with its driver" },
	[CLAIM_BINDING] = { [CLAIM_BINDING] = "'devices' has it twice", [CLAIM_TAKEN] = "'devices' has it twice" },
	[CLAIM_TAKEN] = { [CLAIM_TAKEN] = "'devices' has it twice" },
	[CLAIM_POOL] = { [CLAIM_POOL] = "it is in a pool already",
		[CLAIM_GUEST] = "it is in a pool, which gives it to any guest" },
	[CLAIM_GUEST] = { [CLAIM_GUEST] = "a guest has it already" },
};

static void complain_claim(const struct desired *desired, const struct claim *first, const struct claim *second,
	struct config_findings *findings)
{
	const char *why = together[first->kind][second->kind];
	char was[300], vf[16] = "";

	if (!why)
		return;
	if (second->vf >= 0)
		snprintf(vf, sizeof(vf), "/%d", second->vf);
	config_error(findings, second->at, "'%s%s' is claimed twice: %s", desired->alias[second->alias].name, vf, why);
	place_text(desired->sources, first->at, was, sizeof(was));
	config_hint(
		findings, "the other is %s%s%s%s", was, first->by[0] ? " ('" : "", first->by, first->by[0] ? "')" : "");
}

static int check_claims(const struct desired *desired, struct config_findings *findings)
{
	struct claims claims = { 0 };

	collect(desired, &claims);
	if (claims.count)
		qsort(claims.claim, claims.count, sizeof(*claims.claim), by_device);
	for (size_t i = 1; i < claims.count; i++) {
		const struct claim *second = &claims.claim[i];

		/* Each is compared with all before it of its device: a few, and never more than errors are told. */
		for (size_t j = i; j-- > 0 && findings->errors < LIMIT_CONFIG_ERRORS;) {
			const struct claim *first = &claims.claim[j];

			if (first->alias != second->alias || first->vf != second->vf)
				break;
			complain_claim(desired, first, second, findings);
		}
	}
	free(claims.claim);
	return claims.out_of_memory ? -ENOMEM : 0;
}

/* Cards ---------------------------------------------------------------------------------------------------------- */

/* The two of them are one function, as far as both say it. */
static bool is_one_card(const struct desired_alias *a, const struct desired_alias *b)
{
	if (a->card.path[0] && b->card.path[0])
		return !strcmp(a->card.path, b->card.path);
	if (a->card.function != b->card.function)
		return false;
	return (a->card.serial[0] && !strcasecmp(a->card.serial, b->card.serial)) ||
	       (a->card.unique[0] && !strcasecmp(a->card.unique, b->card.unique)) ||
	       (a->card.vpd[0] && !strcasecmp(a->card.vpd, b->card.vpd)) ||
	       (a->card.mac[0] && !strcasecmp(a->card.mac, b->card.mac));
}

static void check_cards(const struct desired *desired, struct config_findings *findings)
{
	for (size_t i = 1; i < desired->alias_count; i++)
		for (size_t j = 0; j < i && findings->errors < LIMIT_CONFIG_ERRORS; j++)
			if (is_one_card(&desired->alias[i], &desired->alias[j])) {
				config_error(findings, desired->alias[i].at, "'%s' is the same card as '%s'",
					desired->alias[i].name, desired->alias[j].name);
				config_hint(findings, "one of the two names is enough");
				break;
			}
}

/* VFs ------------------------------------------------------------------------------------------------------------ */

static void check_vf(const struct desired_vf *vf, const char *name, uint32_t index, struct config_findings *findings)
{
	const struct vf_settings *set = &vf->set;

	if (set->min_tx_rate > 0 && set->max_tx_rate > 0 && set->min_tx_rate > set->max_tx_rate)
		config_error(findings, vf->at, "VF %u of '%s': min_tx_rate %" PRIi64 " is above max_tx_rate %" PRIi64,
			index, name, set->min_tx_rate, set->max_tx_rate);
	if ((set->qos > 0 || set->vlan_proto == 0x88a8) && set->vlan <= 0)
		config_error(findings, vf->at, "VF %u of '%s': %s without a vlan", index, name,
			set->qos > 0 ? "qos" : "vlan_proto 802.1ad");
}

static int by_mac(const void *one, const void *other)
{
	const struct desired_vf *a = *(const struct desired_vf *const *)one,
				*b = *(const struct desired_vf *const *)other;
	int order = memcmp(&a->set.mac, &b->set.mac, sizeof(a->set.mac));

	if (order)
		return order;
	if (a->mac_at.file != b->mac_at.file)
		return a->mac_at.file < b->mac_at.file ? -1 : 1;
	return a->mac_at.line < b->mac_at.line ? -1 : a->mac_at.line > b->mac_at.line;
}

static int check_macs(const struct desired *desired, struct config_findings *findings)
{
	cleanup_free const struct desired_vf **list = NULL;
	size_t count = 0;
	char was[300];

	for (size_t i = 0; i < desired->pf_count; i++)
		count += desired->pf[i].count;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < desired->pf_count; i++)
		for (uint32_t j = 0; j < desired->pf[i].count; j++)
			if (desired->pf[i].vf[j].set.has_mac)
				list[count++] = &desired->pf[i].vf[j];
	qsort(list, count, sizeof(*list), by_mac);
	for (size_t i = 1; i < count; i++)
		if (!memcmp(&list[i - 1]->set.mac, &list[i]->set.mac, sizeof(list[i]->set.mac))) {
			char mac[MAC_TEXT_SIZE];

			config_error(findings, list[i]->mac_at, "two VFs with the MAC %s",
				mac_to_text(&list[i]->set.mac, mac));
			place_text(desired->sources, list[i - 1]->mac_at, was, sizeof(was));
			config_hint(findings, "the other is %s", was);
		}
	return 0;
}

static int check_vfs(const struct desired *desired, struct config_findings *findings)
{
	for (size_t i = 0; i < desired->pf_count; i++)
		for (uint32_t j = 0; j < desired->pf[i].count; j++)
			check_vf(&desired->pf[i].vf[j], desired->alias[desired->pf[i].alias].name, j, findings);
	return check_macs(desired, findings);
}

/* Pools ---------------------------------------------------------------------------------------------------------- */

static size_t pool_size(const struct desired_pool *pool)
{
	size_t size = 0;

	for (size_t i = 0; i < pool->member_count; i++)
		size += (size_t)(pool->member[i].last - pool->member[i].first + 1);
	return size;
}

static void check_pools(const struct desired *desired, struct config_findings *findings)
{
	for (size_t i = 0; i < desired->pool_count; i++) {
		const struct desired_pool *pool = &desired->pool[i];
		size_t size = pool_size(pool), wanted = 0;

		if (!size) {
			config_error(findings, pool->at, "the pool '%s' has no devices", pool->name);
			if (pool->member_count)
				config_hint(findings, "'%s' is of a card with 0 VFs", pool->member[0].text);
			continue;
		}
		for (size_t j = 0; j < desired->guest_count; j++)
			for (size_t k = 0; k < desired->guest[j].device_count; k++) {
				const struct desired_guest_device *device = &desired->guest[j].device[k];

				if (desired->guest[j].autostart && device->from_pool && device->pool == i &&
					++wanted == size + 1)
					config_error(findings, device->at,
						"the pool '%s' has %zu devices, and guests that start at boot want "
						"more",
						pool->name, size);
			}
	}
}

/* Guests --------------------------------------------------------------------------------------------------------- */

/* What the file reserves of a page size; false: it says nothing of that size. */
static bool reserved(const struct desired *desired, uint64_t page_bytes, uint64_t *ret_bytes)
{
	bool said = false;

	*ret_bytes = 0;
	for (size_t i = 0; i < desired->host.hugepages_count; i++)
		if (desired->host.hugepages[i].page_bytes == page_bytes) {
			said = true;
			*ret_bytes += desired->host.hugepages[i].count * page_bytes;
		}
	return said;
}

static void check_memory(const struct desired *desired, uint64_t page_bytes, struct config_findings *findings)
{
	const char *page = page_bytes == 1ull << 30 ? "1G" : "2M";
	uint64_t there, wanted = 0;
	char there_text[32], wanted_text[32];

	if (!reserved(desired, page_bytes, &there))
		return;
	size_to_text(there, there_text, sizeof(there_text));
	for (size_t i = 0; i < desired->guest_count; i++) {
		const struct desired_guest *guest = &desired->guest[i];
		bool fitted = wanted <= there;
		bool alone = guest->memory_bytes > there;

		if (guest->page_bytes != page_bytes)
			continue;
		wanted += guest->autostart ? guest->memory_bytes : 0;
		if (!alone && (!guest->autostart || !fitted || wanted <= there))
			continue;
		size_to_text(alone ? guest->memory_bytes : wanted, wanted_text, sizeof(wanted_text));
		config_error(findings, guest->memory_at.line ? guest->memory_at : guest->at,
			alone ? "'%s' wants %s of memory, and host.hugepages reserves %s in pages of %s"
			      : "with '%s' the guests that start at boot want %s of memory, and host.hugepages "
				"reserves "
				"%s in pages of %s",
			guest->name, wanted_text, there_text, page);
	}
}

static void check_guest_memory(const struct desired *desired, struct config_findings *findings)
{
	for (size_t i = 0; i < desired->guest_count; i++) {
		const struct desired_guest *guest = &desired->guest[i];

		if (guest->memory_bytes % guest->page_bytes)
			config_error(findings, guest->memory_at.line ? guest->memory_at : guest->at,
				"the memory of '%s' is not a whole number of its pages", guest->name);
	}
	check_memory(desired, 2ull << 20, findings);
	check_memory(desired, 1ull << 30, findings);
}

/* A disk, of the n-th guest. */
static void check_disk(
	const struct desired *desired, size_t n, const struct desired_disk *mine, struct config_findings *findings)
{
	for (size_t i = 0; i <= n; i++) {
		const struct desired_guest *guest = &desired->guest[i];

		for (size_t k = 0; k < guest->disk_count && &guest->disk[k] != mine; k++) {
			const struct guest_disk *other = &guest->disk[k].disk;

			if (strcmp(other->path, mine->disk.path) != 0 || (other->read_only && mine->disk.read_only))
				continue;
			config_error(findings, mine->at, "the disk '%.100s' is '%s's too, and one of them writes to it",
				other->path, guest->name);
			config_hint(findings, "',ro' for all of them, or a disk for each");
			return;
		}
	}
}

static void check_net(
	const struct desired *desired, size_t n, const struct desired_net *mine, struct config_findings *findings)
{
	for (size_t i = 0; i <= n; i++) {
		const struct desired_guest *guest = &desired->guest[i];

		for (size_t k = 0; k < guest->net_count && &guest->net[k] != mine; k++) {
			if (strcmp(guest->net[k].net.tap, mine->net.tap) != 0)
				continue;
			config_error(findings, mine->at, "the tap '%s' is '%s's already", mine->net.tap, guest->name);
			return;
		}
	}
}

static void check_virtio(const struct desired *desired, struct config_findings *findings)
{
	for (size_t i = 0; i < desired->guest_count; i++) {
		for (size_t k = 0; k < desired->guest[i].disk_count; k++)
			check_disk(desired, i, &desired->guest[i].disk[k], findings);
		for (size_t k = 0; k < desired->guest[i].net_count; k++)
			check_net(desired, i, &desired->guest[i].net[k], findings);
	}
}

enum visit {
	VISIT_NOT_YET,
	VISIT_UNDER_WAY,
	VISIT_DONE,
};

/* Depth first, with a stack of our own: a chain may be as long as there are guests. */
static bool find_circle(const struct desired *desired, size_t from, unsigned char *visit, size_t *stack, size_t *next)
{
	size_t depth = 0;

	stack[0] = from;
	visit[from] = VISIT_UNDER_WAY;
	for (;;) {
		const struct desired_guest *guest = &desired->guest[stack[depth]];
		size_t other;

		if (next[stack[depth]] == guest->after_count) {
			visit[stack[depth]] = VISIT_DONE;
			if (!depth--)
				return false;
			continue;
		}
		other = guest->after[next[stack[depth]]++];
		if (visit[other] == VISIT_UNDER_WAY)
			return true;
		if (visit[other] == VISIT_NOT_YET) {
			visit[other] = VISIT_UNDER_WAY;
			stack[++depth] = other;
		}
	}
}

static int check_order(const struct desired *desired, struct config_findings *findings)
{
	size_t count = desired->guest_count;
	cleanup_free unsigned char *visit = calloc(count + 1, 1);
	cleanup_free size_t *stack = calloc(count + 1, sizeof(*stack));
	cleanup_free size_t *next = calloc(count + 1, sizeof(*next));

	if (!visit || !stack || !next)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (visit[i] == VISIT_NOT_YET && find_circle(desired, i, visit, stack, next)) {
			config_error(findings, desired->guest[i].at,
				"'after' and 'requires' of '%s' lead in a circle: none of them could be the first",
				desired->guest[i].name);
			return 0;
		}
	return 0;
}

/* Said, and of no effect ------------------------------------------------------------------------------------------ */

static void check_bindings(const struct desired *desired, struct config_findings *findings)
{
	for (size_t i = 0; i < desired->binding_count; i++) {
		const struct desired_binding *binding = &desired->binding[i];

		if (binding->early && stays_with_host(&binding->driver))
			config_error(findings, binding->at,
				"'%s' is kept from its driver early, and then left to the host", binding->device.text);
		else if (binding->early && binding->device.first >= 0)
			config_error(findings, binding->at, "'%s' is a VF: there is none before its card is split",
				binding->device.text);
		else if (binding->user && stays_with_host(&binding->driver))
			config_error(findings, binding->user_at, "'%s' has a user, and is left to the host",
				binding->device.text);
	}
}

int config_cross(const struct desired *desired, struct config_findings *findings)
{
	int ret;

	check_cards(desired, findings);
	check_bindings(desired, findings);
	ret = check_claims(desired, findings);
	if (!ret)
		ret = check_vfs(desired, findings);
	check_pools(desired, findings);
	check_guest_memory(desired, findings);
	check_virtio(desired, findings);
	return ret ? ret : check_order(desired, findings);
}
