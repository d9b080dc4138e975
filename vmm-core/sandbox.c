// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock-in of sluice-vmm; see sandbox.h. Speaks seccomp(2) through libseccomp. Both filters (sandbox_calls.c) are
 * made while the process may still do everything; a vCPU thread installs its own as ready-made instructions, so that it
 * allocates nothing.
 */
#include "vmm-core/sandbox.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "vmm-core/sandbox_calls.h"

#if defined(__SANITIZE_ADDRESS__)
#define FILTERS false
#else
#define FILTERS true
#endif

/* A filter as ready-made instructions. */
struct program {
	struct sock_filter *code; /* owned */
	unsigned short count;
};

struct sandbox {
	struct program vcpu, worker;
};

bool sandbox_filters(void)
{
	return FILTERS;
}

/* libseccomp hands its instructions to a file only. */
static int export_filter(scmp_filter_ctx filter, struct program *program, struct error *err)
{
	cleanup_close int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	int ret;

	if (fd < 0)
		return fail(err, errno, "export a system call filter");
	ret = seccomp_export_bpf(filter, fd);
	if (ret < 0)
		return fail(err, -ret, "export a system call filter");
	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size / (off_t)sizeof(struct sock_filter) > BPF_MAXINSNS)
		return fail(err, errno ? errno : E2BIG, "export a system call filter");
	program->code = malloc((size_t)st.st_size);
	if (!program->code)
		return fail(err, ENOMEM, "export a system call filter");
	program->count = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	if (pread(fd, program->code, (size_t)st.st_size, 0) != st.st_size)
		return fail(err, errno ? errno : EIO, "export a system call filter");
	return 0;
}

static int make_program(enum sandbox_thread thread, struct program *program, struct error *err)
{
	scmp_filter_ctx filter;
	int ret = sandbox_filter_new(thread, &filter, err);

	if (ret < 0)
		return ret;
	ret = export_filter(filter, program, err);
	seccomp_release(filter);
	return ret;
}

static int load_filters(struct sandbox *sandbox, bool hotplug, struct error *err)
{
	scmp_filter_ctx filter;
	int ret = make_program(SANDBOX_VCPU, &sandbox->vcpu, err);

	if (ret == 0)
		ret = make_program(SANDBOX_WORKER, &sandbox->worker, err);
	if (ret < 0)
		return ret;
	ret = sandbox_filter_new(hotplug ? SANDBOX_MAIN_PLUG : SANDBOX_MAIN, &filter, err);
	if (ret < 0)
		return ret;
	ret = seccomp_load(filter);
	/* Releasing only frees memory, which stays allowed. */
	seccomp_release(filter);
	return ret < 0 ? fail(err, -ret, "load the system call filter") : 0;
}

int sandbox_enter(struct sandbox **ret_sandbox, bool hotplug, struct error *err)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	int ret = 0;

	if (!sandbox)
		return fail(err, ENOMEM, "make the sandbox");
	if (FILTERS)
		ret = load_filters(sandbox, hotplug, err);
	if (ret < 0) {
		sandbox_free(sandbox);
		return ret;
	}
	*ret_sandbox = sandbox;
	return 0;
}

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	free(sandbox->vcpu.code);
	free(sandbox->worker.code);
	free(sandbox);
}

static int enter_thread(const struct program *program, const char *what, struct error *err)
{
	struct sock_fprog filter = { .len = program->count, .filter = program->code };

	if (!program->code)
		return 0;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		return fail(err, errno, "filter the system calls of %s", what);
	return 0;
}

int sandbox_enter_vcpu(const struct sandbox *sandbox, struct error *err)
{
	return sandbox ? enter_thread(&sandbox->vcpu, "a vCPU", err) : 0;
}

int sandbox_enter_worker(const struct sandbox *sandbox, struct error *err)
{
	return sandbox ? enter_thread(&sandbox->worker, "a device's thread", err) : 0;
}
