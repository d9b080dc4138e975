// SPDX-License-Identifier: GPL-2.0-or-later
/* wire/launch.c and control_client.c: what arrives is checked, and no descriptor leaks. */
#include "wire/launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "wire/control.h"

struct pair {
	int fd[2];
};

static int set_up(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	*state = pair;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair->fd);
}

static int tear_down(void **state)
{
	struct pair *pair = *state;

	close_fd(&pair->fd[0]);
	close_fd(&pair->fd[1]);
	free(pair);
	return 0;
}

static unsigned int open_descriptors(void)
{
	cleanup_dir DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	return count;
}

static struct launch_message machine(void)
{
	struct launch_message message = { .type = LAUNCH_MACHINE, .fd_count = 6 };

	message.machine = (struct launch_machine){ .version = LAUNCH_VERSION,
		.flags = LAUNCH_CONSOLE_STDIO | LAUNCH_INITRD,
		.name = "g",
		.cpus = 2,
		.cpu.shape = { 1, 2, 1 },
		.memory_bytes = 1 << 28,
		.page_bytes = 4096,
		.cmdline = "quiet" };
	for (uint32_t i = 0; i < message.fd_count; i++)
		message.fd[i] = 0;
	return message;
}

static void round_trip(void **state)
{
	struct pair *pair = *state;
	struct launch_message sent = machine(), got;
	unsigned int before = open_descriptors();

	assert_int_equal(launch_send(pair->fd[0], &sent, NULL), 0);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), 1);
	assert_int_equal(got.type, LAUNCH_MACHINE);
	assert_int_equal(got.fd_count, 6);
	assert_memory_equal(&got.machine, &sent.machine, sizeof(got.machine));
	for (uint32_t i = 0; i < got.fd_count; i++)
		assert_int_equal(fcntl(got.fd[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	launch_message_done(&got);
	assert_int_equal(open_descriptors(), before);
	sent = (struct launch_message){ .type = LAUNCH_START };
	assert_int_equal(launch_send(pair->fd[0], &sent, NULL), 0);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), 1);
	close_fd(&pair->fd[0]);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), 0);
}

/* sluice-vmm gave up before it had read everything: the reason that it sent arrives nevertheless. */
static void last_words(void **state)
{
	struct pair *pair = *state;
	struct launch_message start = { .type = LAUNCH_START }, got;
	struct launch_message ended = { .type = LAUNCH_ENDED, .ended = { .how = VM_END_FAILED } };

	assert_int_equal(launch_send(pair->fd[0], &start, NULL), 0);
	assert_int_equal(launch_send(pair->fd[1], &ended, NULL), 0);
	close_fd(&pair->fd[1]);
	assert_int_equal(launch_receive(pair->fd[0], &got, NULL), 1);
	assert_int_equal(got.ended.how, VM_END_FAILED);
	assert_int_equal(launch_receive(pair->fd[0], &got, NULL), 0);
}

static struct launch_message device(void)
{
	struct launch_message message = { .type = LAUNCH_DEVICE, .fd_count = 1 };

	message.device = (struct launch_device){ .port = 3,
		.function = 7,
		.address = "0000:01:00.0",
		.rule_count = 1,
		.rule = { { 1, RULE_CAPABILITY, RULE_HIDE, 5, 0 } } };
	return message;
}

/* Where it is in the guest, its ROM's descriptor, rules: what is not as it should be is not taken. */
static void devices(void **state)
{
	struct pair *pair = *state;
	struct launch_message base = device(), got;
	const struct {
		void *field;
		size_t size;
		uint64_t value;
	} cases[] = {
		{ &base.device.port, 4, LIMIT_DEVICES },
		{ &base.device.function, 4, LAUNCH_FUNCTION_MAX },
		{ &base.device.flags, 4, 1u << 31 },
		{ &base.device.flags, 4, LAUNCH_ROM_FILE },
		{ &base.device.flags, 4, LAUNCH_ROM_FILE | LAUNCH_ROM_OFF },
		{ &base.fd_count, 4, 2 },
		{ &base.device.rule_count, 4, LIMIT_RULES + 1 },
		{ &base.device.rule_count, 4, 2 },
		{ &base.device.rule[0].action, 1, RULE_PASS },
	};
	unsigned int before = open_descriptors();

	assert_int_equal(launch_send(pair->fd[0], &base, NULL), 0);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), 1);
	assert_int_equal(got.device.function, 7);
	launch_message_done(&got);
	for (size_t i = 0; i < array_size(cases); i++) {
		struct launch_message saved = base;

		memcpy(cases[i].field, &cases[i].value, cases[i].size);
		assert_int_equal(launch_send(pair->fd[0], &base, NULL), 0);
		base = saved;
		assert_int_equal(launch_receive(pair->fd[1], &got, NULL), -EPROTO);
	}
	base.device.flags = LAUNCH_ROM_FILE;
	base.fd_count = 2;
	assert_int_equal(launch_send(pair->fd[0], &base, NULL), 0);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), 1);
	assert_int_equal(got.fd_count, 2);
	launch_message_done(&got);
	assert_int_equal(open_descriptors(), before);
}

/* An explanation comes from a process that its guest may have taken over. */
static void explanations(void **state)
{
	struct pair *pair = *state;
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	cleanup_free struct control_answer *got = calloc(1, sizeof(*got));
	const struct control_request request = { .op = CONTROL_EXPLAIN_CONFIG };
	struct control_explanation *said = &answer->explanation;

	for (unsigned int wrong = 0; wrong < 5; wrong++) {
		memset(answer, 0, sizeof(*answer));
		said->register_count = wrong == 1 ? CONTROL_REGISTER_MAX + 1 : 1;
		said->reg[0] = (struct control_register){ .size = wrong == 2 ? 3 : 4, .name = "COMMAND", .why = "so" };
		if (wrong == 3)
			memset(said->reg[0].name, 'x', sizeof(said->reg[0].name));
		if (wrong == 4)
			memset(said->reg[0].why, 'x', sizeof(said->reg[0].why));
		assert_int_equal(send(pair->fd[1], answer, sizeof(*answer), 0), sizeof(*answer));
		assert_int_equal(control_ask(pair->fd[0], &request, 1000, got, NULL), wrong ? -EPROTO : 0);
	}
	assert_string_equal(got->explanation.reg[0].name, "COMMAND");
}

static void damaged(void **state)
{
	struct pair *pair = *state;
	struct launch_message base = machine(), ended = { .type = LAUNCH_ENDED, .ended = { .how = VM_END_CRASH } };
	struct {
		struct launch_message *message;
		void *field;
		size_t size;
		uint64_t value;
	} cases[] = {
		{ &base, &base.machine.cpus, 4, 0 },
		{ &base, &base.machine.cpus, 4, VCPU_MAX + 1 },
		{ &base, &base.machine.cpu.shape.cores, 4, 3 },
		{ &base, &base.machine.cpu.shape.sockets, 4, 0 },
		{ &base, &base.machine.cpu.hidden_count, 4, LIMIT_CPU_HIDDEN + 1 },
		{ &base, &base.machine.flags, 4, 0 },
		{ &base, &base.machine.flags, 4, 1u << 31 | LAUNCH_CONSOLE_STDIO | LAUNCH_INITRD },
		{ &base, &base.machine.version, 4, LAUNCH_VERSION + 1 },
		{ &base, &base.machine.port_count, 4, LIMIT_DEVICES + 1 },
		{ &base, &base.fd_count, 4, 4 },
		{ &ended, &ended.ended.how, 4, VM_END_NONE },
		{ &ended, &ended.ended.how, 4, VM_END_FAILED + 1 },
		{ &ended, &ended.ended.error.code, 4, CODE_COUNT },
		{ &ended, &ended.ended.error.errnum, 4, UINT32_MAX },
	};
	unsigned int before = open_descriptors();

	for (size_t i = 0; i < array_size(cases); i++) {
		struct launch_message got, saved = *cases[i].message;
		struct error err = { 0 };

		memcpy(cases[i].field, &cases[i].value, cases[i].size);
		assert_int_equal(launch_send(pair->fd[0], cases[i].message, NULL), 0);
		*cases[i].message = saved;
		assert_int_equal(launch_receive(pair->fd[1], &got, &err), -EPROTO);
		assert_true(err.msg[0] != '\0');
		assert_int_equal(open_descriptors(), before);
	}
}

/* A container without a group, or an iommufd with one, is no address space. */
static void address_spaces(void **state)
{
	static const struct {
		uint32_t kind, ioas, fds;
		int ret;
	} cases[] = {
		{ LAUNCH_DMA_TYPE1, 0, 1, -EPROTO },
		{ LAUNCH_DMA_TYPE1, 0, 2, 1 },
		{ LAUNCH_DMA_TYPE1, 1, 2, -EPROTO },
		{ LAUNCH_DMA_TYPE1, 0, LAUNCH_FD_MAX, 1 },
		{ LAUNCH_DMA_IOMMUFD, 7, 1, 1 },
		{ LAUNCH_DMA_IOMMUFD, 7, 2, -EPROTO },
		{ LAUNCH_DMA_IOMMUFD, 7, 0, -EPROTO },
		{ 0, 0, 2, -EPROTO },
		{ LAUNCH_DMA_IOMMUFD + 1, 0, 1, -EPROTO },
	};
	struct pair *pair = *state;
	unsigned int before = open_descriptors();

	for (size_t i = 0; i < array_size(cases); i++) {
		struct launch_message got, sent = { .type = LAUNCH_DMA, .fd_count = cases[i].fds };

		sent.dma = (struct launch_dma){ cases[i].kind, cases[i].ioas };
		assert_int_equal(launch_send(pair->fd[0], &sent, NULL), 0);
		assert_int_equal(launch_receive(pair->fd[1], &got, NULL), cases[i].ret);
		if (cases[i].ret > 0) {
			assert_int_equal(got.dma.ioas, cases[i].ioas);
			launch_message_done(&got);
		}
		assert_int_equal(open_descriptors(), before);
	}
}

static void unterminated_text(void **state)
{
	struct pair *pair = *state;
	struct launch_message message = machine(), got;

	memset(message.machine.cmdline, 'x', sizeof(message.machine.cmdline));
	assert_int_equal(launch_send(pair->fd[0], &message, NULL), 0);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), -EPROTO);
	message = (struct launch_message){ .type = LAUNCH_ENDED, .ended = { .how = VM_END_CRASH } };
	memset(message.ended.error.hint, 'x', sizeof(message.ended.error.hint));
	assert_int_equal(launch_send(pair->fd[0], &message, NULL), 0);
	assert_int_equal(launch_receive(pair->fd[1], &got, NULL), -EPROTO);
}

static void any_bytes(void **state)
{
	struct pair *pair = *state;
	uint32_t seed = 7;

	for (int i = 0; i < 2000; i++) {
		uint32_t words[800];
		struct launch_message got;
		size_t size;

		for (size_t j = 0; j < array_size(words); j++)
			words[j] = seed = seed * 1664525 + 1013904223;
		words[0] = seed >> 28;
		words[1] = i % 3 ? sizeof(struct launch_machine) : seed >> 20;
		size = i % 3 ? 8 + words[1] : seed >> 20;
		assert_true(send(pair->fd[0], words, size < sizeof(words) ? size : sizeof(words), 0) >= 0);
		if (size)
			assert_true(launch_receive(pair->fd[1], &got, NULL) < 0);
		else
			assert_int_equal(launch_receive(pair->fd[1], &got, NULL), 0);
	}
}

/* A guest that has taken over its sluice-vmm answers: counts beyond the arrays must not get through. */
static void hostile_answers(void **state)
{
	struct pair *pair = *state;
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	cleanup_free struct control_answer *got = calloc(1, sizeof(*got));
	uint32_t *fields[] = { &answer->status.state, &answer->status.cpus, &answer->status.counter_count,
		&answer->status.slot_count, &answer->status.map_count, &answer->status.device_count };
	struct error err = { 0 };

	for (size_t i = 0; i < array_size(fields); i++) {
		struct control_request request;

		*fields[i] = 1000;
		assert_true(send(pair->fd[1], answer, sizeof(*answer), 0) > 0);
		assert_int_equal(control_call(pair->fd[0], CONTROL_STATUS, 1000, got, &err), -EPROTO);
		*fields[i] = 0;
		assert_int_equal(recv(pair->fd[1], &request, sizeof(request), 0), sizeof(request));
	}
	assert_true(send(pair->fd[1], answer, sizeof(*answer) - 1, 0) > 0);
	assert_int_equal(control_call(pair->fd[0], CONTROL_STATUS, 1000, got, &err), -EPROTO);
	assert_true(send(pair->fd[1], answer, sizeof(*answer), 0) > 0);
	assert_int_equal(control_call(pair->fd[0], CONTROL_STATUS, 1000, got, &err), 0);
	assert_int_equal(control_call(pair->fd[0], CONTROL_STATUS, 10, got, &err), -ETIMEDOUT);
	assert_int_equal(err.code, CODE_GUEST_DEAF);
	answer->error = (struct error){ .errnum = EAGAIN, .code = CODE_GUEST_DEAF, .msg = "no" };
	assert_true(send(pair->fd[1], answer, sizeof(*answer), 0) > 0);
	assert_int_equal(control_call(pair->fd[0], CONTROL_POWER_BUTTON, 1000, got, &err), -EAGAIN);
	assert_string_equal(err.msg, "no");
}

int main(void)
{
#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		test(round_trip),
		test(last_words),
		test(damaged),
		test(devices),
		test(explanations),
		test(address_spaces),
		test(unterminated_text),
		test(any_bytes),
		test(hostile_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
