// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing the settings of a VF so that either all hold or nothing has changed. What settings there are: vf_key.c.
 *
 * The kernel applies the parts of one request one after the other and stops at the first that the driver refuses; some
 * drivers accept what they then ignore. So the VF is read before (for the halves that go together, and for undoing) and
 * after.
 */
#include "sriov/vf.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sriov/vf_key.h"

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
		wanted->vlan_proto = (int)either(wanted->vlan_proto, current->vlan_proto, ETH_P_8021Q);
	}
	if (wanted->min_tx_rate != VF_UNSET || wanted->max_tx_rate != VF_UNSET) {
		wanted->min_tx_rate = either(wanted->min_tx_rate, current->min_tx_rate, 0);
		wanted->max_tx_rate = either(wanted->max_tx_rate, current->max_tx_rate, 0);
	}
}

/* The first setting that did not stick; one that the driver does not report cannot be judged. */
static const struct vf_key *first_difference(const struct vf_settings *wanted, const struct vf_settings *now)
{
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, wanted) && vf_key_is_set(key, now) && !vf_key_is_same(key, wanted, now))
			return key;
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
	const struct vf_key *key;

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
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, wanted) && vf_key_is_set(key, before)) {
			vf_key_copy(key, &back, before);
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
	for (const struct vf_key *key = NULL; (key = vf_key_next(key));)
		if (vf_key_is_set(key, was) && vf_key_is_set(key, now) && !vf_key_is_same(key, was, now)) {
			vf_key_copy(key, ret_diff, was);
			count++;
		}
	return count;
}

/*
 * The address alone. Zero is how a VF begins, and a driver that does not take zero has no way to forget an address:
 * that is no failure. One that fails otherwise leaves the address to the next tenant, which is.
 */
static int write_mac_back(
	const struct vf_carrier *carrier, unsigned int index, struct vf_settings *diff, struct error *err)
{
	struct vf_settings mac;
	int ret;

	vf_settings_init(&mac);
	mac.has_mac = true;
	mac.mac = diff->mac;
	ret = carrier->write(carrier, index, &mac, err);
	if (ret >= 0 || !mac_is_zero(&mac.mac) || (ret != -EINVAL && ret != -EOPNOTSUPP && ret != -EADDRNOTAVAIL))
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
