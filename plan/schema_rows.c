// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys of configuration files, one row each, from the innermost out. What a row says of itself is all that there
 * is: the reader, the JSON Schema, docs/config.md and the comments of `sluice init` are made of it.
 */
#include <string.h>

#include "plan/config_raw.h"
#include "plan/schema.h"
#include "plan/schema_sriov.h"

#define AT(type, member) offsetof(struct type, member)

/* Aliases ---------------------------------------------------------------------------------------------------------- */

#define ALIAS(member) AT(desired_alias, member)
static const struct schema_row alias_rows[] = {
	{ "path", SCHEMA_CARD_PATH, .offset = ALIAS(card.path), .at = ALIAS(card_at),
		.doc = "Where the card sits: the root bus, then device.function of each bridge on the way and of the "
		       "function itself. Needs 'ids' beside it, so that another card in that slot is not taken for it.",
		.example = "path: \"0000:00/1c.0/00.0\"" },
	{ "ids", SCHEMA_IDS, .offset = 0, .at = NO_PLACE,
		.doc = "What kind of device it is: vendor and device, and the subsystem's two, in hexadecimal.",
		.example = "ids: \"8086:10c9:8086:a03c\"" },
	{ "serial", SCHEMA_CARD_TEXT, .offset = ALIAS(card.serial), .at = NO_PLACE,
		.max = sizeof(((struct pci_identity *)0)->serial), .doc = "The PCI Express device serial number.",
		.example = "serial: 00-1b-21-ff-ff-0a-0b-0c" },
	{ "unique", SCHEMA_CARD_TEXT, .offset = ALIAS(card.unique), .at = NO_PLACE,
		.max = sizeof(((struct pci_identity *)0)->unique),
		.doc = "The device's own serial number where its driver tells it, as of NVMe disks.",
		.example = "unique: S4EWNX0R123456" },
	{ "vpd", SCHEMA_CARD_TEXT, .offset = ALIAS(card.vpd), .at = NO_PLACE,
		.max = sizeof(((struct pci_identity *)0)->vpd),
		.doc = "The serial number in the card's vital product data.", .example = "vpd: MT1234X56789" },
	{ "mac", SCHEMA_CARD_TEXT, .offset = ALIAS(card.mac), .at = NO_PLACE,
		.max = sizeof(((struct pci_identity *)0)->mac),
		.doc = "The permanent address of its first network device.", .example = "mac: \"00:1b:21:0a:0b:0c\"" },
	{ "function", SCHEMA_FUNCTION, .offset = 0, .at = NO_PLACE,
		.doc = "Which function of the card, where 'path' does not say it: the ports of a card have one serial "
		       "number.",
		.fallback = "0", .example = "function: 1" },
	{ NULL },
};

static const struct schema_row alias_value = { .type = SCHEMA_STRUCT, .rows = alias_rows };
static const struct schema_array alias_array = { .element_size = sizeof(struct desired_alias),
	.count_offset = AT(config_raw, alias_count),
	.max = LIMIT_CONFIG_NAMED,
	.key_type = SCHEMA_NAME,
	.key_offset = ALIAS(name),
	.key_at = ALIAS(at),
	.key_word = "ALIAS",
	.value = &alias_value };

/* Host ------------------------------------------------------------------------------------------------------------- */

#define HOST(member) AT(config_raw, host.member)
#define PAGES(member) AT(raw_hugepages, member)
#define MODULE(member) AT(desired_module, member)

static const struct schema_row node_value = {
	.type = SCHEMA_COUNT, .offset = AT(raw_node_pages, count), .at = NO_PLACE, .max = 1u << 30, .unit = "pages"
};
static const struct schema_array node_array = { .element_size = sizeof(struct raw_node_pages),
	.count_offset = PAGES(node_count),
	.max = 64,
	.key_type = SCHEMA_NUMBER,
	.key_offset = AT(raw_node_pages, node),
	.key_at = AT(raw_node_pages, at),
	.key_word = "NODE",
	.value = &node_value };

static const struct schema_row hugepages_rows[] = {
	{ "count", SCHEMA_COUNT, .offset = PAGES(count), .at = NO_PLACE, .max = 1u << 30, .unit = "pages",
		.doc = "How many the host reserves, on whatever nodes.", .example = "count: 2048" },
	{ "nodes", SCHEMA_MAP, .offset = PAGES(node), .at = NO_PLACE, .array = &node_array,
		.doc = "How many of each NUMA node, in place of 'count'.", .example = "nodes: {0: 1024, 1: 1024}" },
	{ NULL },
};
static void prepare_hugepages(void *element)
{
	((struct raw_hugepages *)element)->count = RAW_UNSET;
}

static const struct schema_row hugepages_value = {
	.type = SCHEMA_STRUCT, .rows = hugepages_rows, .shorthand = "count"
};
static const struct schema_array hugepages_array = { .element_size = sizeof(struct raw_hugepages),
	.count_offset = HOST(hugepages_count),
	.prepare = prepare_hugepages,
	.max = 8,
	.key_type = SCHEMA_PAGE_SIZE,
	.key_offset = PAGES(page_bytes),
	.key_at = PAGES(at),
	.key_word = "SIZE",
	.value = &hugepages_value };

static const struct schema_row option_value = {
	.type = SCHEMA_VALUE, .offset = AT(desired_option, value), .at = NO_PLACE
};
static const struct schema_array option_array = { .element_size = sizeof(struct desired_option),
	.count_offset = MODULE(option_count),
	.max = 64,
	.key_type = SCHEMA_MODULE,
	.key_offset = AT(desired_option, name),
	.key_at = AT(desired_option, at),
	.key_word = "OPTION",
	.value = &option_value };
static const struct schema_row module_rows[] = {
	{ "load", SCHEMA_SWITCH, .offset = MODULE(load), .at = NO_PLACE, .fallback = "false", .doc = "Load it at boot.",
		.example = "load: true" },
	{ "blacklist", SCHEMA_SWITCH, .offset = MODULE(blacklist), .at = NO_PLACE, .fallback = "false",
		.doc = "Never load it for a device that it would drive. 'driver: vfio' of the device alone is nearly "
		       "always the better way.",
		.example = "blacklist: true" },
	{ "options", SCHEMA_MAP, .offset = MODULE(option), .at = NO_PLACE, .array = &option_array,
		.doc = "Its parameters.", .example = "options: {disable_idle_d3: 1}" },
	{ NULL },
};
static const struct schema_row module_value = { .type = SCHEMA_STRUCT, .rows = module_rows };
static const struct schema_array module_array = { .element_size = sizeof(struct desired_module),
	.count_offset = HOST(module_count),
	.max = 256,
	.key_type = SCHEMA_MODULE,
	.key_offset = MODULE(name),
	.key_at = MODULE(at),
	.key_word = "MODULE",
	.value = &module_value };

static const struct schema_row argument_value = {
	.type = SCHEMA_ARGUMENT, .offset = AT(desired_argument, text), .at = AT(desired_argument, at)
};
static const struct schema_array argument_array = { .element_size = sizeof(struct desired_argument),
	.count_offset = HOST(argument_count),
	.max = 64,
	.value = &argument_value };

static const char *const iommu_words[] = { "leave", "on", "passthrough", "strict", NULL };

static const struct schema_row host_rows[] = {
	{ "iommu", SCHEMA_WORD, .offset = HOST(iommu), .at = HOST(iommu_at), .words = iommu_words, .fallback = "leave",
		.doc = "The IOMMU, by the kernel's command line: on; passthrough (iommu=pt: devices that stay with the "
		       "host are not translated); strict (they are, and stale entries go at once); leave (as it is).",
		.example = "iommu: on" },
	{ "hugepages", SCHEMA_MAP, .offset = HOST(hugepages), .at = NO_PLACE, .array = &hugepages_array,
		.doc = "Memory that is reserved in large pages for guests with 'hugepages', by page size: 2M or 1G. "
		       "A number alone is 'count'.",
		.example = "hugepages: {2M: 2048}" },
	{ "kernel_arguments", SCHEMA_LIST, .offset = HOST(argument), .at = NO_PLACE, .array = &argument_array,
		.doc = "Further arguments of the kernel's command line. What is taken out here is taken out there: "
		       "they are kept in a file of sluice's own.",
		.example = "kernel_arguments: [pci=realloc]" },
	{ "modules", SCHEMA_MAP, .offset = HOST(module), .at = NO_PLACE, .array = &module_array,
		.doc = "Kernel modules: whether they are loaded at boot, and with what parameters.",
		.example = "modules: {vfio_pci: {load: true}}" },
	{ NULL },
};

/* Devices and pools ------------------------------------------------------------------------------------------------ */

#define BINDING(member) AT(desired_binding, member)
static const struct schema_row binding_rows[] = {
	{ "driver", SCHEMA_DRIVER, .offset = BINDING(driver), .at = NO_PLACE,
		.doc = "vfio (the best of VFIO for it), host (the one that the kernel "
		       "chooses), none, or a driver's "
		       "name.",
		.example = "driver: vfio" },
	{ "early", SCHEMA_SWITCH, .offset = BINDING(early), .at = NO_PLACE, .fallback = "false",
		.doc = "Keep it from its own driver from the initramfs on: for what cannot be "
		       "taken from that driver "
		       "later, as graphics cards.",
		.example = "early: true" },
	{ "user", SCHEMA_NAME, .offset = BINDING(user), .at = BINDING(user_at),
		.doc = "This user may open the device's VFIO nodes.", .fallback = "root", .example = "user: alice" },
	{ NULL },
};
static const struct schema_row binding_value = { .type = SCHEMA_STRUCT, .rows = binding_rows, .shorthand = "driver" };
static const struct schema_array binding_array = { .element_size = sizeof(struct desired_binding),
	.count_offset = AT(config_raw, binding_count),
	.max = LIMIT_CONFIG_NAMED,
	.key_type = SCHEMA_DEVICE,
	.key_offset = BINDING(device),
	.key_at = BINDING(at),
	.key_word = "DEVICE",
	.value = &binding_value };

static const struct schema_row member_value = { .type = SCHEMA_DEVICES, .offset = 0, .at = NO_PLACE };
static const struct schema_array member_array = { .element_size = sizeof(struct desired_ref),
	.count_offset = AT(desired_pool, member_count),
	.max = LIMIT_CONFIG_NAMED,
	.value = &member_value };
static const struct schema_row pool_value = {
	.type = SCHEMA_LIST, .offset = AT(desired_pool, member), .at = NO_PLACE, .array = &member_array
};
static const struct schema_array pool_array = { .element_size = sizeof(struct desired_pool),
	.count_offset = AT(config_raw, pool_count),
	.max = LIMIT_CONFIG_NAMED,
	.key_type = SCHEMA_NAME,
	.key_offset = AT(desired_pool, name),
	.key_at = AT(desired_pool, at),
	.key_word = "POOL",
	.value = &pool_value };

/* Guests ----------------------------------------------------------------------------------------------------------- */

#define GUEST(member) AT(raw_guest, guest.member)
#define GUEST_DEVICE(member) AT(raw_guest_device, member)

static const struct schema_row guest_device_rows[] = {
	{ "device", SCHEMA_DEVICE, .offset = GUEST_DEVICE(device), .at = NO_PLACE, .doc = "Which device.",
		.example = "device: uplink/0" },
	{ "pool", SCHEMA_NAME, .offset = GUEST_DEVICE(pool.text), .at = GUEST_DEVICE(pool.at),
		.doc = "Or one of this pool that is free when the guest starts.", .example = "pool: fast" },
	{ "rom", SCHEMA_ROM, .offset = GUEST_DEVICE(rom), .at = NO_PLACE,
		.doc = "What the guest sees as the device's expansion ROM: a file, or 'off' "
		       "for none. Not said: its "
		       "own.",
		.example = "rom: /var/lib/sluice/gpu.rom" },
	{ "allow_no_reset", SCHEMA_SWITCH, .offset = GUEST_DEVICE(allow_no_reset), .at = NO_PLACE, .fallback = "false",
		.doc = "Accept the device although it cannot be reset: what one guest leaves "
		       "in it, the next one "
		       "finds.",
		.example = "allow_no_reset: true" },
	{ "allow_unclean", SCHEMA_SWITCH, .offset = GUEST_DEVICE(allow_unclean), .at = NO_PLACE, .fallback = "false",
		.doc = "Accept it although its last reset failed.", .example = "allow_unclean: true" },
	{ NULL },
};
static const struct schema_row guest_device_value = {
	.type = SCHEMA_STRUCT, .at = GUEST_DEVICE(at), .rows = guest_device_rows, .shorthand = "device"
};
static const struct schema_array guest_device_array = { .element_size = sizeof(struct raw_guest_device),
	.count_offset = AT(raw_guest, device_count),
	.max = LIMIT_DEVICES,
	.value = &guest_device_value };
static const struct schema_row words_value = {
	.type = SCHEMA_TEXT, .offset = AT(raw_name, text), .at = AT(raw_name, at)
};
static const struct schema_array disk_array = { .element_size = sizeof(struct raw_name),
	.count_offset = AT(raw_guest, disk_count),
	.max = LIMIT_DISKS,
	.value = &words_value };
static const struct schema_array net_array = { .element_size = sizeof(struct raw_name),
	.count_offset = AT(raw_guest, net_count),
	.max = LIMIT_NETS,
	.value = &words_value };
static const struct schema_row after_value = {
	.type = SCHEMA_NAME, .offset = AT(raw_name, text), .at = AT(raw_name, at)
};
static const struct schema_array after_array = { .element_size = sizeof(struct raw_name),
	.count_offset = AT(raw_guest, after_count),
	.max = 64,
	.value = &after_value };

static const struct schema_array needs_array = { .element_size = sizeof(struct raw_name),
	.count_offset = AT(raw_guest, needs_count),
	.max = 64,
	.value = &after_value };

static const char *const hugepage_words[] = { "none", "2M", "1G", NULL };
static const char *const backend_words[] = { "auto", "iommufd", "type1", NULL };
static const char *const restart_words[] = { "never", "on-failure", "always", NULL };

static const struct schema_row guest_rows[] = {
	{ "kernel", SCHEMA_PATH, .required = true, .offset = GUEST(kernel), .at = GUEST(kernel_at),
		.doc = "A Linux bzImage, or an ELF kernel with a PVH entry.", .example = "kernel: /srv/web1/vmlinuz" },
	{ "initrd", SCHEMA_PATH, .offset = GUEST(initrd), .at = GUEST(initrd_at), .doc = "Its initial RAM disk.",
		.example = "initrd: /srv/web1/initrd.img" },
	{ "cmdline", SCHEMA_TEXT, .offset = GUEST(cmdline), .at = NO_PLACE, .fallback = "console=ttyS0",
		.doc = "The kernel's command line.", .example = "cmdline: console=ttyS0 root=/dev/nvme0n1p1" },
	{ "memory", SCHEMA_SIZE, .offset = GUEST(memory_bytes), .at = GUEST(memory_at), .min = 16u << 20,
		.max = 16ull << 40, .fallback = "512M", .doc = "How much memory it has.", .example = "memory: 4G" },
	{ "hugepages", SCHEMA_WORD, .offset = AT(raw_guest, hugepages), .at = AT(raw_guest, hugepages_at),
		.words = hugepage_words, .fallback = "none",
		.doc = "Take that memory from the host's reserved large pages of this size.",
		.example = "hugepages: 2M" },
	{ "cpus", SCHEMA_NUMBER, .offset = GUEST(cpus), .at = NO_PLACE, .min = 1, .max = LIMIT_VCPUS, .fallback = "1",
		.doc = "How many vCPUs it has.", .example = "cpus: 2" },
	{ "disks", SCHEMA_LIST, .offset = AT(raw_guest, disk), .at = NO_PLACE, .array = &disk_array,
		.doc = "Raw images and block devices that it has as virtio disks, in their order: "
		       "FILE[,ro][,raw][,serial=S].",
		.example = "disks: ['/srv/web1/root.img', '/srv/common.img,ro']" },
	{ "nets", SCHEMA_LIST, .offset = AT(raw_guest, net), .at = NO_PLACE, .array = &net_array,
		.doc = "Its virtio network cards, on taps of the host: tap=IF[,mac=M][,vhost=on|off].",
		.example = "nets: ['tap=web1']" },
	{ "rng", SCHEMA_SWITCH, .offset = GUEST(rng), .at = NO_PLACE, .fallback = "false",
		.doc = "It has the host's random numbers, by virtio.", .example = "rng: true" },
	{ "devices", SCHEMA_LIST, .offset = AT(raw_guest, device), .at = NO_PLACE, .array = &guest_device_array,
		.doc = "What it gets, in the order of its slots. A name alone is 'device'.",
		.example = "devices: [uplink/0, {pool: fast}]" },
	{ "hotplug", SCHEMA_NUMBER, .offset = GUEST(free_ports), .at = NO_PLACE, .max = LIMIT_DEVICES, .fallback = "0",
		.doc = "Slots kept free for devices that come later, by 'sluice attach'.", .example = "hotplug: 2" },
	{ "dma_backend", SCHEMA_WORD, .offset = GUEST(backend), .at = NO_PLACE, .words = backend_words,
		.fallback = "auto",
		.doc = "How its devices are opened: iommufd and each device's node, or a VFIO "
		       "container and groups "
		       "(type1); auto is iommufd where this kernel has it.",
		.example = "dma_backend: auto" },
	{ "vf_token", SCHEMA_UUID, .offset = GUEST(vf_token), .at = NO_PLACE,
		.doc = "What the kernel asks of VFs whose PF is with VFIO too.",
		.example = "vf_token: 7d3c01e0-0a1b-4c55-9d6e-1f2a3b4c5d6e" },
	{ "device_rules", SCHEMA_PATH, .offset = GUEST(rules), .at = GUEST(rules_at),
		.doc = "A file of rules about what it sees of its devices' configuration "
		       "spaces.",
		.example = "device_rules: /etc/sluice/web1.rules" },
	{ "allow_unsafe_interrupts", SCHEMA_SWITCH, .offset = GUEST(unsafe_interrupts_ok), .at = NO_PLACE,
		.fallback = "false",
		.doc = "Start it although the IOMMU does not remap interrupts: it can then "
		       "raise any interrupt of the "
		       "host.",
		.example = "allow_unsafe_interrupts: true" },
	{ "autostart", SCHEMA_SWITCH, .offset = GUEST(autostart), .at = NO_PLACE, .fallback = "true",
		.doc = "'sluice up' without a name starts it, and so does sluice-guests.service at boot.",
		.example = "autostart: false" },
	{ "after", SCHEMA_LIST, .offset = AT(raw_guest, after), .at = NO_PLACE, .array = &after_array,
		.doc = "Guests that are started before it, and stopped after it.", .example = "after: [db]" },
	{ "requires", SCHEMA_LIST, .offset = AT(raw_guest, needs), .at = NO_PLACE, .array = &needs_array,
		.doc = "Guests that it cannot do without: as 'after', and 'sluice up' starts them with it; when one "
		       "cannot be started, neither is this one; 'sluice down' of one stops this one first.",
		.example = "requires: [db]" },
	{ "restart", SCHEMA_WORD, .offset = GUEST(restart), .at = NO_PLACE, .words = restart_words, .fallback = "never",
		.doc = "Start it again when it has ended: after a crash (on-failure), also "
		       "when it powered off "
		       "(always).",
		.example = "restart: on-failure" },
	{ "restart_delay", SCHEMA_SECONDS, .offset = GUEST(restart_delay_seconds), .at = NO_PLACE, .min = 1,
		.max = 86400, .unit = "seconds", .fallback = "1s",
		.doc = "How long to wait before that; doubled each time, up to five minutes.",
		.example = "restart_delay: 5s" },
	{ "restart_limit", SCHEMA_NUMBER, .offset = GUEST(restart_limit), .at = NO_PLACE, .max = 1000, .fallback = "0",
		.doc = "After so many restarts in a row, none of which held for ten minutes, it is left as it is; 0: "
		       "there is no limit.",
		.example = "restart_limit: 10" },
	{ "stop_timeout", SCHEMA_SECONDS, .offset = GUEST(stop_seconds), .at = NO_PLACE, .min = 1, .max = 86400,
		.unit = "seconds", .fallback = "90s", .doc = "Asked to power off, it has so long before it is ended.",
		.example = "stop_timeout: 2m" },
	{ NULL },
};
static void prepare_guest(void *element)
{
	struct desired_guest *guest = &((struct raw_guest *)element)->guest;

	guest->memory_bytes = 512ull << 20;
	guest->cpus = 1;
	guest->autostart = true;
	guest->restart_delay_seconds = 1;
	guest->stop_seconds = 90;
}

static const struct schema_row guest_value = { .type = SCHEMA_STRUCT, .rows = guest_rows };
static const struct schema_array guest_array = { .element_size = sizeof(struct raw_guest),
	.count_offset = AT(config_raw, guest_count),
	.prepare = prepare_guest,
	.max = LIMIT_CONFIG_NAMED,
	.key_type = SCHEMA_NAME,
	.key_offset = GUEST(name),
	.key_at = GUEST(at),
	.key_word = "GUEST",
	.value = &guest_value };

/* Policy ----------------------------------------------------------------------------------------------------------- */

static const struct schema_row keep_value = { .type = SCHEMA_DEVICES, .offset = 0, .at = NO_PLACE };
static const struct schema_array keep_array = { .element_size = sizeof(struct desired_ref),
	.count_offset = AT(config_raw, policy.keep_count),
	.max = LIMIT_CONFIG_NAMED,
	.value = &keep_value };
static const struct schema_row policy_rows[] = {
	{ "confirm", SCHEMA_SECONDS, .offset = AT(config_raw, policy.confirm_seconds), .at = NO_PLACE, .max = 86400,
		.unit = "seconds", .fallback = "0",
		.doc = "'sluice apply' that says nothing of it undoes itself after so long, "
		       "unless 'sluice confirm' "
		       "comes; 0: it stays.",
		.example = "confirm: 2m" },
	{ "keep", SCHEMA_LIST, .offset = AT(config_raw, policy.keep), .at = NO_PLACE, .array = &keep_array,
		.doc = "Devices that stay the host's: a file that takes one of them is wrong, "
		       "whatever else it says.",
		.example = "keep: [uplink]" },
	{ NULL },
};

/* The file --------------------------------------------------------------------------------------------------------- */

static const struct schema_row root_rows[] = {
	{ "version", SCHEMA_NUMBER, .required = true, .offset = AT(config_raw, version), .at = NO_PLACE,
		.min = DESIRED_VERSION, .max = DESIRED_VERSION, .doc = "The format of the file: 1. Every file says it.",
		.example = "version: 1" },
	{ "aliases", SCHEMA_MAP, .offset = AT(config_raw, alias), .at = NO_PLACE, .array = &alias_array,
		.doc = "Names of this host's devices, and which card each is, by what it keeps "
		       "when it is moved or the "
		       "kernel counts anew: its place, its kind, its own number. Everything "
		       "below names devices by "
		       "these "
		       "names alone. A card that has moved, or another one in its place, is an "
		       "error that names both.",
		.example = "aliases: {uplink: {path: \"0000:00/1c.0/00.0\", ids: "
			   "\"8086:10c9\"}}" },
	{ "host", SCHEMA_STRUCT, .offset = 0, .at = NO_PLACE, .rows = host_rows,
		.doc = "The host as a whole: kernel arguments, modules, reserved memory. Some "
		       "of it needs a reboot, "
		       "which the plan says.",
		.example = "host: {iommu: on}" },
	{ "sriov", SCHEMA_MAP, .offset = AT(config_raw, pf), .at = NO_PLACE, .array = &schema_sriov,
		.doc = "Cards that are split into virtual functions (VFs), and how each of "
		       "those is set up. A number "
		       "alone is 'count'. A card that is not named here is left as it is.",
		.example = "sriov: {uplink: {count: 8, driver: vfio}}" },
	{ "devices", SCHEMA_MAP, .offset = AT(config_raw, binding), .at = NO_PLACE, .array = &binding_array,
		.doc = "Drivers of single devices. A word alone is 'driver'. What a guest "
		       "below is given needs no "
		       "entry: "
		       "it is taken when the guest starts.",
		.example = "devices: {gpu: {driver: vfio, early: true}}" },
	{ "pools", SCHEMA_MAP, .offset = AT(config_raw, pool), .at = NO_PLACE, .array = &pool_array,
		.doc = "Devices of which one is as good as another: a guest gets one that is "
		       "free when it starts.",
		.example = "pools: {fast: [uplink/4-7]}" },
	{ "guests", SCHEMA_MAP, .offset = AT(config_raw, guest), .at = NO_PLACE, .array = &guest_array,
		.doc = "Virtual machines.",
		.example = "guests: {web1: {kernel: /srv/web1/vmlinuz, memory: 2G, devices: "
			   "[uplink/0]}}" },
	{ "policy", SCHEMA_STRUCT, .offset = 0, .at = NO_PLACE, .rows = policy_rows, .doc = "How sluice goes about it.",
		.example = "policy: {confirm: 2m}" },
	{ NULL },
};

const struct schema_row schema_root = { .type = SCHEMA_STRUCT, .at = NO_PLACE, .rows = root_rows };

const struct schema_row *schema_find(const struct schema_row *rows, const char *key)
{
	for (; rows->key; rows++)
		if (!strcmp(rows->key, key))
			return rows;
	return NULL;
}
