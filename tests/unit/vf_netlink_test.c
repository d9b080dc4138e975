// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sriov/vf_netlink.c against this machine's kernel: what the kernel refuses is an error. The loopback device has no
 * VFs, so the kernel refuses every setting of one; that it has a VF is told here, in place of libnl's
 * nlmsg_find_attr().
 */
#include "sriov/vf.h"

#include <errno.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "sriov/sriov.h"
#include "sriov/vf_message.h"
#include "tests/unit/temp_tree.h"

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

static struct nl_msg *vfs; /* a list of VFs, as the kernel's answer for a card with some has it */

struct nlattr *nlmsg_find_attr(struct nlmsghdr *header, int header_size, int type)
{
	(void)header;
	(void)header_size;
	assert_int_equal(type, IFLA_VFINFO_LIST);
	return vfs ? nlmsg_data(nlmsg_hdr(vfs)) : NULL;
}

static int start(void **state)
{
	struct vf_settings settings;

	(void)state;
	vfs = nlmsg_alloc();
	assert_non_null(vfs);
	vf_settings_init(&settings);
	settings.vlan = settings.qos = 0;
	settings.vlan_proto = 0x8100;
	settings.trust = 0;
	assert_int_equal(vf_message_put(vfs, 0, &settings), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nlmsg_free(vfs);
	vfs = NULL;
	return 0;
}

static void what_the_kernel_refuses_is_an_error(void **state)
{
	static const char *const assignments[] = { "trust=on", "vlan=7", "mac=02:00:00:00:00:01" };

	struct host_lock *lock = NULL;
	struct temp_tree tree;

	(void)state;
	temp_tree_init(&tree);
	temp_tree_dir(&tree, "run");
	assert_int_equal(host_lock_take(&tree.root, &lock, NULL), 0);
	for (size_t i = 0; i < sizeof(assignments) / sizeof(assignments[0]); i++) {
		struct vf_settings settings;
		struct error err = { 0 };

		vf_settings_init(&settings);
		assert_int_equal(vf_settings_parse(&settings, assignments[i], &err), 0);
		assert_true(vf_settings_write(lock, "lo", 0, &settings, &err) < 0);
		/* Root gets the driver's answer, everybody else the kernel's. */
		assert_true(err.code == CODE_VF_REJECTED || err.code == CODE_NOT_ROOT);
		assert_int_equal(err.errnum, err.code == CODE_NOT_ROOT ? EPERM : EOPNOTSUPP);
	}
	host_lock_drop(lock);
	temp_tree_done(&tree);
}

static void a_device_without_vfs_has_none(void **state)
{
	struct vf_settings settings[2];
	struct error err = { 0 };
	size_t count = 7;

	(void)state;
	nlmsg_free(vfs);
	vfs = NULL;
	assert_int_equal(vf_settings_read_all("lo", settings, 2, &count, &err), 0);
	assert_int_equal(count, 0);
	assert_int_equal(vf_settings_read("lo", 0, settings, &err), -ENODEV);
	assert_int_equal(err.code, CODE_NO_SUCH_VF);
	assert_int_equal(vf_settings_read_all("nothing-of-that-name", settings, 2, &count, &err), -ENODEV);
	assert_int_equal(err.code, CODE_NO_SUCH_DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_kernel_refuses_is_an_error, start, stop),
		cmocka_unit_test_setup_teardown(a_device_without_vfs_has_none, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
