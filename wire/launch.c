// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages between `sluice` and `sluice-vmm`; see launch.h. One SOCK_SEQPACKET message each: type, size, payload, and
 * its descriptors as SCM_RIGHTS (unix(7)). What arrives is checked here against one table, so that neither side has to
 * think about sizes, unterminated text or descriptors that it did not expect.
 */
#include "wire/launch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

enum {
	HEADER_BYTES = offsetof(struct launch_message, machine)
};
#define PAYLOAD_MAX sizeof(struct launch_machine)

union fd_control {
	char buf[CMSG_SPACE(LAUNCH_FD_MAX * sizeof(int))];
	struct cmsghdr align;
};

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool check_machine(const struct launch_message *message)
{
	const struct launch_machine *machine = &message->machine;
	uint32_t fds = LAUNCH_FD_CONSOLE_IN + 1;

	fds += (machine->flags & LAUNCH_CONSOLE_STDIO) != 0;
	fds += (machine->flags & LAUNCH_INITRD) != 0;
	return !(machine->flags & ~(uint32_t)(LAUNCH_INITRD | LAUNCH_CONSOLE_STDIO | LAUNCH_HOTPLUG)) &&
	       message->fd_count == fds && machine->cpus >= 1 && machine->cpus <= VCPU_MAX &&
	       cpu_config_is_valid(&machine->cpu) && cpu_shape_count(&machine->cpu.shape) == machine->cpus &&
	       machine->port_count <= LIMIT_DEVICES && machine->virtio_count <= LIMIT_VIRTIO &&
	       is_text(machine->name, sizeof(machine->name)) && is_text(machine->cmdline, sizeof(machine->cmdline));
}

static bool check_dma(const struct launch_message *message)
{
	if (message->dma.kind == LAUNCH_DMA_IOMMUFD)
		return message->fd_count == 1;
	return message->dma.kind == LAUNCH_DMA_TYPE1 && !message->dma.ioas && message->fd_count > 1;
}

static bool check_rules(const struct launch_device *device)
{
	if (device->rule_count > LIMIT_RULES)
		return false;
	for (uint32_t i = 0; i < device->rule_count; i++)
		if (config_rule_refusal(&device->rule[i]))
			return false;
	return true;
}

static bool check_device(const struct launch_message *message)
{
	const struct launch_device *device = &message->device;
	uint32_t rom = device->flags & (LAUNCH_ROM_FILE | LAUNCH_ROM_OFF);
	uint32_t known = LAUNCH_NO_RESET_OK | LAUNCH_ROM_FILE | LAUNCH_ROM_OFF | LAUNCH_OWN_GROUP | LAUNCH_MORE |
			 LAUNCH_GROUP_BEFORE;
	uint32_t fds = 1 + (rom == LAUNCH_ROM_FILE) + (device->flags & LAUNCH_OWN_GROUP ? 1 : 0);

	return !(device->flags & ~known) && rom != (LAUNCH_ROM_FILE | LAUNCH_ROM_OFF) &&
	       (device->flags & (LAUNCH_OWN_GROUP | LAUNCH_GROUP_BEFORE)) != (LAUNCH_OWN_GROUP | LAUNCH_GROUP_BEFORE) &&
	       message->fd_count == fds && device->port < LIMIT_DEVICES && device->function < LAUNCH_FUNCTION_MAX &&
	       device->on_error < ON_ERROR_COUNT && check_rules(device) &&
	       (device->group < LIMIT_GROUPS || device->group == LAUNCH_NO_GROUP) &&
	       is_text(device->address, sizeof(device->address));
}

static bool check_virtio(const struct launch_message *message)
{
	static const struct {
		uint32_t least, most;
	} fds[LAUNCH_VIRTIO_KIND_END] = {
		[LAUNCH_VIRTIO_DISK] = { 1, 1 },
		[LAUNCH_VIRTIO_NET] = { 1, 2 },
	};
	const struct launch_virtio *virtio = &message->virtio;

	return virtio->kind >= LAUNCH_VIRTIO_DISK && virtio->kind < LAUNCH_VIRTIO_KIND_END &&
	       message->fd_count >= fds[virtio->kind].least && message->fd_count <= fds[virtio->kind].most &&
	       !(virtio->flags & ~(uint32_t)LAUNCH_VIRTIO_READ_ONLY) && virtio->disk_bytes <= INT64_MAX &&
	       is_text(virtio->serial, sizeof(virtio->serial)) && is_text(virtio->label, sizeof(virtio->label));
}

static bool is_error(const struct error *error)
{
	return error->errnum >= 0 && (unsigned int)error->code < CODE_COUNT &&
	       is_text(error->msg, sizeof(error->msg)) && is_text(error->hint, sizeof(error->hint)) &&
	       !error->excerpt[0]; /* lines of their own are no guest's to make */
}

static bool check_hotplug(const struct launch_message *message)
{
	const struct launch_hotplug *hotplug = &message->hotplug;

	return !(hotplug->flags & ~(uint32_t)LAUNCH_PULL) && is_text(hotplug->address, sizeof(hotplug->address)) &&
	       is_text(hotplug->in_guest, sizeof(hotplug->in_guest)) && is_error(&hotplug->error);
}

static bool check_ended(const struct launch_message *message)
{
	const struct launch_ended *ended = &message->ended;

	return ended->how > VM_END_NONE && ended->how <= VM_END_FAILED && is_error(&ended->error);
}

static bool check_step(const struct launch_message *message)
{
	return message->step.step < STEP_COUNT;
}

static bool check_cage(const struct launch_message *message)
{
	return cage_report_is_valid(&message->cage);
}

static const struct kind {
	uint32_t size, fds_least, fds_most;
	bool (*check)(const struct launch_message *message);
} kinds[] = {
	[LAUNCH_MACHINE] = { sizeof(struct launch_machine), LAUNCH_FD_CONSOLE_IN + 1, LAUNCH_FD_MAX, check_machine },
	[LAUNCH_DMA] = { sizeof(struct launch_dma), 1, LAUNCH_FD_MAX, check_dma },
	[LAUNCH_DEVICE] = { sizeof(struct launch_device), 1, 3, check_device },
	[LAUNCH_START] = { sizeof(struct launch_start), 0, 0, NULL },
	[LAUNCH_RUNNING] = { 0, 0, 0, NULL },
	[LAUNCH_ENDED] = { sizeof(struct launch_ended), 0, 0, check_ended },
	[LAUNCH_STEP] = { sizeof(struct launch_step), 0, 0, check_step },
	[LAUNCH_PLUGGED] = { sizeof(struct launch_hotplug), 0, 0, check_hotplug },
	[LAUNCH_UNPLUG] = { sizeof(struct launch_hotplug), 0, 0, check_hotplug },
	[LAUNCH_UNPLUGGED] = { sizeof(struct launch_hotplug), 0, 0, check_hotplug },
	[LAUNCH_WANTED] = { sizeof(struct launch_hotplug), 0, 0, check_hotplug },
	[LAUNCH_VIRTIO] = { sizeof(struct launch_virtio), 0, 2, check_virtio },
	[LAUNCH_CAGE] = { sizeof(struct cage_report), 0, 0, check_cage },
};

static const struct kind *kind_of(uint32_t type)
{
	return type >= LAUNCH_MACHINE && type < array_size(kinds) ? &kinds[type] : NULL;
}

/* With its descriptors as SCM_RIGHTS. */
static ssize_t send_with_fds(int socket, const struct launch_message *message, size_t size)
{
	struct iovec part = { .iov_base = (void *)message, .iov_len = size };
	union fd_control control = { 0 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	msg.msg_control = control.buf;
	msg.msg_controllen = CMSG_SPACE(message->fd_count * sizeof(int));
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(message->fd_count * sizeof(int));
	memcpy(CMSG_DATA(&control.align), message->fd, message->fd_count * sizeof(int));
	return sendmsg(socket, &msg, MSG_NOSIGNAL);
}

int launch_send(int socket, const struct launch_message *message, struct error *err)
{
	const struct kind *kind = kind_of(message->type);
	struct launch_message sent = *message;
	ssize_t done;

	_Static_assert(HEADER_BYTES == 2 * sizeof(uint32_t), "type and size come first, then the payload");
	if (!kind || message->fd_count > kind->fds_most)
		return fail_code(err, CODE_FAILED, EINVAL, "launch message of type %u cannot be sent", message->type);
	sent.size = kind->size;
	/* sluice-vmm sends without descriptors only, and sendmsg() is not among its sandbox's calls. */
	if (sent.fd_count)
		done = send_with_fds(socket, &sent, HEADER_BYTES + kind->size);
	else
		done = send(socket, &sent, HEADER_BYTES + kind->size, MSG_NOSIGNAL);
	return done < 0 ? fail(err, errno, "send launch message %u", message->type) : 0;
}

/* Take every descriptor that came, wanted or not, so that none leaks. */
static void take_descriptors(struct msghdr *msg, struct launch_message *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(msg); part; part = CMSG_NXTHDR(msg, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		if (count > LAUNCH_FD_MAX)
			count = LAUNCH_FD_MAX;
		memcpy(message->fd, CMSG_DATA(part), count * sizeof(int));
		message->fd_count = (uint32_t)count;
	}
}

static bool is_valid(const struct launch_message *message, ssize_t received, int flags)
{
	const struct kind *kind;

	if (received < HEADER_BYTES || flags & (MSG_TRUNC | MSG_CTRUNC))
		return false;
	kind = kind_of(message->type);
	return kind && message->size == kind->size && received == (ssize_t)(HEADER_BYTES + kind->size) &&
	       message->fd_count >= kind->fds_least && message->fd_count <= kind->fds_most &&
	       (!kind->check || kind->check(message));
}

int launch_receive(int socket, struct launch_message *ret_message, struct error *err)
{
	struct launch_message message = { 0 };
	union fd_control control = { 0 };
	struct iovec part = { .iov_base = &message, .iov_len = HEADER_BYTES + PAYLOAD_MAX };
	struct msghdr msg = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof(control.buf)
	};
	ssize_t got;

	/*
	 * ECONNRESET says, once, that the other side ended without having read all; what it had sent is still to come:
	 * why it could not start the guest, for example.
	 */
	do
		got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got < 0)
		return fail(err, errno, "receive a launch message");
	if (got <= 0)
		return 0;
	take_descriptors(&msg, &message);
	/* Looked at before the rest: another version's messages may differ in size. */
	if (got >= (ssize_t)(HEADER_BYTES + sizeof(uint32_t)) && message.type == LAUNCH_MACHINE &&
		message.machine.version != LAUNCH_VERSION) {
		launch_message_done(&message);
		fail_code(err, CODE_FAILED, EPROTO,
			"sluice speaks version %u of the launch protocol, sluice-vmm version %d",
			message.machine.version, LAUNCH_VERSION);
		return fail_hint(err, "install both programs from one build");
	}
	if (!is_valid(&message, got, msg.msg_flags)) {
		launch_message_done(&message);
		return fail_code(err, CODE_FAILED, EPROTO, "a launch message of type %u and %zd bytes is not valid",
			got >= HEADER_BYTES ? message.type : 0, got);
	}
	*ret_message = message;
	return 1;
}

void launch_message_done(struct launch_message *message)
{
	for (uint32_t i = 0; i < message->fd_count; i++)
		close_fd(&message->fd[i]);
	message->fd_count = 0;
}
