// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys below `sriov`: a card that is split, and its VFs. What a VF can be set to is what sriov/vf_key.c knows; a
 * test compares the two.
 */
#include "plan/schema_sriov.h"

#include "plan/config_raw.h"

#define AT(type, member) offsetof(struct type, member)

#define VF(member) AT(raw_vf, member)
#define PF(member) AT(raw_pf, member)

static const char *const link_words[] = { "auto", "enable", "disable", NULL };
static const char *const priority_words[] = { "low", "normal", "high", NULL };
static const char *const proto_words[] = { "802.1q", "802.1ad", NULL };

/* What a VF, and the defaults of all of them, have in common. */
#define VF_SETTING(name, kind, ...)                                                                                    \
	{                                                                                                              \
		name, kind, .offset = VF(set), .at = NO_PLACE, __VA_ARGS__                                             \
	}
#define VF_COMMON                                                                                                      \
	{ "driver", SCHEMA_DRIVER, .offset = VF(driver), .at = NO_PLACE,                                               \
		.doc = "Its driver: vfio (the best of VFIO for it), host (the one that the kernel chooses), none, or " \
		       "a driver's name. Not said: as the PF's entry says.",                                           \
		.example = "driver: vfio" },                                                                           \
		VF_SETTING("vlan", SCHEMA_VF_NUMBER, .max = 4094,                                                      \
			.doc = "The VLAN that its frames are put into; 0: none. Not said and 0 are two things: some "  \
			       "drivers let a VF choose while nothing is said.",                                       \
			.example = "vlan: 100"),                                                                       \
		VF_SETTING("qos", SCHEMA_VF_NUMBER, .max = 7, .doc = "The priority of that VLAN's frames.",            \
			.example = "qos: 3"),                                                                          \
		VF_SETTING("vlan_proto", SCHEMA_VF_WORD, .words = proto_words, .doc = "The kind of that VLAN's tag.",  \
			.example = "vlan_proto: 802.1ad"),                                                             \
		VF_SETTING("min_tx_rate", SCHEMA_VF_NUMBER, .max = UINT32_MAX, .unit = "Mbit/s",                       \
			.doc = "What it may always send; 0: nothing is promised.", .example = "min_tx_rate: 100"),     \
		VF_SETTING("max_tx_rate", SCHEMA_VF_NUMBER, .max = UINT32_MAX, .unit = "Mbit/s",                       \
			.doc = "What it may send at most; 0: no limit.", .example = "max_tx_rate: 1000"),              \
		VF_SETTING("spoofchk", SCHEMA_VF_SWITCH,                                                               \
			.doc = "Drop frames that it sends with another address than its own.",                         \
			.example = "spoofchk: on"),                                                                    \
		VF_SETTING("trust", SCHEMA_VF_SWITCH,                                                                  \
			.doc = "Let it change its own address, and hear what is not meant for it.",                    \
			.example = "trust: off"),                                                                      \
		VF_SETTING("link_state", SCHEMA_VF_WORD, .words = link_words,                                          \
			.doc = "The link that it sees: the port's (auto), always up (enable), always down (disable).", \
			.example = "link_state: auto"),                                                                \
		VF_SETTING("query_rss", SCHEMA_VF_SWITCH, .doc = "Let it read how received frames are spread.",        \
			.example = "query_rss: on"),                                                                   \
		VF_SETTING("msix", SCHEMA_VF_NUMBER, .min = 1, .max = 2048, .unit = "vectors",                         \
			.doc = "Its interrupt vectors, where the PF's driver can share them out.",                     \
			.example = "msix: 16"),                                                                        \
		VF_SETTING("queues", SCHEMA_VF_NUMBER, .max = UINT16_MAX, .unit = "queues",                            \
			.doc = "NVMe: its queues, the admin queue among them.", .example = "queues: 9"),               \
		VF_SETTING("interrupts", SCHEMA_VF_NUMBER, .max = UINT16_MAX, .unit = "interrupts",                    \
			.doc = "NVMe: its interrupts.", .example = "interrupts: 9"),                                   \
		VF_SETTING("online", SCHEMA_VF_SWITCH, .doc = "NVMe: whether it answers.", .example = "online: on"),   \
		VF_SETTING("exec_quantum_ms", SCHEMA_VF_NUMBER, .max = UINT32_MAX, .unit = "milliseconds",             \
			.doc = "Intel xe: how long it may run at a time; 0: no limit.",                                \
			.example = "exec_quantum_ms: 20"),                                                             \
		VF_SETTING("preempt_timeout_us", SCHEMA_VF_NUMBER, .max = UINT32_MAX, .unit = "microseconds",          \
			.doc = "Intel xe: how long it has to stop when others are to run; 0: none.",                   \
			.example = "preempt_timeout_us: 20000"),                                                       \
		VF_SETTING("sched_priority", SCHEMA_VF_WORD, .words = priority_words,                                  \
			.doc = "Intel xe: who runs first.", .example = "sched_priority: normal"),                      \
		VF_SETTING("vram_quota", SCHEMA_VF_NUMBER, .max = INT64_MAX, .unit = "bytes",                          \
			.doc = "Intel xe: how much of the card's memory it has.", .example = "vram_quota: 1073741824")

static const char *const stable_words[] = { "stable", NULL };
static const struct schema_row default_rows[] = {
	{ "mac", SCHEMA_VF_WORD, .offset = VF(set), .at = VF(mac_at), .words = stable_words,
		.doc = "stable: an address for each that is made of the card's own and the "
		       "VF's number, and stays.",
		.example = "mac: stable" },
	VF_COMMON,
	{ NULL },
};

static const struct schema_row vf_rows[] = {
	{ "mac", SCHEMA_VF_MAC, .offset = VF(set), .at = VF(mac_at),
		.doc = "Its Ethernet address. Each of this host's VFs needs its own; stable: "
		       "one that is made of the "
		       "card's own and the VF's number, and stays.",
		.example = "mac: \"02:00:00:00:01:00\"" },
	VF_COMMON,
	VF_SETTING("namespaces", SCHEMA_VF_LIST, .doc = "NVMe: the namespaces that are attached to it, or none.",
		.example = "namespaces: \"1,2\""),
	VF_SETTING("node_guid", SCHEMA_VF_GUID, .doc = "Its InfiniBand node GUID.",
		.example = "node_guid: \"00:11:22:33:44:55:66:77\""),
	VF_SETTING("port_guid", SCHEMA_VF_GUID, .doc = "Its InfiniBand port GUID.",
		.example = "port_guid: \"00:11:22:33:44:55:66:78\""),
	{ NULL },
};

static void prepare_vf(void *element)
{
	vf_settings_init(&((struct raw_vf *)element)->set);
}

static void prepare_pf(void *element)
{
	vf_settings_init(&((struct raw_pf *)element)->defaults.set);
}

static const struct schema_row vf_value = { .type = SCHEMA_STRUCT, .rows = vf_rows };
static const struct schema_array vf_array = { .element_size = sizeof(struct raw_vf),
	.count_offset = PF(vf_count),
	.prepare = prepare_vf,
	.max = LIMIT_CONFIG_NAMED,
	.key_type = SCHEMA_VF_RANGE,
	.key_offset = VF(range),
	.key_at = VF(at),
	.key_word = "INDEX",
	.value = &vf_value };

static const struct schema_row pf_rows[] = {
	{ "count", SCHEMA_NUMBER, .required = true, .offset = PF(count), .at = PF(count_at), .max = UINT16_MAX,
		.unit = "VFs", .doc = "How many VFs the card is split into; 0: none.", .example = "count: 8" },
	{ "driver", SCHEMA_DRIVER, .offset = PF(driver), .at = NO_PLACE,
		.doc = "The driver of its VFs: vfio (the best of VFIO for them: they never "
		       "meet the host's own), host "
		       "(the one that the kernel chooses), none, or a driver's name. Not said: "
		       "they are left as they "
		       "are.",
		.example = "driver: vfio" },
	{ "defaults", SCHEMA_STRUCT, .offset = PF(defaults), .at = PF(defaults.at), .rows = default_rows,
		.doc = "What holds of each VF whose own entry says nothing else.",
		.example = "defaults: {trust: off, spoofchk: on}" },
	{ "vfs", SCHEMA_MAP, .offset = PF(vf), .at = NO_PLACE, .array = &vf_array,
		.doc = "Single VFs, by index (from 0, as 'ip link' counts), or several with "
		       "FIRST-LAST. What neither "
		       "this nor 'defaults' says is left as it is.",
		.example = "vfs: {0: {mac: \"02:00:00:00:01:00\", vlan: 100}}" },
	{ NULL },
};
static const struct schema_row pf_value = { .type = SCHEMA_STRUCT, .rows = pf_rows, .shorthand = "count" };
const struct schema_array schema_sriov = { .element_size = sizeof(struct raw_pf),
	.count_offset = AT(config_raw, pf_count),
	.prepare = prepare_pf,
	.max = LIMIT_CONFIG_NAMED,
	.key_type = SCHEMA_ALIAS,
	.key_offset = PF(pf),
	.key_at = PF(pf.at),
	.key_word = "ALIAS",
	.value = &pf_value };
