// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reserved large pages (Documentation/admin-guide/mm/hugetlbpage.rst): nr_hugepages of this kernel, and a line of
 * tmpfiles.d(5) that writes the same at boot. The target is the attribute's path without /sys/: of one size, or of one
 * size on one node. The state is the number of pages; at boot "" where no line says one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plan/drop_in.h"
#include "plan/kind.h"

static const struct drop_in tmpfiles = {
	.dir = "etc/tmpfiles.d",
	.name = "sluice.conf",
	.before = "w /sys/",
	.between = " - - - - ",
	.after = "",
};

/* What a journal says is not believed: only these attributes are read and written. */
static int check_target(const char *target, struct error *err)
{
	unsigned int node;
	uint64_t kilobytes;
	int end = 0;

	if ((sscanf(target, "kernel/mm/hugepages/hugepages-%8" SCNu64 "kB/nr_hugepages%n", &kilobytes, &end) == 1 &&
		    end && !target[end]) ||
		(sscanf(target, "devices/system/node/node%4u/hugepages/hugepages-%8" SCNu64 "kB/nr_hugepages%n", &node,
			 &kilobytes, &end) == 2 &&
			end && !target[end]))
		return 0;
	return fail_code(err, CODE_FAILED, ENOENT, "'%s' is no number of large pages", target);
}

static int look_now(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	uint64_t count;
	int ret = check_target(target, err);

	if (ret < 0)
		return ret;
	ret = sysroot_read_u64(&look->host->root, &count, "sys/%s", target);
	if (ret < 0) {
		fail_code(err, CODE_HUGEPAGES_SHORT, ENOENT, "this host has no such large pages: /sys/%s: %s", target,
			strerror(-ret));
		return fail_hint(err, "`ls /sys/kernel/mm/hugepages` shows the sizes that this processor has");
	}
	snprintf(state, WORDS_SIZE, "%" PRIu64, count);
	return 0;
}

/* The kernel gives as many as it finds: memory may be in too small pieces. */
static int set_now(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	const struct sysroot *root = host_lock_root(change_lock(doing->change));
	uint64_t wanted, count = 0, before = 0;
	char text[32];
	int ret = check_target(target, err);

	if (ret < 0)
		return ret;
	if (text_to_u64(state, UINT32_MAX, &wanted) < 0)
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' is no number of pages", state);
	sysroot_read_u64(root, &before, "sys/%s", target);
	ret = sysroot_write_text(root, state, "sys/%s", target);
	if (ret < 0)
		return fail(err, -ret, "write %s to /sys/%s", state, target);
	ret = sysroot_read_u64(root, &count, "sys/%s", target);
	if (!ret && count == wanted)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, before);
	sysroot_write_text(root, text, "sys/%s", target);
	fail_code(err, CODE_HUGEPAGES_SHORT, ENOMEM, "the kernel found %" PRIu64 " of %s large pages (/sys/%s)", count,
		state, target);
	return fail_hint(err, "memory is in too small pieces by now: ask for fewer, or have them reserved early, by "
			      "the kernel arguments hugepagesz= and hugepages=");
}

static int look_at_boot(struct look *look, const char *target, char state[static WORDS_SIZE], struct error *err)
{
	int ret = check_target(target, err);

	return ret < 0 ? ret : drop_in_read(&look->host->root, &tmpfiles, target, state, err);
}

static int set_at_boot(const struct doing *doing, const char *target, const char *state, struct error *err)
{
	int ret = check_target(target, err);

	return ret < 0 ? ret : drop_in_write(change_lock(doing->change), &tmpfiles, target, state, err);
}

const struct kind kind_hugepages = {
	.name = "hugepages",
	.noun = "large pages (/sys/%t)",
	.add = "reserve",
	.alter = "reserve",
	.remove = "free",
	.nothing = "0",
	.look = look_now,
	.set = set_now,
};

const struct kind kind_hugepages_at_boot = {
	.name = "hugepages-at-boot",
	.noun = "large pages at boot (/sys/%t)",
	.add = "write",
	.alter = "write",
	.remove = "remove",
	.nothing = "",
	.look = look_at_boot,
	.sets_again = true,
	.set = set_at_boot,
};
