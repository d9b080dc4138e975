// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of a VF: the keys that people write, what each allows, and changing them so that either all hold or nothing
 * has changed.
 *
 * The kernel applies the parts of one request one after the other and stops at the first that the driver refuses; some
 * drivers accept what they then ignore. So the VF is read before (for the halves that go together, and for undoing) and
 * after.
 */
#include "sriov/vf.h"

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

void vf_settings_init(struct vf_settings *settings)
{
	*settings = (struct vf_settings){
		.vlan = VF_UNSET,
		.qos = VF_UNSET,
		.vlan_proto = VF_UNSET,
		.min_tx_rate = VF_UNSET,
		.max_tx_rate = VF_UNSET,
		.spoofchk = VF_UNSET,
		.trust = VF_UNSET,
		.query_rss = VF_UNSET,
		.link_state = VF_UNSET,
	};
}

/* Words of a setting, and what they mean. */
struct word {
	const char *text;
	int value;
};

static const struct word switches[] = {
	{ "on", 1 },
	{ "off", 0 },
	{ "1", 1 },
	{ "0", 0 },
	{ NULL, 0 },
};

static const struct word link_states[] = {
	{ "auto", VF_LINK_AUTO },
	{ "enable", VF_LINK_ENABLE },
	{ "disable", VF_LINK_DISABLE },
	{ NULL, 0 },
};

static const struct word vlan_protos[] = {
	{ "802.1q", VLAN_8021Q },
	{ "802.1ad", VLAN_8021AD },
	{ "0x8100", VLAN_8021Q },
	{ "0x88a8", VLAN_8021AD },
	{ NULL, 0 },
};

enum key_kind {
	KEY_NUMBER, /* int64_t, up to max */
	KEY_WORD,   /* int, one of words */
	KEY_MAC,
	KEY_GUID,
};

/* Every setting: its name, its place, its range. */
static const struct key {
	const char *name;
	enum key_kind kind;
	size_t value, has; /* offsets in struct vf_settings; has: of the flag, for MAC and GUID */
	uint64_t max;
	const struct word *words;
	const char *range;
} keys[] = {
#define PLACE(member) offsetof(struct vf_settings, member)
	{ "mac", KEY_MAC, PLACE(mac), PLACE(has_mac), 0, NULL, "an Ethernet address such as 02:00:00:00:00:01" },
	{ "vlan", KEY_NUMBER, PLACE(vlan), 0, 4094, NULL, "0 (untagged) to 4094" },
	{ "qos", KEY_NUMBER, PLACE(qos), 0, 7, NULL, "0 to 7" },
	{ "vlan_proto", KEY_WORD, PLACE(vlan_proto), 0, 0, vlan_protos, "802.1q or 802.1ad" },
	{ "min_tx_rate", KEY_NUMBER, PLACE(min_tx_rate), 0, UINT32_MAX, NULL, "Mbit/s, 0 for none" },
	{ "max_tx_rate", KEY_NUMBER, PLACE(max_tx_rate), 0, UINT32_MAX, NULL, "Mbit/s, 0 for no limit" },
	{ "spoofchk", KEY_WORD, PLACE(spoofchk), 0, 0, switches, "on or off" },
	{ "trust", KEY_WORD, PLACE(trust), 0, 0, switches, "on or off" },
	{ "link_state", KEY_WORD, PLACE(link_state), 0, 0, link_states, "auto, enable or disable" },
	{ "query_rss", KEY_WORD, PLACE(query_rss), 0, 0, switches, "on or off" },
	{ "node_guid", KEY_GUID, PLACE(node_guid), PLACE(has_node_guid), 0, NULL, "8 octets: 00:11:22:33:44:55:66:77" },
	{ "port_guid", KEY_GUID, PLACE(port_guid), PLACE(has_port_guid), 0, NULL, "8 octets: 00:11:22:33:44:55:66:77" },
#undef PLACE
};

static void *place(struct vf_settings *settings, size_t offset)
{
	return (char *)settings + offset;
}

static const void *const_place(const struct vf_settings *settings, size_t offset)
{
	return (const char *)settings + offset;
}

static bool is_set(const struct key *key, const struct vf_settings *settings)
{
	switch (key->kind) {
	case KEY_NUMBER:
		return *(const int64_t *)const_place(settings, key->value) != VF_UNSET;
	case KEY_WORD:
		return *(const int *)const_place(settings, key->value) != VF_UNSET;
	default:
		return *(const bool *)const_place(settings, key->has);
	}
}

static size_t value_size(const struct key *key)
{
	static const size_t sizes[] = {
		[KEY_NUMBER] = sizeof(int64_t),
		[KEY_WORD] = sizeof(int),
		[KEY_MAC] = sizeof(struct mac_addr),
		[KEY_GUID] = sizeof(uint64_t),
	};

	return sizes[key->kind];
}

static void copy_value(const struct key *key, struct vf_settings *to, const struct vf_settings *from)
{
	memcpy(place(to, key->value), const_place(from, key->value), value_size(key));
	if (key->kind == KEY_MAC || key->kind == KEY_GUID)
		*(bool *)place(to, key->has) = *(const bool *)const_place(from, key->has);
}

static bool same_value(const struct key *key, const struct vf_settings *a, const struct vf_settings *b)
{
	return !memcmp(const_place(a, key->value), const_place(b, key->value), value_size(key));
}

static int parse_word(const struct key *key, const char *text, int *ret_value)
{
	for (const struct word *word = key->words; word->text; word++)
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

static int parse_value(const struct key *key, const char *text, struct vf_settings *settings)
{
	uint64_t number;
	int ret;

	switch (key->kind) {
	case KEY_NUMBER:
		ret = text_to_u64(text, key->max, &number);
		if (!ret)
			*(int64_t *)place(settings, key->value) = (int64_t)number;
		return ret;
	case KEY_WORD:
		return parse_word(key, text, place(settings, key->value));
	case KEY_MAC:
		ret = text_to_mac(text, place(settings, key->value));
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
	char all[256] = "";

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

static int check_mac(const struct vf_settings *all, size_t count, unsigned int index, const struct vf_settings *wanted,
	struct error *err)
{
	char text[MAC_TEXT_SIZE];

	if (!wanted->has_mac)
		return 0;
	mac_to_text(&wanted->mac, text);
	if (mac_is_zero(&wanted->mac) || mac_is_multicast(&wanted->mac)) {
		fail_code(err, CODE_USAGE, EINVAL, "%s is no address for one station: it is %s", text,
			mac_is_zero(&wanted->mac) ? "zero" : "a group's");
		return fail_hint(err, "a local address has 02 as its first octet: 02:00:00:00:00:01");
	}
	for (size_t i = 0; i < count; i++)
		if (i != index && all[i].has_mac && !memcmp(&all[i].mac, &wanted->mac, sizeof(wanted->mac))) {
			fail_code(err, CODE_USAGE, EADDRINUSE, "VF %zu has the address %s already", i, text);
			return fail_hint(err, "give every VF an address of its own");
		}
	return 0;
}

static int64_t either(int64_t wanted, int64_t current, int64_t otherwise)
{
	if (wanted != VF_UNSET)
		return wanted;
	return current != VF_UNSET ? current : otherwise;
}

/* Rates go to the kernel as a pair, VLAN, priority and protocol as a triple: what is unset keeps its value. */
static void complete(struct vf_settings *wanted, const struct vf_settings *current)
{
	if (wanted->vlan != VF_UNSET || wanted->qos != VF_UNSET || wanted->vlan_proto != VF_UNSET) {
		wanted->vlan = either(wanted->vlan, current->vlan, 0);
		wanted->qos = either(wanted->qos, current->qos, 0);
		wanted->vlan_proto = (int)either(wanted->vlan_proto, current->vlan_proto, VLAN_8021Q);
	}
	if (wanted->min_tx_rate != VF_UNSET || wanted->max_tx_rate != VF_UNSET) {
		wanted->min_tx_rate = either(wanted->min_tx_rate, current->min_tx_rate, 0);
		wanted->max_tx_rate = either(wanted->max_tx_rate, current->max_tx_rate, 0);
	}
}

/* The first setting that did not stick; one that the driver does not report cannot be judged. */
static const struct key *first_difference(const struct vf_settings *wanted, const struct vf_settings *now)
{
	for (size_t i = 0; i < array_size(keys); i++)
		if (is_set(&keys[i], wanted) && is_set(&keys[i], now) && !same_value(&keys[i], wanted, now))
			return &keys[i];
	return NULL;
}

static struct vf_settings *read_list(const struct vf_carrier *carrier, size_t *ret_count, struct error *err)
{
	struct vf_settings *all = calloc(VF_SETTINGS_MAX, sizeof(*all));

	if (!all)
		fail(err, ENOMEM, "read the VFs of %s", carrier->ifname);
	else if (carrier->read_all(carrier, all, VF_SETTINGS_MAX, ret_count, err) < 0) {
		free(all);
		all = NULL;
	}
	return all;
}

static int no_such_vf(const struct vf_carrier *carrier, unsigned int index, size_t count, struct error *err)
{
	fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s has no VF %u: it has %zu", carrier->ifname, index, count);
	if (count)
		return fail_hint(err, "VFs are numbered from 0");
	return fail_hint(err, "`sluice vf create %s COUNT` makes them", carrier->ifname);
}

static int check_taken(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *wanted, struct error *err)
{
	size_t count = 0;
	cleanup_free struct vf_settings *now = read_list(carrier, &count, err);
	const struct key *key;

	if (!now)
		return -(err && err->errnum ? err->errnum : EIO);
	if (index >= count)
		return no_such_vf(carrier, index, count, err);
	key = first_difference(wanted, &now[index]);
	if (!key)
		return 0;
	fail_code(err, CODE_VF_REJECTED, EOPNOTSUPP, "the driver of %s accepted %s for VF %u, and did not do it",
		carrier->ifname, key->name, index);
	return fail_hint(err, "this driver cannot set %s that way; nothing was changed", key->name);
}

static void undo(const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *wanted,
	const struct vf_settings *before, struct error *err)
{
	struct vf_settings back;
	struct error second = { 0 };
	size_t changed = 0;

	vf_settings_init(&back);
	for (size_t i = 0; i < array_size(keys); i++)
		if (is_set(&keys[i], wanted) && is_set(&keys[i], before)) {
			copy_value(&keys[i], &back, before);
			changed++;
		}
	if (!changed)
		return;
	/* A driver that refuses a value mostly refuses its old value as well; what counts is how the VF is now. */
	carrier->write(carrier, index, &back, &second);
	if (check_taken(carrier, index, &back, &second) < 0 && err) {
		err->code = CODE_HALF_DONE;
		fail_hint(err, "what had been set before that could not be undone: %s", second.msg);
	}
}

int vf_settings_apply(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	struct vf_settings wanted = *settings;
	size_t count = 0;
	cleanup_free struct vf_settings *before = read_list(carrier, &count, err);
	int ret;

	if (!before)
		return -(err && err->errnum ? err->errnum : EIO);
	if (index >= count)
		return no_such_vf(carrier, index, count, err);
	ret = check_mac(before, count, index, &wanted, err);
	if (ret < 0)
		return ret;
	complete(&wanted, &before[index]);
	ret = carrier->write(carrier, index, &wanted, err);
	if (!ret)
		ret = check_taken(carrier, index, &wanted, err);
	if (ret < 0)
		undo(carrier, index, &wanted, &before[index], err);
	return ret;
}

/* What differs from was, and can be told: unset settings are no difference. Returns how many. */
static size_t pick_differences(
	const struct vf_settings *was, const struct vf_settings *now, struct vf_settings *ret_diff)
{
	size_t count = 0;

	vf_settings_init(ret_diff);
	for (size_t i = 0; i < array_size(keys); i++)
		if (is_set(&keys[i], was) && is_set(&keys[i], now) && !same_value(&keys[i], was, now)) {
			copy_value(&keys[i], ret_diff, was);
			count++;
		}
	return count;
}

/*
 * The address alone. Zero is how a VF begins, and a driver that does not take zero has no way to forget an address:
 * that is no failure.
 */
static int write_mac_back(
	const struct vf_carrier *carrier, unsigned int index, struct vf_settings *diff, struct error *err)
{
	struct vf_settings mac;
	int ret;

	vf_settings_init(&mac);
	mac.has_mac = true;
	mac.mac = diff->mac;
	ret = carrier->write(carrier, index, &mac, mac_is_zero(&mac.mac) ? NULL : err);
	if (!mac_is_zero(&mac.mac))
		return ret;
	diff->has_mac = false;
	return 0;
}

int vf_settings_put_back(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *was, struct error *err)
{
	size_t count = 0;
	cleanup_free struct vf_settings *now = read_list(carrier, &count, err);
	struct vf_settings diff, others;
	size_t different;
	int ret = 0;

	if (!now)
		return -(err && err->errnum ? err->errnum : EIO);
	if (index >= count)
		return no_such_vf(carrier, index, count, err);
	different = pick_differences(was, &now[index], &diff);
	others = diff;
	others.has_mac = false;
	complete(&others, &now[index]);
	if (different > diff.has_mac)
		ret = carrier->write(carrier, index, &others, err);
	if (ret >= 0 && diff.has_mac)
		ret = write_mac_back(carrier, index, &diff, err);
	if (ret >= 0 && different)
		ret = check_taken(carrier, index, &diff, err);
	return ret < 0 ? ret : different > 0;
}
