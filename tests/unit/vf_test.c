// SPDX-License-Identifier: GPL-2.0-or-later
/* sriov/vf.c and vf_message.c: settings parsed, carried, and changed by drivers that obey, refuse, or lie. */
#include "base/cleanup.h"
#include "sriov/vf_message.h"

#include <errno.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parses_keys(void **state)
{
	static const struct {
		const char *text;
		bool good;
		const char *said;
	} cases[] = {
		{ "mac=02:00:00:00:00:01", true, NULL },
		{ "mac=02:00:00:00:00", false, "02:00:00:00:00" },
		{ "vlan=0", true, NULL },
		{ "vlan=4094", true, NULL },
		{ "vlan=4095", false, "4094" },
		{ "vlan=-1", false, "-1" },
		{ "vlan=", false, "vlan" },
		{ "qos=7", true, NULL },
		{ "qos=8", false, "0 to 7" },
		{ "vlan_proto=802.1AD", true, NULL },
		{ "vlan_proto=ipx", false, "802.1q" },
		{ "min_tx_rate=10", true, NULL },
		{ "max_tx_rate=4294967295", true, NULL },
		{ "max_tx_rate=4294967296", false, "Mbit/s" },
		{ "spoofchk=on", true, NULL },
		{ "trust=off", true, NULL },
		{ "query_rss=1", true, NULL },
		{ "query_rss=2", false, "on or off" },
		{ "link_state=disable", true, NULL },
		{ "link_state=down", false, "auto, enable or disable" },
		{ "node_guid=00:11:22:33:44:55:66:77", true, NULL },
		{ "node_guid=00:11:22:33:44:55:66", false, "8 octets" },
		{ "port_guid=0g:11:22:33:44:55:66:77", false, "8 octets" },
		{ "trsut=on", false, "did you mean 'trust'" },
		{ "colour=red", false, "spoofchk" },
		{ "mac", false, "KEY=VALUE" },
		{ "=1", false, "KEY=VALUE" },
		{ "", false, "KEY=VALUE" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct vf_settings settings;
		struct vf_settings unset;
		struct error err = { 0 };
		int ret;

		vf_settings_init(&settings);
		vf_settings_init(&unset);
		ret = vf_settings_parse(&settings, cases[i].text, &err);
		assert_int_equal(ret == 0, cases[i].good);
		if (cases[i].good) {
			assert_memory_not_equal(&settings, &unset, sizeof(settings));
			continue;
		}
		assert_int_equal(err.code, CODE_USAGE);
		assert_true(strstr(err.msg, cases[i].said) || strstr(err.hint, cases[i].said));
	}
}

static struct vf_settings all_settings(void)
{
	static const char *const assignments[] = { "mac=02:00:00:00:00:01", "vlan=100", "qos=3", "vlan_proto=802.1ad",
		"min_tx_rate=10", "max_tx_rate=1000", "spoofchk=off", "trust=on", "query_rss=on", "link_state=disable",
		"node_guid=00:11:22:33:44:55:66:77", "port_guid=00:11:22:33:44:55:66:78" };
	struct vf_settings settings;

	vf_settings_init(&settings);
	for (size_t i = 0; i < array_size(assignments); i++)
		assert_int_equal(vf_settings_parse(&settings, assignments[i], NULL), 0);
	return settings;
}

/* What is put into a message is what is read from one. */
static void carries_all_settings(void **state)
{
	const struct vf_settings all = all_settings();
	struct vf_settings back[2];
	struct nl_msg *message = nlmsg_alloc_simple(RTM_SETLINK, 0);
	struct nlattr *list;

	(void)state;
	assert_int_equal(vf_message_put(message, 0, &all), 0);
	list = nlmsg_find_attr(nlmsg_hdr(message), 0, IFLA_VFINFO_LIST);
	assert_non_null(list);
	assert_int_equal(vf_message_parse(list, back, 2), 1);
	assert_memory_equal(&back[0].mac, &all.mac, sizeof(all.mac));
	assert_int_equal(back[0].vlan, 100);
	assert_int_equal(back[0].qos, 3);
	assert_int_equal(back[0].vlan_proto, 0x88a8);
	assert_int_equal(back[0].min_tx_rate, 10);
	assert_int_equal(back[0].max_tx_rate, 1000);
	assert_int_equal(back[0].spoofchk, 0);
	assert_int_equal(back[0].trust, 1);
	assert_int_equal(back[0].query_rss, 1);
	assert_int_equal(back[0].link_state, VF_LINK_DISABLE);
	assert_int_equal(back[0].node_guid, 0x0011223344556677ull);
	assert_int_equal(back[0].port_guid, 0x0011223344556678ull);
	assert_false(back[0].has_stats);
	nlmsg_free(message);
}

static void carries_nothing_that_is_unset(void **state)
{
	struct vf_settings none;
	struct nl_msg *message = nlmsg_alloc_simple(RTM_SETLINK, 0);

	(void)state;
	vf_settings_init(&none);
	assert_int_equal(vf_message_put(message, 5, &none), 0);
	/* libnl leaves empty nests out. */
	assert_null(nlmsg_find_attr(nlmsg_hdr(message), 0, IFLA_VFINFO_LIST));
	nlmsg_free(message);
}

/* All ones is how a driver says that it does not know; attributes that are too short are no answer either. */
static void unknown_is_unset(void **state)
{
	const struct ifla_vf_spoofchk unknown = { 0, 0xffffffff };
	const uint32_t cut = 0;
	struct vf_settings settings;
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct nlattr *list = nla_nest_start(message, IFLA_VFINFO_LIST);
	struct nlattr *entry = nla_nest_start(message, IFLA_VF_INFO);

	(void)state;
	nla_put(message, IFLA_VF_SPOOFCHK, sizeof(unknown), &unknown);
	nla_put(message, IFLA_VF_TRUST, sizeof(cut), &cut);
	nla_put(message, IFLA_VF_MAC, sizeof(cut), &cut);
	nla_nest_end(message, entry);
	nla_nest_end(message, list);
	assert_int_equal(vf_message_parse(list, &settings, 1), 1);
	assert_int_equal(settings.spoofchk, VF_UNSET);
	assert_int_equal(settings.trust, VF_UNSET);
	assert_false(settings.has_mac);
	assert_int_equal(settings.vlan, VF_UNSET);
	assert_int_equal(vf_message_parse(list, &settings, 0), 0);
	nlmsg_free(message);
}

/* A driver: the VFs it has, and how it misbehaves. */
struct fake_driver {
	struct vf_settings vf[2];
	bool ignores_trust;    /* says yes, does nothing */
	bool refuses_rate;     /* after having set what comes before it */
	bool refuses_all_next; /* from the first refusal on */
	bool keeps_address;    /* does not take zero for an address */
	unsigned int writes;
};

static int driver_read(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max,
	size_t *ret_count, struct error *err)
{
	const struct fake_driver *driver = carrier->context;

	(void)err;
	assert_true(max >= 2);
	memcpy(ret_settings, driver->vf, sizeof(driver->vf));
	*ret_count = 2;
	return 0;
}

static int driver_write(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	struct fake_driver *driver = carrier->context;
	struct vf_settings *vf = &driver->vf[index];

	if (driver->refuses_all_next && driver->writes++)
		return fail_code(err, CODE_VF_REJECTED, EIO, "dead");
	driver->writes += !driver->refuses_all_next;
	if (settings->has_mac && driver->keeps_address && mac_is_zero(&settings->mac))
		return fail_code(err, CODE_VF_REJECTED, EINVAL, "no address");
	if (settings->has_mac)
		vf->mac = settings->mac;
	if (settings->vlan != VF_UNSET) {
		vf->vlan = settings->vlan;
		vf->qos = settings->qos;
		vf->vlan_proto = settings->vlan_proto;
	}
	if (settings->max_tx_rate != VF_UNSET) {
		if (driver->refuses_rate && settings->max_tx_rate)
			return fail_code(err, CODE_VF_REJECTED, EINVAL, "no rates here");
		vf->min_tx_rate = settings->min_tx_rate;
		vf->max_tx_rate = settings->max_tx_rate;
	}
	if (settings->trust != VF_UNSET && !driver->ignores_trust)
		vf->trust = settings->trust;
	return 0;
}

static struct fake_driver new_driver(void)
{
	struct fake_driver driver = { 0 };

	for (int i = 0; i < 2; i++) {
		vf_settings_init(&driver.vf[i]);
		driver.vf[i].has_mac = true;
		driver.vf[i].mac = (struct mac_addr){ { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
		driver.vf[i].vlan = 7;
		driver.vf[i].qos = 2;
		driver.vf[i].vlan_proto = 0x8100;
		driver.vf[i].min_tx_rate = 5;
		driver.vf[i].max_tx_rate = 0;
		driver.vf[i].trust = 0;
	}
	return driver;
}

static int apply(struct fake_driver *driver, unsigned int index, const char *one, const char *other, struct error *err)
{
	const struct vf_carrier carrier = { driver_read, driver_write, "eth0", driver, NULL };
	struct vf_settings settings;

	vf_settings_init(&settings);
	assert_int_equal(vf_settings_parse(&settings, one, NULL), 0);
	if (other)
		assert_int_equal(vf_settings_parse(&settings, other, NULL), 0);
	return vf_settings_apply(&carrier, index, &settings, err);
}

static void keeps_the_halves_that_are_not_set(void **state)
{
	struct fake_driver driver = new_driver();

	(void)state;
	assert_int_equal(apply(&driver, 0, "vlan=100", "max_tx_rate=50", NULL), 0);
	assert_int_equal(driver.vf[0].vlan, 100);
	assert_int_equal(driver.vf[0].qos, 2);
	assert_int_equal(driver.vf[0].min_tx_rate, 5);
	assert_int_equal(driver.vf[0].max_tx_rate, 50);
	assert_int_equal(driver.vf[1].vlan, 7);
	/* A VF whose priority alone is changed stays in its VLAN. */
	assert_int_equal(apply(&driver, 0, "qos=5", "min_tx_rate=6", NULL), 0);
	assert_int_equal(driver.vf[0].vlan, 100);
	assert_int_equal(driver.vf[0].qos, 5);
	assert_int_equal(driver.vf[0].vlan_proto, 0x8100);
	assert_int_equal(driver.vf[0].min_tx_rate, 6);
	assert_int_equal(driver.vf[0].max_tx_rate, 50);
}

static void what_was_refused_is_undone(void **state)
{
	struct fake_driver driver = new_driver();
	const struct vf_settings before = driver.vf[0];
	struct error err = { 0 };

	(void)state;
	driver.refuses_rate = true;
	assert_true(apply(&driver, 0, "vlan=100", "max_tx_rate=50", &err) < 0);
	assert_int_equal(err.code, CODE_VF_REJECTED);
	assert_memory_equal(&driver.vf[0], &before, sizeof(before));
}

static void what_was_ignored_is_noticed(void **state)
{
	struct fake_driver driver = new_driver();
	const struct vf_settings before = driver.vf[1];
	struct error err = { 0 };

	(void)state;
	driver.ignores_trust = true;
	assert_true(apply(&driver, 1, "trust=on", "mac=02:00:00:00:00:09", &err) < 0);
	assert_int_equal(err.code, CODE_VF_REJECTED);
	assert_non_null(strstr(err.msg, "trust"));
	assert_memory_equal(&driver.vf[1], &before, sizeof(before));
}

static void a_failed_undo_is_half_done(void **state)
{
	struct fake_driver driver = new_driver();
	struct error err = { 0 };

	(void)state;
	driver.refuses_rate = true;
	driver.refuses_all_next = true;
	assert_true(apply(&driver, 0, "vlan=100", "max_tx_rate=50", &err) < 0);
	assert_int_equal(err.code, CODE_HALF_DONE);
	assert_int_equal(driver.vf[0].vlan, 100);
}

static void refuses_bad_addresses_and_numbers(void **state)
{
	static const struct {
		unsigned int index;
		const char *assignment;
		enum code code;
	} cases[] = {
		{ 0, "mac=00:00:00:00:00:00", CODE_USAGE },
		{ 0, "mac=01:00:5e:00:00:01", CODE_USAGE },
		{ 0, "mac=ff:ff:ff:ff:ff:ff", CODE_USAGE },
		{ 0, "mac=02:00:00:00:00:02", CODE_USAGE }, /* the other VF's */
		{ 2, "trust=on", CODE_NO_SUCH_VF },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct fake_driver driver = new_driver();
		struct error err = { 0 };

		assert_true(apply(&driver, cases[i].index, cases[i].assignment, NULL, &err) < 0);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(driver.writes, 0);
	}
}

static void its_own_address_is_no_duplicate(void **state)
{
	struct fake_driver driver = new_driver();

	(void)state;
	assert_int_equal(apply(&driver, 1, "mac=02:00:00:00:00:02", NULL, NULL), 0);
}

/* What differs is put back, and what does not is not touched; nothing is written for a VF that is as it was. */
static void what_was_changed_is_put_back(void **state)
{
	struct fake_driver driver = new_driver();
	const struct vf_carrier carrier = { driver_read, driver_write, "eth0", &driver, NULL };
	struct vf_settings was = driver.vf[1];
	struct error err = { 0 };

	(void)state;
	assert_int_equal(vf_settings_put_back(&carrier, 1, &was, &err), 0);
	assert_int_equal(driver.writes, 0);
	was.link_state = VF_LINK_AUTO; /* the driver tells it no more */
	driver.vf[1].mac.octet[5] = 0x77;
	driver.vf[1].vlan = 100;
	driver.vf[1].trust = 1;
	assert_int_equal(vf_settings_put_back(&carrier, 1, &was, &err), 1);
	was.link_state = VF_UNSET;
	assert_memory_equal(&driver.vf[1], &was, sizeof(was));
	assert_int_equal(driver.writes, 2);
	assert_int_equal(vf_settings_put_back(&carrier, 2, &was, &err), -ENODEV);
	assert_int_equal(err.code, CODE_NO_SUCH_VF);
}

/* An address that is zero is put back as well; a driver that cannot forget one is no failure, others are. */
static void an_address_is_forgotten(void **state)
{
	struct fake_driver driver = new_driver();
	const struct vf_carrier carrier = { driver_read, driver_write, "eth0", &driver, NULL };
	struct vf_settings was = driver.vf[0];
	struct error err = { 0 };

	(void)state;
	was.mac = (struct mac_addr){ { 0 } };
	assert_int_equal(vf_settings_put_back(&carrier, 0, &was, &err), 1);
	assert_true(mac_is_zero(&driver.vf[0].mac));
	driver = new_driver();
	driver.keeps_address = true;
	assert_int_equal(vf_settings_put_back(&carrier, 0, &was, &err), 1);
	assert_int_equal(driver.vf[0].mac.octet[5], 1);
	driver.ignores_trust = true;
	driver.vf[0].trust = 1;
	assert_true(vf_settings_put_back(&carrier, 0, &was, &err) < 0);
	assert_int_equal(err.code, CODE_VF_REJECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_keys),
		cmocka_unit_test(carries_all_settings),
		cmocka_unit_test(carries_nothing_that_is_unset),
		cmocka_unit_test(unknown_is_unset),
		cmocka_unit_test(keeps_the_halves_that_are_not_set),
		cmocka_unit_test(what_was_refused_is_undone),
		cmocka_unit_test(what_was_ignored_is_noticed),
		cmocka_unit_test(a_failed_undo_is_half_done),
		cmocka_unit_test(refuses_bad_addresses_and_numbers),
		cmocka_unit_test(its_own_address_is_no_duplicate),
		cmocka_unit_test(what_was_changed_is_put_back),
		cmocka_unit_test(an_address_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
