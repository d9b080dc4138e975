// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two command lines at once, as two processes on one host: whoever waited for the lock judges the host as it is then,
 * and so refuses what the other has taken meanwhile; and many at once leave no state that is half of one and half of
 * another.
 */
#include "assign/request.h"
#include "tests/unit/fake_sysfs.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/start.h"

#define PF "0000:01:00.0"
#define VF "0000:01:10.0"

enum {
	WAITS_MS = 150, /* it has long reached the lock by then, and would have read the host before it */
	CROWD = 6,
	TURNS = 8,
};

static const struct pci_addr vf_addr = { .bus = 1, .device = 0x10 };
static char *vf_name[] = { VF };

static int set_up(void **state)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device card = { PF, 0x8086, 0x10c9, 0x118000, "igb", 6, 7 };

	fake_pci(fake, &card);
	fake_child(fake, PF, "net", "eth0");
	fake_driver(fake, "vfio-pci");
	fake_dir(fake, "run");
	fake_file(fake, "", "dev/kvm");
	fake_file(fake, "", "kernel");
	fake_file(fake, "devices\n", "sys/kernel/iommu_groups/20/type");
	assert_int_equal(sysroot_write_text(&fake->root, "2", "sys/bus/pci/devices/" PF "/sriov_numvfs"), 0);
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	fake_sysfs_free(*state);
	return 0;
}

/* The second command line: what it does, in a process of its own. */
typedef int (*command_fn)(struct fake_sysfs *fake, struct error *err);

static int bind_other(struct fake_sysfs *fake, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	int ret;

	ret = request_bind(&fake->root, vf_name, 1, &(struct request_bind){ .driver = "other" }, &done, err);
	request_done_free(&done);
	return ret;
}

static int bind_vfio(struct fake_sysfs *fake, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	int ret;

	ret = request_bind(&fake->root, vf_name, 1, &(struct request_bind){ .driver = "vfio-pci" }, &done, err);
	request_done_free(&done);
	return ret;
}

static int release(struct fake_sysfs *fake, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	int ret;

	ret = request_release(&fake->root, vf_name, 1, &done, err);
	request_done_free(&done);
	return ret;
}

static int destroy(struct fake_sysfs *fake, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	int ret;

	ret = request_vf_destroy(&fake->root, PF, &done, err);
	request_done_free(&done);
	return ret;
}

static int set_mac(struct fake_sysfs *fake, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	struct vf_settings settings;
	const struct request_vf_set set = { .vf = (char *[]){ PF "/0" }, .vf_count = 1, .settings = &settings };
	int ret;

	vf_settings_init(&settings);
	assert_int_equal(vf_settings_parse(&settings, "mac=02:00:00:00:00:01", err), 0);
	ret = request_vf_set(&fake->root, &set, &done, err);
	request_done_free(&done);
	return ret;
}

static int run(struct fake_sysfs *fake, struct error *err)
{
	char kernel[128];
	struct guest_spec spec = {
		.name = "second",
		.kernel = kernel,
		.cmdline = "",
		.memory_bytes = 64 << 20,
		.page_bytes = 4096,
		.cpus = 1,
		.console_socket = true,
		.device_name = { VF },
		.device_count = 1,
		.no_reset_name = { VF },
		.no_reset_ok_count = 1,
		.unsafe_interrupts_ok = true,
	};
	struct guest_run guest;

	snprintf(kernel, sizeof(kernel), "%s/kernel", fake->dir);
	return guest_start(&guest, &fake->root, &spec, err);
}

static int forget(struct fake_sysfs *fake, struct error *err)
{
	struct request_done done = REQUEST_NOTHING_DONE;
	int ret;

	ret = request_forget(&fake->root, vf_name, 1, &done, err);
	request_done_free(&done);
	return ret;
}

/* What the second process says at its end. */
struct outcome {
	int ret;
	struct error err;
};

struct second {
	pid_t pid;
	int go, told;
};

/* Made before the first process takes the lock, since a fork would share it. */
static struct second second_make(struct fake_sysfs *fake, command_fn command)
{
	int go[2], told[2];
	struct second second;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(told), 0);
	second = (struct second){ .pid = fork(), .go = go[1], .told = told[0] };
	if (!second.pid) {
		struct outcome outcome = { 0 };
		char byte;

		close(go[1]);
		if (read(go[0], &byte, 1) == 1)
			outcome.ret = command(fake, &outcome.err);
		_exit(write(told[1], &outcome, sizeof(outcome)) != sizeof(outcome));
	}
	close(go[0]);
	close(told[1]);
	return second;
}

/* It starts, and stands before the lock: nothing is heard of it. */
static void second_start(struct second *second)
{
	struct pollfd told = { .fd = second->told, .events = POLLIN };

	assert_int_equal(write(second->go, "", 1), 1);
	assert_int_equal(poll(&told, 1, WAITS_MS), 0);
}

static struct outcome second_end(struct second *second)
{
	struct outcome outcome;

	assert_int_equal(read(second->told, &outcome, sizeof(outcome)), sizeof(outcome));
	assert_int_equal(waitpid(second->pid, NULL, 0), second->pid);
	close(second->go);
	close(second->told);
	return outcome;
}

/* A guest takes the VF while the second command line waits for the lock. */
static struct outcome while_a_guest_takes_it(struct fake_sysfs *fake, command_fn command, struct guest_dir *dir)
{
	const struct assign_wish wish = {
		.addr = &vf_addr, .count = 1, .driver = "vfio-pci", .guest = "web1", .uid = -1
	};
	struct second second = second_make(fake, command);
	struct change *change = NULL;
	struct error err;

	assert_int_equal(change_begin(&fake->root, &change, &err), 0);
	second_start(&second);
	assert_int_equal(guest_dir_create(change_lock(change), "web1", dir, &err), 0);
	assert_int_equal(assign_take_all(change, &wish, &err), 0);
	change_end(change, NULL);
	return second_end(&second);
}

static void whoever_waited_sees_the_guest(void **state)
{
	static const struct {
		const char *name;
		command_fn command;
	} cases[] = {
		{ "bind --driver other", bind_other },
		{ "bind", bind_vfio },
		{ "release", release },
		{ "release --forget", forget },
		{ "vf destroy", destroy },
		{ "vf set", set_mac },
		{ "run", run },
	};

	for (size_t i = 0; i < array_size(cases); i++) {
		struct guest_dir dir = { .dir_fd = -1, .lock_fd = -1 };
		struct fake_sysfs *fake;
		struct outcome outcome;
		struct lease lease;
		char driver[64];

		set_up(state);
		fake = *state;
		fake_driver(fake, "other");
		outcome = while_a_guest_takes_it(fake, cases[i].command, &dir);
		if (outcome.ret >= 0 || outcome.err.code != CODE_DEV_IN_USE ||
			!strstr(outcome.err.msg, "running guest 'web1'"))
			fail_msg("%s: %d '%s'", cases[i].name, outcome.ret, outcome.err.msg);
		assert_int_equal(lease_read(&fake->root, vf_addr, &lease, NULL), 1);
		assert_string_equal(lease.guest, "web1");
		assert_string_equal(fake_driver_of(fake, VF, driver), "vfio-pci");
		close_fd(&dir.lock_fd);
		close_fd(&dir.dir_fd);
		tear_down(state);
	}
}

/* A VF that was bound and went with the card's others: the next at its address is another one, and nobody's. */
static void leases_go_with_their_vfs(void **state)
{
	struct fake_sysfs *fake;
	struct error err = { 0 };
	struct lease lease;

	set_up(state);
	fake = *state;
	assert_int_equal(bind_vfio(fake, &err), 0);
	assert_int_equal(lease_read(&fake->root, vf_addr, &lease, NULL), 1);
	assert_int_equal(destroy(fake, &err), 0);
	assert_int_equal(lease_read(&fake->root, vf_addr, &lease, NULL), 0);
	tear_down(state);
}

/* The other way round: the VFs are gone when the second one's turn comes. */
static void whoever_waited_misses_what_is_gone(void **state)
{
	static const command_fn commands[] = { bind_vfio, release, set_mac, run };

	for (size_t i = 0; i < array_size(commands); i++) {
		struct change *change = NULL;
		struct fake_sysfs *fake;
		struct second second;
		struct outcome outcome;

		set_up(state);
		fake = *state;
		second = second_make(fake, commands[i]);
		assert_int_equal(change_begin(&fake->root, &change, NULL), 0);
		second_start(&second);
		assert_int_equal(
			pf_destroy_vfs(change_lock(change), &(struct pci_device){ .addr = { .bus = 1 } }, NULL), 0);
		change_end(change, NULL);
		outcome = second_end(&second);
		assert_true(outcome.ret < 0);
		assert_int_equal(code_info(outcome.err.code)->status, STATUS_NO_SUCH);
		assert_false(sysroot_exists(&fake->root, "run/sluice/devices/" VF));
		tear_down(state);
	}
}

/* Many at once, binding and releasing: at the end a release brings back what was there in the beginning. */
static int bind_and_release(struct fake_sysfs *fake, struct error *err)
{
	for (int i = 0; i < TURNS; i++) {
		struct binding now;
		struct lease lease;
		int leases;

		fake->log_count = 0;
		if (bind_vfio(fake, err) < 0 || release(fake, err) < 0)
			return -1;
		/* Inside the lock, vfio-pci without a lease, or a lease without it, is what another left half done. */
		fake_lock(fake);
		leases = lease_read(&fake->root, vf_addr, &lease, err);
		if (binding_read(&fake->root, vf_addr, &now, err) < 0 || leases != !strcmp(now.driver, "vfio-pci"))
			return fail_code(err, CODE_FAILED, EPROTO, "%d leases, driver '%s'", leases, now.driver);
		fake_unlock(fake);
	}
	return 0;
}

static void a_crowd_leaves_nothing_half_done(void **state)
{
	struct fake_sysfs *fake = *state;
	struct second crowd[CROWD];
	char driver[64];

	for (size_t i = 0; i < CROWD; i++)
		crowd[i] = second_make(fake, bind_and_release);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(write(crowd[i].go, "", 1), 1);
	for (size_t i = 0; i < CROWD; i++) {
		struct outcome outcome = second_end(&crowd[i]);

		if (outcome.ret < 0)
			fail_msg("one of the crowd: %s", outcome.err.msg);
	}
	assert_false(sysroot_exists(&fake->root, "run/sluice/devices/" VF));
	assert_string_equal(fake_driver_of(fake, VF, driver), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_waited_sees_the_guest),
		cmocka_unit_test(leases_go_with_their_vfs),
		cmocka_unit_test(whoever_waited_misses_what_is_gone),
		TEST(a_crowd_leaves_nothing_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
