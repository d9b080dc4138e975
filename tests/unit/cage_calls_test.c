// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/sandbox_calls.c, read out of the filters' own instructions: which system calls are left to each kind of
 * thread, with which arguments. tests/cage/allowed is that list, for people to read and for this test to compare with:
 * whoever changes the one changes the other. `cage_calls_test --print` prints it.
 */
#include "vmm-core/sandbox_calls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/filter_walk.h"
#include "wire/iommufd.h"

#define LIST "tests/cage/allowed"

enum {
	NUMBERS = 4096, /* of each entry; Linux has some 470 */
	X32_BIT = 0x40000000,
	LINE_SIZE = 256,
	LINES_MAX = 512,
};

static const struct {
	enum sandbox_thread thread;
	const char *name;
} threads[] = {
	{ SANDBOX_VCPU, "vcpu" },
	{ SANDBOX_WORKER, "worker" },
	{ SANDBOX_MAIN, "main" },
	{ SANDBOX_MAIN_PLUG, "main-plug" },
};

#define NAMED(request)                                                                                                 \
	{                                                                                                              \
		(uint32_t)(request), #request                                                                          \
	}
static const struct {
	uint32_t number;
	const char *name;
} requests[] = {
	NAMED(KVM_RUN),
	NAMED(KVM_KVMCLOCK_CTRL),
	NAMED(KVM_IRQ_LINE),
	NAMED(KVM_IRQFD),
	NAMED(KVM_IOEVENTFD),
	NAMED(KVM_SIGNAL_MSI),
	NAMED(KVM_SET_GSI_ROUTING),
	NAMED(KVM_SET_USER_MEMORY_REGION),
	NAMED(KVM_GET_REGS),
	NAMED(KVM_GET_SREGS),
	NAMED(KVM_CREATE_VM),
	NAMED(KVM_GET_STATS_FD),
	NAMED(KVM_SET_IDENTITY_MAP_ADDR),
	NAMED(KVM_SET_TSS_ADDR),
	NAMED(KVM_CREATE_IRQCHIP),
	NAMED(KVM_CREATE_PIT2),
	NAMED(KVM_SET_IRQCHIP),
	NAMED(KVM_CREATE_VCPU),
	NAMED(KVM_SET_CPUID2),
	NAMED(KVM_SET_MSRS),
	NAMED(KVM_SET_SREGS),
	NAMED(KVM_SET_REGS),
	NAMED(KVM_CREATE_DEVICE),
	NAMED(KVM_SET_DEVICE_ATTR),
	NAMED(VFIO_DEVICE_SET_IRQS),
	NAMED(VFIO_DEVICE_RESET),
	NAMED(VFIO_IOMMU_UNMAP_DMA),
	NAMED(IOMMUFD_IOAS_UNMAP),
	NAMED(VFIO_DEVICE_GET_INFO),
	NAMED(VFIO_DEVICE_GET_REGION_INFO),
	NAMED(VFIO_DEVICE_GET_IRQ_INFO),
	NAMED(VFIO_IOMMU_GET_INFO),
	NAMED(VFIO_IOMMU_MAP_DMA),
	NAMED(IOMMUFD_IOAS_RANGES),
	NAMED(IOMMUFD_IOAS_MAP),
	NAMED(IOMMUFD_IOAS_MAP_FILE),
};

struct list {
	char (*line)[LINE_SIZE];
	size_t count;
	const char *thread;
	uint32_t number;
};

/* The same instructions that a thread gets. The caller frees *ret_code. */
static struct filter_program make_filter(enum sandbox_thread thread, struct sock_filter **ret_code)
{
	cleanup_close int fd = memfd_create("filter", MFD_CLOEXEC);
	scmp_filter_ctx filter = NULL;
	struct stat st;

	assert_int_equal(sandbox_filter_new(thread, &filter, NULL), 0);
	assert_int_equal(seccomp_export_bpf(filter, fd), 0);
	seccomp_release(filter);
	assert_int_equal(fstat(fd, &st), 0);
	*ret_code = malloc((size_t)st.st_size);
	assert_int_equal(pread(fd, *ret_code, (size_t)st.st_size, 0), st.st_size);
	return (struct filter_program){ *ret_code, (size_t)st.st_size / sizeof(struct sock_filter) };
}

static const char *request_name(uint32_t number)
{
	for (size_t i = 0; i < array_size(requests); i++)
		if (requests[i].number == number)
			return requests[i].name;
	return NULL;
}

/* "arg1 KVM_RUN", "arg2 & 0xfffffffc is 0x0", "arg2.high is 0x0" */
static void add_term(const struct list *list, const struct filter_term *term, char *line)
{
	const char *half = term->word % 2 ? ".high" : "";
	size_t used = strlen(line);
	unsigned int argument = term->word / 2;

	if (list->number == SYS_ioctl && term->word == 2 && request_name(term->value))
		snprintf(line + used, LINE_SIZE - used, " %s", request_name(term->value));
	else if (list->number == SYS_tgkill && term->value == (uint32_t)getpid() && !term->word)
		snprintf(line + used, LINE_SIZE - used, " arg0=itself");
	else if (term->mask == UINT32_MAX)
		snprintf(line + used, LINE_SIZE - used, " arg%u%s=0x%x", argument, half, term->value);
	else
		snprintf(line + used, LINE_SIZE - used, " arg%u%s&0x%x=0x%x", argument, half, term->mask, term->value);
}

/* What it is not is what another line has, or what ends the process. */
static void add_path(void *opaque, const struct filter_path *path)
{
	struct list *list = opaque;
	char *line = list->line[list->count];
	cleanup_free char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, (int)list->number);

	if (path->action == SECCOMP_RET_KILL_PROCESS)
		return;
	assert_true(list->count < LINES_MAX);
	snprintf(line, LINE_SIZE, "%s %s%s", list->thread, name ? name : "?",
		path->action == SECCOMP_RET_ALLOW ? "" : " is absent");
	for (size_t i = 0; i < path->count; i++)
		if (path->term[i].is && path->term[i].mask)
			add_term(list, &path->term[i], line);
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->line[i], line))
			return;
	list->count++;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void make_list(struct list *list)
{
	for (size_t i = 0; i < array_size(threads); i++) {
		cleanup_free struct sock_filter *code = NULL;
		struct filter_program program = make_filter(threads[i].thread, &code);
		size_t first = list->count;

		list->thread = threads[i].name;
		for (list->number = 0; list->number < NUMBERS; list->number++)
			assert_int_equal(filter_walk(&program, AUDIT_ARCH_X86_64, list->number, add_path, list), 0);
		qsort(list->line[first], list->count - first, LINE_SIZE, compare_lines);
	}
}

static void the_list_is_right(void **state)
{
	struct list list = { .line = calloc(LINES_MAX, LINE_SIZE) };
	cleanup_file FILE *file = fopen(LIST, "r");
	char line[LINE_SIZE];
	size_t at = 0;

	(void)state;
	if (!file)
		fail_msg("%s is read from the top of the tree", LIST);
	make_list(&list);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || !line[0])
			continue;
		if (at >= list.count || strcmp(line, list.line[at]) != 0)
			fail_msg("%s has \"%s\" where the filters have \"%s\"", LIST, line,
				at < list.count ? list.line[at] : "nothing more");
		at++;
	}
	if (at < list.count)
		fail_msg("the filters have \"%s\", which %s lacks", list.line[at], LIST);
	free(list.line);
}

static void expect_end(void *opaque, const struct filter_path *path)
{
	(void)opaque;
	assert_int_equal(path->action, SECCOMP_RET_KILL_PROCESS);
}

/* The other entries, whose numbers mean other calls: 32 bit, x32, and what is no architecture at all. */
static void other_entries_end_it(void **state)
{
	static const uint32_t archs[] = { AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < array_size(threads); i++) {
		cleanup_free struct sock_filter *code = NULL;
		struct filter_program program = make_filter(threads[i].thread, &code);

		for (uint32_t number = 0; number < NUMBERS; number++) {
			for (size_t arch = 0; arch < array_size(archs); arch++)
				assert_int_equal(filter_walk(&program, archs[arch], number, expect_end, NULL), 0);
			assert_int_equal(
				filter_walk(&program, AUDIT_ARCH_X86_64, X32_BIT | number, expect_end, NULL), 0);
			assert_int_equal(
				filter_walk(&program, AUDIT_ARCH_X86_64, UINT32_MAX - number, expect_end, NULL), 0);
		}
	}
}

/* Filters add up: a row that the thread that starts another lacks would be a row for nobody. */
static void a_thread_has_no_more_than_the_main_one(void **state)
{
	struct list list = { .line = calloc(LINES_MAX, LINE_SIZE) };
	size_t main = 0;

	(void)state;
	make_list(&list);
	while (main < list.count && strncmp(list.line[main], "main ", 5) != 0)
		main++;
	assert_true(main > 0 && main < list.count);
	for (size_t i = 0; i < main; i++) {
		const char *call = strchr(list.line[i], ' ');
		bool found = false;

		for (size_t j = main; j < list.count && !found; j++)
			found = !strncmp(list.line[j], "main ", 5) && !strcmp(list.line[j] + 4, call);
		if (!found)
			fail_msg("\"%s\" is not the main thread's", list.line[i]);
	}
	free(list.line);
}

static int print(void)
{
	struct list list = { .line = calloc(LINES_MAX, LINE_SIZE) };

	make_list(&list);
	for (size_t i = 0; i < list.count; i++)
		puts(list.line[i]);
	free(list.line);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_right),
		cmocka_unit_test(other_entries_end_it),
		cmocka_unit_test(a_thread_has_no_more_than_the_main_one),
	};

	if (argc == 2 && !strcmp(argv[1], "--print"))
		return print();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
