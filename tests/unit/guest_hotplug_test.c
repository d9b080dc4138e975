// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest/hotplug.c and guest/attach.c, with this test in sluice-vmm's place: requests, deadlines, and what is not
 * believed of a sluice-vmm that its guest has taken over. A device that leaves has its driver and no lease.
 */
#include "guest/hotplug.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* cmocka's hides ours */

#include "assign/assign.h"
#include "base/cleanup.h"
#include "guest/drain.h"
#include "tests/unit/fake_sysfs.h"

#define PF "0000:01:00.0"
#define VF0 "0000:01:10.0"
#define VF1 "0000:01:10.1"

struct bed {
	struct fake_sysfs *fake;
	char kernel[128];
	struct guest_run run;
	struct guest_hotplug hotplug;
	int vmm; /* the other end of run.socket */
	int client;
	bool is_done; /* for a thread in the guest's place */
};

static const struct pci_addr vf[] = { { .bus = 1, .device = 0x10 }, { .bus = 1, .device = 0x10, .function = 1 } };

static struct fake_sysfs *new_host(void)
{
	struct fake_sysfs *fake = fake_sysfs_new(false);
	const struct fake_device card = { PF, 0x8086, 0x10c9, 0x118000, "igb", 6, 7 };

	fake_pci(fake, &card);
	fake_driver(fake, "vfio-pci");
	fake_dir(fake, "run");
	fake_file(fake, "", "dev/kvm");
	fake_file(fake, "", "kernel");
	fake_file(fake, "#!/bin/sh\nexec sleep 60\n", "program");
	assert_int_equal(sysroot_write_text(&fake->root, "2", "sys/bus/pci/devices/" PF "/sriov_numvfs"), 0);
	return fake;
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct guest_spec spec = {
		.name = "web1", .cmdline = "", .memory_bytes = 64 << 20, .page_bytes = 4096, .cpus = 1
	};
	char program[128];
	struct error err;
	int pair[2];

	*state = bed;
	bed->fake = new_host();
	snprintf(bed->kernel, sizeof(bed->kernel), "%s/kernel", bed->fake->dir);
	snprintf(program, sizeof(program), "%s/program", bed->fake->dir);
	assert_int_equal(chmod(program, 0755), 0);
	setenv("SLUICE_VMM", program, 1);
	spec.kernel = bed->kernel;
	spec.console_socket = true;
	spec.free_ports = 1;
	assert_int_equal(guest_start(&bed->run, &bed->fake->root, &spec, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	close_fd(&bed->run.socket);
	bed->run.socket = pair[0];
	bed->vmm = pair[1];
	bed->client = -1;
	assert_int_equal(hotplug_open(&bed->hotplug, &bed->run, &err), 0);
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;
	struct error err;

	hotplug_close(&bed->hotplug);
	kill(bed->run.vmm, SIGKILL);
	close_fd(&bed->vmm);
	close_fd(&bed->client);
	assert_int_equal(guest_finish(&bed->run, &err), 0);
	unsetenv("SLUICE_VMM");
	fake_sysfs_free(bed->fake);
	free(bed);
	return 0;
}

static void take(struct bed *bed, const char *guest, const struct pci_addr *addr, size_t count)
{
	const struct assign_wish wish = {
		.addr = addr, .count = count, .driver = "vfio-pci", .guest = guest, .uid = -1
	};
	struct change *change;

	assert_int_equal(change_begin(&bed->fake->root, &change, NULL), 0);
	assert_int_equal(assign_take_all(change, &wish, NULL), 0);
	change_end(change, NULL);
}

/* The guest has the first `count` VFs, as if it had been started with them. */
static void have_devices(struct bed *bed, size_t count)
{
	take(bed, "web1", vf, count);
	memcpy(bed->run.own_spec.device, vf, sizeof(vf));
	memcpy(bed->run.info.device, vf, sizeof(vf));
	bed->run.own_spec.device_count = bed->run.info.device_count = count;
	bed->run.taken = true;
}

static void turn(struct bed *bed)
{
	struct pollfd polled[HOTPLUG_POLL_COUNT];

	hotplug_poll(&bed->hotplug, polled);
	if (poll(polled, HOTPLUG_POLL_COUNT, 0) > 0)
		hotplug_ready(&bed->hotplug, polled);
}

static void request(struct bed *bed, enum attach_op op, const char *device)
{
	struct attach_request request = { .version = LAUNCH_VERSION, .op = op, .timeout_ms = 60000, .device_count = 1 };

	strcpy(request.device[0].name, device);
	assert_int_equal(guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
	assert_int_equal(send(bed->client, &request, sizeof(request), 0), sizeof(request));
	turn(bed);
	turn(bed);
}

static struct attach_answer answer(struct bed *bed)
{
	struct attach_answer answer = { .error.errnum = -1 };

	assert_int_equal(recv(bed->client, &answer, sizeof(answer), MSG_DONTWAIT), sizeof(answer));
	close_fd(&bed->client);
	return answer;
}

static void expect_no_answer(const struct bed *bed)
{
	struct attach_answer answer;

	assert_int_equal(recv(bed->client, &answer, sizeof(answer), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* What sluice-vmm hears next. */
static void expect_unplug(struct bed *bed, const char *address, uint32_t flags)
{
	struct pollfd polled = { .fd = bed->vmm, .events = POLLIN };
	struct launch_message message;

	assert_int_equal(poll(&polled, 1, 0), 1);
	assert_int_equal(launch_receive(bed->vmm, &message, NULL), 1);
	assert_int_equal(message.type, LAUNCH_UNPLUG);
	assert_string_equal(message.hotplug.address, address);
	assert_int_equal(message.hotplug.flags, flags);
}

static void expect_silence(const struct bed *bed)
{
	struct pollfd polled = { .fd = bed->vmm, .events = POLLIN };

	assert_int_equal(poll(&polled, 1, 0), 0);
}

/* What sluice-vmm says. */
static void say(struct bed *bed, enum guest_event event, const char *address)
{
	bed->run.hotplug = (struct launch_hotplug){ 0 };
	strcpy(bed->run.hotplug.address, address);
	hotplug_event(&bed->hotplug, event);
}

static bool is_with_vfio(const struct bed *bed, const char *address)
{
	char driver[32] = "";

	sysroot_read_link_name(&bed->fake->root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver", address);
	return !strcmp(driver, "vfio-pci");
}

static bool has_lease(const struct bed *bed, const char *address)
{
	return sysroot_exists(&bed->fake->root, "run/sluice/devices/%s", address);
}

static void expect_back(const struct bed *bed, const char *address)
{
	assert_false(has_lease(bed, address));
	assert_false(is_with_vfio(bed, address));
}

static size_t devices_in_file(const struct bed *bed)
{
	struct guest_info info;

	assert_int_equal(guest_read(&bed->fake->root, "web1", &info, NULL), 0);
	return info.device_count;
}

static void a_guest_lets_go(void **state)
{
	struct bed *bed = *state;
	struct attach_answer told;

	have_devices(bed, 2);
	assert_true(is_with_vfio(bed, VF0));
	request(bed, ATTACH_TAKE_BACK, VF0);
	expect_unplug(bed, VF0, 0);
	expect_no_answer(bed);
	say(bed, GUEST_EVENT_UNPLUGGED, VF0);
	told = answer(bed);
	assert_int_equal(told.error.errnum, 0);
	assert_string_equal(told.device[0].address, VF0);
	assert_false(told.pulled);
	expect_back(bed, VF0);
	assert_true(has_lease(bed, VF1));
	assert_int_equal(devices_in_file(bed), 1);
}

/* Who gives a device again says what was accepted of it, and leaves with it. */
static void what_was_accepted_goes_with_the_device(void **state)
{
	struct bed *bed = *state;
	struct guest_spec *spec = &bed->run.own_spec;
	struct attach_answer told;

	have_devices(bed, 2);
	spec->no_reset_ok[0] = spec->bypass_ok[0] = vf[1];
	spec->no_reset_ok[1] = vf[0];
	spec->no_reset_ok_count = 2;
	spec->bypass_ok_count = 1;
	request(bed, ATTACH_COULD_RETURN, VF1);
	told = answer(bed);
	assert_int_equal(told.error.errnum, 0);
	assert_true(told.accepted.no_reset && told.accepted.bypass && !told.accepted.unclean);
	request(bed, ATTACH_COULD_RETURN, VF0);
	told = answer(bed);
	assert_true(told.accepted.no_reset && !told.accepted.bypass);
	request(bed, ATTACH_TAKE_BACK, VF1);
	expect_unplug(bed, VF1, 0);
	say(bed, GUEST_EVENT_UNPLUGGED, VF1);
	assert_int_equal(answer(bed).error.errnum, 0);
	assert_int_equal(spec->no_reset_ok_count, 1);
	assert_true(guest_accepts_no_reset(spec, vf[0]));
	assert_int_equal(spec->bypass_ok_count, 0);
}

static void one_that_does_not_is_pulled(void **state)
{
	struct bed *bed = *state;

	have_devices(bed, 1);
	request(bed, ATTACH_TAKE_BACK, VF0);
	expect_unplug(bed, VF0, 0);
	assert_true(hotplug_deadline_ms(&bed->hotplug) > 0);
	hotplug_expired(&bed->hotplug);
	expect_unplug(bed, VF0, LAUNCH_PULL);
	expect_no_answer(bed);
	say(bed, GUEST_EVENT_UNPLUGGED, VF0);
	assert_true(answer(bed).pulled);
	expect_back(bed, VF0);
	assert_int_equal(hotplug_deadline_ms(&bed->hotplug), 0);
}

static void a_sluice_vmm_that_does_not_answer(void **state)
{
	struct bed *bed = *state;

	have_devices(bed, 1);
	request(bed, ATTACH_TAKE_BACK, VF0);
	hotplug_expired(&bed->hotplug);
	hotplug_expired(&bed->hotplug);
	assert_int_equal(answer(bed).error.code, CODE_GUEST_DEAF);
	/* It still is the guest's. */
	assert_true(has_lease(bed, VF0));
	assert_int_equal(bed->run.own_spec.device_count, 1);
}

static void the_other_functions_come_along(void **state)
{
	struct bed *bed = *state;

	have_devices(bed, 2);
	request(bed, ATTACH_TAKE_BACK, VF0);
	say(bed, GUEST_EVENT_UNPLUGGED, VF1);
	expect_no_answer(bed);
	expect_back(bed, VF1);
	say(bed, GUEST_EVENT_UNPLUGGED, VF0);
	assert_int_equal(answer(bed).error.errnum, 0);
	assert_int_equal(bed->run.own_spec.device_count, 0);
}

static void what_the_host_wants_waits_for_its_turn(void **state)
{
	struct bed *bed = *state;

	have_devices(bed, 2);
	request(bed, ATTACH_TAKE_BACK, VF0);
	expect_unplug(bed, VF0, 0);
	say(bed, GUEST_EVENT_WANTED, VF1);
	expect_silence(bed);
	say(bed, GUEST_EVENT_UNPLUGGED, VF0);
	expect_unplug(bed, VF1, 0);
	assert_int_equal(answer(bed).error.errnum, 0);
	say(bed, GUEST_EVENT_UNPLUGGED, VF1);
	expect_back(bed, VF1);
	expect_silence(bed);
}

/* Nor does one that connects and says nothing keep a device from its host. */
static void a_silent_client_holds_nobody_up(void **state)
{
	struct bed *bed = *state;

	have_devices(bed, 1);
	assert_int_equal(guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
	turn(bed);
	say(bed, GUEST_EVENT_WANTED, VF0);
	expect_silence(bed);
	assert_true(hotplug_deadline_ms(&bed->hotplug) > 0);
	hotplug_expired(&bed->hotplug);
	expect_unplug(bed, VF0, 0);
	say(bed, GUEST_EVENT_UNPLUGGED, VF0);
	expect_back(bed, VF0);
}

static void what_is_not_believed(void **state)
{
	static const char *const addresses[] = { PF, VF1, "0000:7f:1f.7", "nonsense", "" };
	static const enum guest_event events[] = { GUEST_EVENT_PLUGGED, GUEST_EVENT_UNPLUGGED, GUEST_EVENT_WANTED };
	struct bed *bed = *state;

	have_devices(bed, 1);
	take(bed, "web2", &vf[1], 1);
	for (size_t i = 0; i < array_size(addresses); i++)
		for (size_t j = 0; j < array_size(events); j++)
			say(bed, events[j], addresses[i]);
	say(bed, GUEST_EVENT_PLUGGED, VF0);
	expect_silence(bed);
	assert_true(has_lease(bed, VF0));
	assert_true(is_with_vfio(bed, VF0));
	assert_true(has_lease(bed, VF1));
	assert_int_equal(bed->run.own_spec.device_count, 1);
	for (int i = 0; i < 2 * GUEST_DEVICE_MAX; i++)
		say(bed, GUEST_EVENT_WANTED, VF0);
	expect_unplug(bed, VF0, 0);
	expect_silence(bed);
}

/* There is no VFIO on this host: whatever was done by then is undone. */
static void a_device_that_cannot_come_is_given_back(void **state)
{
	struct bed *bed = *state;
	struct attach_answer told;

	request(bed, ATTACH_GIVE, VF0);
	told = answer(bed);
	assert_int_not_equal(told.error.errnum, 0);
	assert_int_not_equal(told.error.code, CODE_HALF_DONE);
	expect_back(bed, VF0);
	expect_silence(bed);
	assert_int_equal(devices_in_file(bed), 0);
	assert_int_equal(bed->run.vfio.space_fd, -1);
}

static void bad_requests(void **state)
{
	struct bed *bed = *state;
	struct attach_request wrong = { .version = LAUNCH_VERSION + 1, .op = ATTACH_GIVE, .device_count = 1 };

	have_devices(bed, 1);
	request(bed, ATTACH_TAKE_BACK, VF1);
	assert_int_equal(answer(bed).error.code, CODE_NO_SUCH_DEVICE);
	request(bed, ATTACH_GIVE, VF0);
	assert_int_equal(answer(bed).error.code, CODE_USAGE);
	bed->run.own_spec.free_ports = 0;
	request(bed, ATTACH_GIVE, PF);
	assert_non_null(strstr(answer(bed).error.hint, "--hotplug"));
	bed->run.own_spec.free_ports = 1;
	request(bed, ATTACH_GIVE, "no such thing");
	assert_int_not_equal(answer(bed).error.errnum, 0);
	request(bed, 7, VF0);
	assert_int_equal(answer(bed).error.errnum, EPROTO);
	assert_int_equal(guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
	assert_int_equal(send(bed->client, &wrong, sizeof(wrong), 0), sizeof(wrong));
	turn(bed);
	turn(bed);
	assert_int_equal(answer(bed).error.errnum, EPROTO);
	/* One that goes without a word holds nobody up. */
	assert_int_equal(guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
	turn(bed);
	close_fd(&bed->client);
	turn(bed);
	assert_int_equal(bed->hotplug.client_fd, -1);
	expect_silence(bed);
	assert_true(has_lease(bed, VF0));
}

static void request_two(struct bed *bed, const char *one, const char *other)
{
	struct attach_request request = { .version = LAUNCH_VERSION, .op = ATTACH_GIVE, .device_count = 2 };

	strcpy(request.device[0].name, one);
	strcpy(request.device[1].name, other);
	assert_int_equal(guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
	assert_int_equal(send(bed->client, &request, sizeof(request), 0), sizeof(request));
	turn(bed);
	turn(bed);
}

/* In the place of the process that looks after the guest, which ends when it is asked for a device: all goes back. */
static void *guest_that_ends(void *opaque)
{
	const struct lease_owner owner = { "web1", 0 };
	struct bed *bed = opaque;
	struct change *change = NULL;

	while (bed->hotplug.state != HOTPLUG_ASKED) {
		turn(bed);
		usleep(1000);
	}
	close_fd(&bed->hotplug.client_fd);
	if (change_begin(&bed->fake->root, &change, NULL) == 0 && assign_end_own(change, &owner, vf, 1, NULL) == 0)
		change_end(change, NULL);
	close_fd(&bed->run.dir.lock_fd);
	return NULL;
}

/* Its VF is free then, which is what was asked for, and nobody is there to have it again. */
static void a_guest_that_ends_when_it_is_drained(void **state)
{
	const struct pci_addr pf = { .bus = 1 };
	struct bed *bed = *state;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_free struct drained *drained = NULL;
	struct error err = { 0 };
	pthread_t thread;
	size_t count = 0;

	have_devices(bed, 1);
	assert_int_equal(host_open_at(&host, &bed->fake->root, 0, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, guest_that_ends, bed), 0);
	assert_int_equal(guest_drain(&host, &pf, 1, 60000, &drained, &count, &err), 0);
	pthread_join(thread, NULL);
	assert_int_equal(count, 1);
	assert_string_equal(drained[0].guest, "web1");
	expect_back(bed, VF0);
	assert_int_equal(guest_undrain(&bed->fake->root, drained, count, &err), 0);
	assert_true(drained[0].has_ended);
	assert_false(drained[0].is_back);
}

static void *guest_that_listens(void *opaque)
{
	struct bed *bed = opaque;

	while (!__atomic_load_n(&bed->is_done, __ATOMIC_SEQ_CST)) {
		turn(bed);
		usleep(1000);
	}
	return NULL;
}

/* The other VF leads this host to its gateway: no guest is without its VF for a change that cannot be. */
static void nobody_is_drained_in_vain(void **state)
{
	const struct pci_addr pf = { .bus = 1 };
	struct bed *bed = *state;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_free struct drained *drained = NULL;
	struct error err = { 0 };
	pthread_t thread;
	size_t count = 0;

	have_devices(bed, 1);
	fake_child(bed->fake, VF1, "net", "eth5");
	fake_file(bed->fake,
		"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		"eth5 00000000 0202000A 0003 0 0 0 00000000 0 0 0\n",
		"proc/net/route");
	assert_int_equal(host_open_at(&host, &bed->fake->root, 0, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, guest_that_listens, bed), 0);
	assert_true(guest_drain(&host, &pf, 1, 60000, &drained, &count, &err) < 0);
	__atomic_store_n(&bed->is_done, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	assert_int_equal(err.code, CODE_DEV_IN_USE);
	assert_int_equal(count, 0);
	expect_silence(bed);
	assert_true(has_lease(bed, VF0));
}

/* VFs with a group each have a slot each; what is no request is refused, too. */
static void what_comes_together_is_one_card(void **state)
{
	struct bed *bed = *state;
	struct attach_answer told;

	request_two(bed, VF0, VF1);
	told = answer(bed);
	assert_int_equal(told.error.code, CODE_USAGE);
	assert_non_null(strstr(told.error.msg, "no functions of one device"));
	assert_non_null(strstr(told.error.hint, "sluice attach web1 " VF0));
	request_two(bed, VF0, VF0);
	assert_int_equal(answer(bed).error.code, CODE_USAGE);
	for (size_t i = 0; i < 2; i++)
		expect_back(bed, i ? VF1 : VF0);
	for (uint32_t count = 0; count <= LAUNCH_FUNCTION_MAX + 1; count += LAUNCH_FUNCTION_MAX + 1) {
		struct attach_request wrong = { .version = LAUNCH_VERSION, .op = ATTACH_GIVE, .device_count = count };

		assert_int_equal(
			guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
		assert_int_equal(send(bed->client, &wrong, sizeof(wrong), 0), sizeof(wrong));
		turn(bed);
		turn(bed);
		assert_int_equal(answer(bed).error.errnum, EPROTO);
	}
}

/* Two functions of one card have come: whoever asked is told where both are; one that sluice-vmm made up is not. */
static void a_card_has_come(void **state)
{
	struct bed *bed = *state;
	struct attach_answer told;

	have_devices(bed, 2);
	memcpy(bed->hotplug.coming, vf, sizeof(vf));
	bed->hotplug.function[1] = 1;
	bed->hotplug.coming_count = 2;
	bed->hotplug.state = HOTPLUG_COMING;
	assert_int_equal(guest_connect(&bed->fake->root, "web1", "supervisor", SOCK_SEQPACKET, &bed->client, NULL), 0);
	bed->hotplug.client_fd = accept(bed->hotplug.listen_fd, NULL, NULL);
	bed->run.hotplug = (struct launch_hotplug){ .address = VF1, .in_guest = "03:00.1" };
	hotplug_event(&bed->hotplug, GUEST_EVENT_PLUGGED);
	told = answer(bed);
	assert_int_equal(told.device_count, 2);
	assert_string_equal(told.device[0].address, VF0);
	assert_string_equal(told.device[0].in_guest, "03:00.0");
	assert_string_equal(told.device[1].address, VF1);
	assert_string_equal(told.device[1].in_guest, "03:00.1");
}

/* sluice-vmm could not have one of them: both are back. */
static void a_card_that_cannot_come_is_given_back(void **state)
{
	struct bed *bed = *state;

	have_devices(bed, 2);
	memcpy(bed->hotplug.coming, vf, sizeof(vf));
	bed->hotplug.coming_count = 2;
	bed->hotplug.state = HOTPLUG_COMING;
	bed->run.hotplug = (struct launch_hotplug){ .address = VF0 };
	fail(&bed->run.hotplug.error, ENOSPC, "no port is free");
	hotplug_event(&bed->hotplug, GUEST_EVENT_PLUGGED);
	expect_back(bed, VF0);
	expect_back(bed, VF1);
	assert_int_equal(devices_in_file(bed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_guest_lets_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_accepted_goes_with_the_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_does_not_is_pulled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sluice_vmm_that_does_not_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_other_functions_come_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_host_wants_waits_for_its_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_silent_client_holds_nobody_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_device_that_cannot_come_is_given_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_requests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_comes_together_is_one_card, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_guest_that_ends_when_it_is_drained, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_is_drained_in_vain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_card_has_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_card_that_cannot_come_is_given_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
