// SPDX-License-Identifier: GPL-2.0-or-later
/* DEVICE arguments with ranges; see device_list.h. */
#include "cli/device_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pci/range.h"

static int add(struct device_list *list, const char *name, struct error *err)
{
	char **grown = reallocarray(list->name, list->count + 1, sizeof(*grown));

	if (!grown)
		return fail(err, ENOMEM, "list devices");
	list->name = grown;
	grown[list->count] = strdup(name);
	if (!grown[list->count])
		return fail(err, ENOMEM, "list devices");
	list->count++;
	return 0;
}

static int add_argument(struct device_list *list, const char *text, struct error *err)
{
	char name[PCI_RANGE_NAME_MAX];
	struct pci_range range;
	int ret = pci_range_parse(text, &range, err);

	if (ret <= 0)
		return ret < 0 ? ret : add(list, text, err);
	ret = 0;
	for (size_t i = 0; !ret && i < range.count; i++)
		ret = add(list, pci_range_name(&range, i, name), err);
	return ret;
}

int device_list_expand(char *const *args, size_t count, struct device_list *ret_list, struct error *err)
{
	struct device_list list = { NULL, 0 };
	int ret = 0;

	for (size_t i = 0; !ret && i < count; i++)
		ret = add_argument(&list, args[i], err);
	if (ret < 0)
		device_list_done(&list);
	else
		*ret_list = list;
	return ret;
}

void device_list_done(struct device_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->name[i]);
	free(list->name);
	*list = (struct device_list){ NULL, 0 };
}
