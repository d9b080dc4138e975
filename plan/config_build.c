// SPDX-License-Identifier: GPL-2.0-or-later
/* From what is written to what is meant. What contradicts itself is config_cross.c's business. */
#include "plan/config_build.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "plan/arena.h"
#include "sriov/vf_key.h"

struct builder {
	const struct config_raw *raw;
	struct desired *desired;
	struct config_findings *findings;
};

/* count objects of the arena; NULL is -ENOMEM. */
static void *make(const struct builder *builder, size_t count, size_t size)
{
	return arena_alloc(builder->desired->arena, count + 1, size);
}

/* Names ---------------------------------------------------------------------------------------------------------- */

static void hint_alias(const struct builder *builder, const char *name)
{
	const char *nearest = NULL;
	unsigned int least = 4;

	for (size_t i = 0; i < builder->desired->alias_count; i++) {
		unsigned int distance = text_distance(name, builder->desired->alias[i].name);

		if (distance < least) {
			least = distance;
			nearest = builder->desired->alias[i].name;
		}
	}
	if (nearest)
		config_hint(builder->findings, "did you mean '%s'?", nearest);
	else
		config_hint(builder->findings, "'aliases' says which card a name is; 'sluice init' writes those of "
					       "this host");
}

/* The alias of a reference, and VFs "all" of how many there are. False: the name means nothing. */
static bool look_up(const struct builder *builder, struct desired_ref *ref)
{
	char name[64];
	const struct desired_alias *alias;

	text_copy(name, sizeof(name), ref->text);
	name[strcspn(name, "/")] = '\0';
	alias = desired_alias(builder->desired, name);
	if (!alias) {
		config_error(builder->findings, ref->at, "there is no alias '%s'", name);
		hint_alias(builder, name);
		return false;
	}
	ref->alias = (size_t)(alias - builder->desired->alias);
	return true;
}

/* VFs that a reference names: are they there, when the file has made its VFs? */
static void check_vfs(const struct builder *builder, struct desired_ref *ref)
{
	const struct desired_pf *pf = desired_pf(builder->desired, ref->alias);
	const char *name = builder->desired->alias[ref->alias].name;

	if (ref->first == DESIRED_UNSET)
		return;
	if (!pf) {
		config_error(builder->findings, ref->at, "'%s' is of a card that the file makes no VFs of", ref->text);
		config_hint(builder->findings, "sriov: {%s: {count: N}}", name);
		return;
	}
	if (ref->last == INT_MAX)
		ref->last = (int)pf->count - 1;
	if (ref->last >= (int)pf->count) {
		config_error(
			builder->findings, ref->at, "'%s': there is no VF %d of %u", ref->text, ref->last, pf->count);
		if (pf->count)
			config_hint(builder->findings, "they count from 0 to %u; sriov.%s.count says how many",
				pf->count - 1, name);
	}
}

static bool resolve(const struct builder *builder, struct desired_ref *ref)
{
	if (!look_up(builder, ref))
		return false;
	check_vfs(builder, ref);
	return true;
}

/* Aliases -------------------------------------------------------------------------------------------------------- */

static void build_alias(const struct builder *builder, struct desired_alias *alias)
{
	struct pci_identity *card = &alias->card;

	card->vf_index = -1;
	if (!alias->card_at.line)
		alias->card_at = alias->at;
	if (!card->path[0] && !pci_identity_is_certain(card)) {
		config_error(builder->findings, alias->at, "'%s' does not say which card it is", alias->name);
		config_hint(builder->findings, "by 'path' and 'ids', or by one of 'serial', 'unique', 'vpd', 'mac'");
	} else if (card->path[0] && !alias->has_ids) {
		config_error(builder->findings, alias->card_at,
			"'%s' has 'path' without 'ids': another card in that place would be taken for it", alias->name);
		config_hint(builder->findings, "ids: \"VENDOR:DEVICE\", as 'sluice list -o +IDS' shows them");
	}
	if (card->path[0]) {
		uint8_t function = (uint8_t)(card->path[strlen(card->path) - 1] - '0');

		if (alias->has_function && function != card->function)
			config_error(builder->findings, alias->card_at,
				"'%s' has function %u, and a path of function %u", alias->name, card->function,
				function);
		card->function = function;
		alias->has_function = true;
	}
}

/* Host ----------------------------------------------------------------------------------------------------------- */

static int build_hugepages(const struct builder *builder)
{
	struct desired_host *host = &builder->desired->host;
	size_t count = 0;

	for (size_t i = 0; i < builder->raw->host.hugepages_count; i++)
		count += 1 + builder->raw->host.hugepages[i].node_count;
	host->hugepages = make(builder, count, sizeof(*host->hugepages));
	if (!host->hugepages)
		return -ENOMEM;
	for (size_t i = 0; i < builder->raw->host.hugepages_count; i++) {
		const struct raw_hugepages *raw = &builder->raw->host.hugepages[i];

		if ((raw->count == RAW_UNSET) == !raw->node_count)
			config_error(builder->findings, raw->at, "either 'count' or 'nodes' says how many");
		if (raw->count != RAW_UNSET)
			host->hugepages[host->hugepages_count++] =
				(struct desired_hugepages){ raw->page_bytes, DESIRED_UNSET, raw->count, raw->at };
		for (size_t node = 0; node < raw->node_count; node++)
			host->hugepages[host->hugepages_count++] = (struct desired_hugepages){ raw->page_bytes,
				(int)raw->node[node].node, raw->node[node].count, raw->node[node].at };
	}
	return 0;
}

static int build_host(const struct builder *builder)
{
	struct desired_host *host = &builder->desired->host;

	host->iommu = (enum desired_iommu)builder->raw->host.iommu;
	host->iommu_at = builder->raw->host.iommu_at;
	host->argument = builder->raw->host.argument;
	host->argument_count = builder->raw->host.argument_count;
	host->module = builder->raw->host.module;
	host->module_count = builder->raw->host.module_count;
	return build_hugepages(builder);
}

/* SR-IOV --------------------------------------------------------------------------------------------------------- */

/* A VF's own settings over the defaults; both are whole structs with unset members. */
static void lay_over(struct vf_settings *to, const struct vf_settings *own)
{
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, own))
			vf_key_copy(key, to, own);
	/* One address, or the wish for one: what is said of the VF itself holds. */
	if (own->has_mac)
		to->mac_from = VF_MAC_SAID;
	else if (own->mac_from != VF_MAC_SAID)
		to->mac_from = own->mac_from;
}

static void spread(const struct builder *builder, struct desired_pf *pf, const struct raw_vf *raw, bool *taken)
{
	int last = raw->range[1] == INT_MAX ? (int)pf->count - 1 : raw->range[1];

	if (last >= (int)pf->count) {
		config_error(builder->findings, raw->at, "there is no VF %d of %u", last, pf->count);
		config_hint(builder->findings, "they count from 0; 'count' of the card says how many");
		return;
	}
	for (int i = raw->range[0]; i <= last; i++) {
		struct desired_vf *vf = &pf->vf[i];

		if (taken[i]) {
			config_error(builder->findings, raw->at, "VF %d has an entry already", i);
			return;
		}
		taken[i] = true;
		lay_over(&vf->set, &raw->set);
		if (raw->driver.kind != DESIRED_DRIVER_UNSET)
			vf->driver = raw->driver;
		vf->at = raw->at;
		vf->mac_at = raw->mac_at;
	}
	if (raw->set.has_mac && last > raw->range[0])
		config_error(builder->findings, raw->mac_at, "one MAC for %d VFs: each needs its own",
			last - raw->range[0] + 1);
}

static int build_pf(const struct builder *builder, struct raw_pf *raw, struct desired_pf *pf)
{
	bool *taken = make(builder, raw->count, sizeof(*taken));

	pf->vf = make(builder, raw->count, sizeof(*pf->vf));
	if (!taken || !pf->vf)
		return -ENOMEM;
	pf->alias = raw->pf.alias;
	pf->count = raw->count;
	pf->count_at = raw->count_at;
	pf->at = raw->pf.at;
	pf->driver = raw->driver;
	for (uint32_t i = 0; i < pf->count; i++)
		pf->vf[i] = (struct desired_vf){
			.set = raw->defaults.set,
			.driver =
				raw->defaults.driver.kind != DESIRED_DRIVER_UNSET ? raw->defaults.driver : raw->driver,
			.at = raw->defaults.at.line ? raw->defaults.at : raw->pf.at,
		};
	for (size_t i = 0; i < raw->vf_count; i++)
		spread(builder, pf, &raw->vf[i], taken);
	return 0;
}

static int build_pfs(const struct builder *builder)
{
	struct desired *desired = builder->desired;

	desired->pf = make(builder, builder->raw->pf_count, sizeof(*desired->pf));
	if (!desired->pf)
		return -ENOMEM;
	for (size_t i = 0; i < builder->raw->pf_count; i++) {
		struct raw_pf *raw = &builder->raw->pf[i];

		if (!look_up(builder, &raw->pf))
			continue;
		if (build_pf(builder, raw, &desired->pf[desired->pf_count]) < 0)
			return -ENOMEM;
		desired->pf_count++;
	}
	return 0;
}

/* Guests --------------------------------------------------------------------------------------------------------- */

static int find_pool(const struct builder *builder, const struct raw_name *name, size_t *ret_pool)
{
	for (size_t i = 0; i < builder->desired->pool_count; i++)
		if (!strcmp(builder->desired->pool[i].name, name->text)) {
			*ret_pool = i;
			return 0;
		}
	config_error(builder->findings, name->at, "there is no pool '%s'", name->text);
	return -ENOENT;
}

static void build_guest_device(
	const struct builder *builder, const struct raw_guest_device *raw, struct desired_guest_device *device)
{
	bool rom_off = raw->rom && !strcmp(raw->rom, "off");

	*device = (struct desired_guest_device){
		.from_pool = raw->pool.text != NULL,
		.device = raw->device,
		.rom = rom_off ? NULL : raw->rom,
		.rom_off = rom_off,
		.allow_no_reset = raw->allow_no_reset,
		.allow_unclean = raw->allow_unclean,
		.at = raw->at,
	};
	if (!raw->pool.text == !raw->device.text) {
		config_error(builder->findings, raw->at, "a guest's device is either 'device' or 'pool'");
		return;
	}
	if (device->from_pool)
		find_pool(builder, &raw->pool, &device->pool);
	else
		resolve(builder, &device->device);
}

static void build_disk(const struct builder *builder, const struct raw_name *raw, struct desired_disk *disk)
{
	struct error why;

	disk->at = raw->at;
	if (guest_disk_parse(raw->text, &disk->disk, &why) < 0)
		config_error(builder->findings, raw->at, "%s", why.msg);
	else if (disk->disk.path[0] != '/')
		config_error(builder->findings, raw->at, "a disk's file is named from '/' on: '%.60s'", raw->text);
}

static void build_net(const struct builder *builder, const struct raw_name *raw, struct desired_net *net)
{
	struct error why;

	net->at = raw->at;
	if (guest_net_parse(raw->text, &net->net, &why) < 0)
		config_error(builder->findings, raw->at, "%s", why.msg);
}

static int build_virtio(const struct builder *builder, const struct raw_guest *raw, struct desired_guest *guest)
{
	guest->disk = make(builder, raw->disk_count, sizeof(*guest->disk));
	guest->net = make(builder, raw->net_count, sizeof(*guest->net));
	if (!guest->disk || !guest->net)
		return -ENOMEM;
	guest->disk_count = raw->disk_count;
	guest->net_count = raw->net_count;
	for (size_t i = 0; i < raw->disk_count; i++)
		build_disk(builder, &raw->disk[i], &guest->disk[i]);
	for (size_t i = 0; i < raw->net_count; i++)
		build_net(builder, &raw->net[i], &guest->net[i]);
	return 0;
}

static int build_guest(const struct builder *builder, const struct raw_guest *raw, struct desired_guest *guest)
{
	static const uint64_t page_bytes[] = { 4096, 2ull << 20, 1ull << 30 };

	*guest = raw->guest;
	guest->page_bytes = page_bytes[raw->hugepages];
	guest->device = make(builder, raw->device_count, sizeof(*guest->device));
	guest->after = make(builder, raw->after_count + raw->needs_count, sizeof(*guest->after));
	guest->needs = make(builder, raw->needs_count, sizeof(*guest->needs));
	if (!guest->device || !guest->after || !guest->needs)
		return -ENOMEM;
	guest->device_count = raw->device_count;
	for (size_t i = 0; i < raw->device_count; i++)
		build_guest_device(builder, &raw->device[i], &guest->device[i]);
	return build_virtio(builder, raw, guest);
}

/* The guest of that name, or NULL and an error. */
static const struct desired_guest *find_guest(const struct builder *builder, const struct raw_name *name)
{
	const struct desired_guest *guest = desired_guest(builder->desired, name->text);

	if (!guest)
		config_error(builder->findings, name->at, "there is no guest '%s'", name->text);
	return guest;
}

/* When all guests are there. Who requires another comes after it. */
static void link_guest(const struct builder *builder, const struct raw_guest *raw, struct desired_guest *guest)
{
	const struct desired_guest *all = builder->desired->guest, *other;

	for (size_t i = 0; i < raw->after_count; i++)
		if ((other = find_guest(builder, &raw->after[i])))
			guest->after[guest->after_count++] = (size_t)(other - all);
	for (size_t i = 0; i < raw->needs_count; i++) {
		other = find_guest(builder, &raw->needs[i]);
		if (!other)
			continue;
		guest->after[guest->after_count++] = (size_t)(other - all);
		guest->needs[guest->needs_count++] = (size_t)(other - all);
	}
}

static int build_guests(const struct builder *builder)
{
	struct desired *desired = builder->desired;

	desired->guest = make(builder, builder->raw->guest_count, sizeof(*desired->guest));
	if (!desired->guest)
		return -ENOMEM;
	for (size_t i = 0; i < builder->raw->guest_count; i++) {
		if (build_guest(builder, &builder->raw->guest[i], &desired->guest[i]) < 0)
			return -ENOMEM;
		desired->guest_count++;
	}
	for (size_t i = 0; i < desired->guest_count; i++)
		link_guest(builder, &builder->raw->guest[i], &desired->guest[i]);
	return 0;
}

/* All of it ------------------------------------------------------------------------------------------------------ */

static void build_refs(const struct builder *builder)
{
	struct desired *desired = builder->desired;

	for (size_t i = 0; i < desired->binding_count; i++)
		resolve(builder, &desired->binding[i].device);
	for (size_t i = 0; i < desired->pool_count; i++)
		for (size_t j = 0; j < desired->pool[i].member_count; j++)
			resolve(builder, &desired->pool[i].member[j]);
	for (size_t i = 0; i < desired->policy.keep_count; i++)
		resolve(builder, &desired->policy.keep[i]);
}

int config_build(const struct config_raw *raw, struct desired *desired, struct config_findings *findings)
{
	const struct builder builder = { raw, desired, findings };
	int ret;

	desired->alias = raw->alias;
	desired->alias_count = raw->alias_count;
	desired->binding = raw->binding;
	desired->binding_count = raw->binding_count;
	desired->pool = raw->pool;
	desired->pool_count = raw->pool_count;
	desired->policy = raw->policy;
	for (size_t i = 0; i < desired->alias_count; i++)
		build_alias(&builder, &desired->alias[i]);
	ret = build_host(&builder);
	if (!ret)
		ret = build_pfs(&builder);
	if (!ret) {
		build_refs(&builder);
		ret = build_guests(&builder);
	}
	return ret;
}
