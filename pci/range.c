// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges of VFs; see range.h. */
#include "pci/range.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	VF_INDEX_MAX = 65534
};

static bool add_index(struct pci_range *range, unsigned int index)
{
	for (size_t i = 0; i < range->count; i++)
		if (range->index[i] == index)
			return false;
	if (range->count == PCI_RANGE_MAX)
		return false;
	range->index[range->count++] = index;
	return true;
}

/* "7" or "0-3". */
static bool add_part(struct pci_range *range, char *part)
{
	char *end = strchr(part, '-');
	uint64_t first, last;

	if (end)
		*end++ = '\0';
	if (text_to_u64(part, VF_INDEX_MAX, &first) < 0 || text_to_u64(end ? end : part, VF_INDEX_MAX, &last) < 0 ||
		last < first)
		return false;
	for (uint64_t index = first; index <= last; index++)
		if (!add_index(range, (unsigned int)index))
			return false;
	return true;
}

int pci_range_parse(const char *text, struct pci_range *ret_range, struct error *err)
{
	const char *slash = strrchr(text, '/');
	char list[PCI_RANGE_MAX * 6], *rest = list, *part;
	struct pci_range range = { .count = 0 };

	if (!slash || slash == text || !slash[1] || strspn(slash + 1, "0123456789-,") != strlen(slash + 1) ||
		!strpbrk(slash + 1, "-,"))
		return 0;
	if ((size_t)(slash - text) >= sizeof(range.pf) || !text_copy(list, sizeof(list), slash + 1))
		return fail_code(err, CODE_USAGE, E2BIG, "'%s' is too long", text);
	memcpy(range.pf, text, (size_t)(slash - text));
	while ((part = strsep(&rest, ",")))
		if (!add_part(&range, part)) {
			fail_code(err, CODE_USAGE, EINVAL, "'%s' is no range of VFs", text);
			return fail_hint(err,
				"for example eth0/0-3,7: numbers from 0, ascending in each part, none twice, %d at "
				"most",
				PCI_RANGE_MAX);
		}
	*ret_range = range;
	return 1;
}

const char *pci_range_name(const struct pci_range *range, size_t number, char buf[static PCI_RANGE_NAME_MAX])
{
	snprintf(buf, PCI_RANGE_NAME_MAX, "%s/%u", range->pf, range->index[number]);
	return buf;
}
