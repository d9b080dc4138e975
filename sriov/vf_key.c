// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of VFs' settings: the table, and KEY=VALUE of the command line, of leases and of captured hosts. */
#include "sriov/vf_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum {
	VLAN_8021Q = 0x8100,
	VLAN_8021AD = 0x88a8,
};

static const struct vf_word switches[] = {
	{ "on", 1 },
	{ "off", 0 },
	{ "1", 1 },
	{ "0", 0 },
	{ NULL, 0 },
};

static const struct vf_word link_states[] = {
	{ "auto", VF_LINK_AUTO },
	{ "enable", VF_LINK_ENABLE },
	{ "disable", VF_LINK_DISABLE },
	{ NULL, 0 },
};

static const struct vf_word vlan_protos[] = {
	{ "802.1q", VLAN_8021Q },
	{ "802.1ad", VLAN_8021AD },
	{ "0x8100", VLAN_8021Q },
	{ "0x88a8", VLAN_8021AD },
	{ NULL, 0 },
};

static const struct vf_word priorities[] = {
	{ "low", VF_PRIORITY_LOW },
	{ "normal", VF_PRIORITY_NORMAL },
	{ "high", VF_PRIORITY_HIGH },
	{ NULL, 0 },
};

/* Every setting: its name, its place, its range. */
static const struct vf_key keys[] = {
#define PLACE(member) offsetof(struct vf_settings, member)
#define NUMBER(name, by, max, range)                                                                                   \
	{                                                                                                              \
#name, by, VF_KEY_NUMBER, PLACE(name), 0, max, 0, NULL, range                                          \
	}
#define WORD(name, by, words, range)                                                                                   \
	{                                                                                                              \
#name, by, VF_KEY_WORD, PLACE(name), 0, 0, 0, words, range                                             \
	}
	{ "mac", VF_BY_LINK, VF_KEY_MAC, PLACE(mac), PLACE(has_mac), 0, 0, NULL,
		"an Ethernet address such as 02:00:00:00:00:01, or stable (made of the card's own and the VF's "
		"number), or "
		"random (a new one)" },
	NUMBER(vlan, VF_BY_LINK, 4094, "0 (untagged) to 4094"),
	NUMBER(qos, VF_BY_LINK, 7, "0 to 7"),
	WORD(vlan_proto, VF_BY_LINK, vlan_protos, "802.1q or 802.1ad"),
	NUMBER(min_tx_rate, VF_BY_LINK, UINT32_MAX, "Mbit/s, 0 for none"),
	NUMBER(max_tx_rate, VF_BY_LINK, UINT32_MAX, "Mbit/s, 0 for no limit"),
	WORD(spoofchk, VF_BY_LINK, switches, "on or off"),
	WORD(trust, VF_BY_LINK, switches, "on or off"),
	WORD(link_state, VF_BY_LINK, link_states, "auto, enable or disable"),
	WORD(query_rss, VF_BY_LINK, switches, "on or off"),
	{ "node_guid", VF_BY_LINK, VF_KEY_GUID, PLACE(node_guid), PLACE(has_node_guid), 0, 0, NULL,
		"8 octets: 00:11:22:33:44:55:66:77" },
	{ "port_guid", VF_BY_LINK, VF_KEY_GUID, PLACE(port_guid), PLACE(has_port_guid), 0, 0, NULL,
		"8 octets: 00:11:22:33:44:55:66:77" },
	NUMBER(queues, VF_BY_NVME, UINT16_MAX, "queues of an NVMe VF, its admin queue among them: 2 or more to work"),
	NUMBER(interrupts, VF_BY_NVME, UINT16_MAX, "interrupts of an NVMe VF: 1 or more to work"),
	WORD(online, VF_BY_NVME, switches, "on or off"),
	{ "namespaces", VF_BY_NVME, VF_KEY_LIST, PLACE(namespaces), PLACE(has_namespaces), UINT32_MAX - 1, 1, NULL,
		"numbers of namespaces with commas between them, or none" },
	{ "msix", VF_BY_SYSFS, VF_KEY_NUMBER, PLACE(msix), 0, 2048, 1, NULL, "interrupt vectors: 1 to 2048" },
	NUMBER(exec_quantum_ms, VF_BY_SYSFS, UINT32_MAX, "milliseconds, 0 for no limit"),
	NUMBER(preempt_timeout_us, VF_BY_SYSFS, UINT32_MAX, "microseconds, 0 for none"),
	WORD(sched_priority, VF_BY_SYSFS, priorities, "low, normal or high"),
	NUMBER(vram_quota, VF_BY_SYSFS, INT64_MAX, "bytes of the card's memory"),
#undef WORD
#undef NUMBER
#undef PLACE
};

const struct vf_key *vf_key_next(const struct vf_key *key)
{
	if (!key)
		return keys;
	return key + 1 < keys + array_size(keys) ? key + 1 : NULL;
}

static void *place(struct vf_settings *settings, size_t offset)
{
	return (char *)settings + offset;
}

static const void *const_place(const struct vf_settings *settings, size_t offset)
{
	return (const char *)settings + offset;
}

bool vf_key_is_set(const struct vf_key *key, const struct vf_settings *settings)
{
	switch (key->kind) {
	case VF_KEY_NUMBER:
		return *(const int64_t *)const_place(settings, key->value) != VF_UNSET;
	case VF_KEY_WORD:
		return *(const int *)const_place(settings, key->value) != VF_UNSET;
	default:
		return *(const bool *)const_place(settings, key->has);
	}
}

/* All of it: settings are compared as bytes, too. */
void vf_settings_init(struct vf_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < array_size(keys); i++)
		if (keys[i].kind == VF_KEY_NUMBER)
			*(int64_t *)place(settings, keys[i].value) = VF_UNSET;
		else if (keys[i].kind == VF_KEY_WORD)
			*(int *)place(settings, keys[i].value) = VF_UNSET;
}

static size_t value_size(const struct vf_key *key)
{
	static const size_t sizes[] = {
		[VF_KEY_NUMBER] = sizeof(int64_t),
		[VF_KEY_WORD] = sizeof(int),
		[VF_KEY_MAC] = sizeof(struct mac_addr),
		[VF_KEY_GUID] = sizeof(uint64_t),
		[VF_KEY_LIST] = sizeof(struct vf_numbers),
	};

	return sizes[key->kind];
}

void vf_key_copy(const struct vf_key *key, struct vf_settings *to, const struct vf_settings *from)
{
	memcpy(place(to, key->value), const_place(from, key->value), value_size(key));
	if (key->kind >= VF_KEY_MAC)
		*(bool *)place(to, key->has) = *(const bool *)const_place(from, key->has);
}

bool vf_key_is_same(const struct vf_key *key, const struct vf_settings *a, const struct vf_settings *b)
{
	return !memcmp(const_place(a, key->value), const_place(b, key->value), value_size(key));
}

size_t vf_settings_differences(
	const struct vf_settings *wanted, const struct vf_settings *now, struct vf_settings *ret_diff)
{
	struct vf_settings diff;
	size_t count = 0;

	vf_settings_init(&diff);
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, wanted) && !(vf_key_is_set(key, now) && vf_key_is_same(key, wanted, now))) {
			vf_key_copy(key, &diff, wanted);
			count++;
		}
	*ret_diff = diff;
	return count;
}

static int parse_word(const struct vf_key *key, const char *text, int *ret_value)
{
	for (const struct vf_word *word = key->words; word->text; word++)
		if (!strcasecmp(word->text, text)) {
			*ret_value = word->value;
			return 0;
		}
	return -EINVAL;
}

static int parse_guid(const char *text, uint64_t *ret_guid)
{
	uint64_t guid = 0;

	if (strlen(text) != 8 * 3 - 1)
		return -EINVAL;
	for (size_t i = 0; i < 8; i++) {
		unsigned int octet;
		char end = text[3 * i + 2];

		if (strspn(text + 3 * i, "0123456789abcdefABCDEF") != 2 || end != (i < 7 ? ':' : '\0') ||
			sscanf(text + 3 * i, "%2x", &octet) != 1)
			return -EINVAL;
		guid = guid << 8 | octet;
	}
	*ret_guid = guid;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

/* "1,2,7", or "none": in ascending order, without doubles. */
static int parse_list(const char *text, uint64_t max, struct vf_numbers *ret_list)
{
	struct vf_numbers list = { 0 };
	char copy[VF_NUMBERS * 11];
	char *rest = copy, *word;
	uint64_t number;

	if (strcasecmp(text, "none") != 0) {
		if (!text_copy(copy, sizeof(copy), text))
			return -EINVAL;
		while ((word = strsep(&rest, ","))) {
			if (list.count == VF_NUMBERS || text_to_u64(word, max, &number) < 0 || !number)
				return -EINVAL;
			list.number[list.count++] = (uint32_t)number;
		}
		qsort(list.number, list.count, sizeof(list.number[0]), compare_numbers);
		for (size_t i = 1; i < list.count; i++)
			if (list.number[i] == list.number[i - 1])
				return -EINVAL;
	}
	*ret_list = list;
	return 0;
}

static enum vf_mac_from mac_from(const char *text)
{
	static const char *const words[] = {
		[VF_MAC_STABLE] = "stable", [VF_MAC_RANDOM] = "random", [VF_MAC_KEEP] = "keep"
	};

	for (size_t i = VF_MAC_STABLE; i < array_size(words); i++)
		if (!strcasecmp(text, words[i]))
			return (enum vf_mac_from)i;
	return VF_MAC_SAID;
}

static int parse_value(const struct vf_key *key, const char *text, struct vf_settings *settings)
{
	uint64_t number;
	int ret;

	switch (key->kind) {
	case VF_KEY_NUMBER:
		ret = text_to_u64(text, key->max, &number);
		if (!ret && number < key->min)
			ret = -ERANGE;
		if (!ret)
			*(int64_t *)place(settings, key->value) = (int64_t)number;
		return ret;
	case VF_KEY_WORD:
		return parse_word(key, text, place(settings, key->value));
	case VF_KEY_MAC:
		settings->mac_from = mac_from(text);
		if (settings->mac_from != VF_MAC_SAID) {
			settings->has_mac = false;
			return 0;
		}
		ret = text_to_mac(text, place(settings, key->value));
		break;
	case VF_KEY_LIST:
		ret = parse_list(text, key->max, place(settings, key->value));
		break;
	default:
		ret = parse_guid(text, place(settings, key->value));
	}
	if (!ret)
		*(bool *)place(settings, key->has) = true;
	return ret;
}

static int no_such_key(const char *name, struct error *err)
{
	char all[512] = "";

	for (size_t i = 0; i < array_size(keys); i++) {
		size_t used = strlen(all);

		snprintf(all + used, sizeof(all) - used, "%s%s", used ? ", " : "", keys[i].name);
		if (text_distance(name, keys[i].name) <= 2) {
			fail_code(err, CODE_USAGE, EINVAL, "a VF has no setting '%s'", name);
			return fail_hint(err, "did you mean '%s'?", keys[i].name);
		}
	}
	fail_code(err, CODE_USAGE, EINVAL, "a VF has no setting '%s'", name);
	return fail_hint(err, "the settings are %s", all);
}

int vf_settings_parse(struct vf_settings *settings, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	char name[24];

	if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof(name)) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' is no KEY=VALUE", assignment);
		return fail_hint(err, "for example mac=02:00:00:00:00:01 vlan=100 spoofchk=on");
	}
	memcpy(name, assignment, (size_t)(equals - assignment));
	name[equals - assignment] = '\0';
	for (size_t i = 0; i < array_size(keys); i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (!parse_value(&keys[i], equals + 1, settings))
			return 0;
		fail_code(err, CODE_USAGE, EINVAL, "%s cannot be '%s'", name, equals + 1);
		return fail_hint(err, "%s is %s", name, keys[i].range);
	}
	return no_such_key(name, err);
}

static void list_text(const struct vf_numbers *list, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < list->count && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%u", i ? "," : "", list->number[i]);
}

static void guid_text(uint64_t guid, char *buf, size_t size)
{
	buf[0] = '\0';
	for (int shift = 56; shift >= 0; shift -= 8)
		snprintf(buf + strlen(buf), size - strlen(buf), "%s%02x", shift < 56 ? ":" : "",
			(unsigned int)(guid >> shift & 0xff));
}

/* What a number of ours is called; NULL for one without word. */
static const char *word_text(const struct vf_key *key, int value)
{
	for (const struct vf_word *word = key->words; word->text; word++)
		if (word->value == value)
			return word->text;
	return NULL;
}

const char *vf_key_text(const struct vf_key *key, const struct vf_settings *settings, char *buf, size_t size)
{
	char text[VF_NUMBERS * 11] = "";
	const char *word;

	buf[0] = '\0';
	if (!vf_key_is_set(key, settings))
		return buf;
	switch (key->kind) {
	case VF_KEY_NUMBER:
		snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)const_place(settings, key->value));
		break;
	case VF_KEY_WORD:
		word = word_text(key, *(const int *)const_place(settings, key->value));
		if (!word)
			return buf;
		text_copy(text, sizeof(text), word);
		break;
	case VF_KEY_MAC:
		mac_to_text(const_place(settings, key->value), text);
		break;
	case VF_KEY_GUID:
		guid_text(*(const uint64_t *)const_place(settings, key->value), text, sizeof(text));
		break;
	case VF_KEY_LIST:
		list_text(const_place(settings, key->value), text, sizeof(text));
	}
	snprintf(buf, size, "%s=%s", key->name, text);
	return buf;
}
