// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing the reader of configuration files: tests/fuzz/run builds and starts it with clang's libFuzzer, ASan and
 * UBSan. Whatever the bytes are, reading ends, with a desired state or with findings that can be shown. Bytes behind a
 * line of '%' are a second file.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void add(struct source_list *list, const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);

	assert(text);
	memcpy(text, bytes, size);
	text[size] = '\0';
	assert(!source_list_add(list, "file", text, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *second = memmem(bytes, size, "\n%\n", 3);
	struct source_list *list = calloc(1, sizeof(*list));
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;
	struct error err = { 0 };
	char text[2000];
	int ret;

	assert(list);
	add(list, bytes, second ? (size_t)(second + 1 - bytes) : size);
	if (second)
		add(list, second + 3, size - (size_t)(second + 3 - bytes));
	ret = config_load_sources(list, &desired, &findings, &err);
	assert((ret == 0) == (desired != NULL) && (ret < 0) == (findings.errors > 0));
	for (size_t i = 0; i < findings.count; i++)
		assert(strlen(config_finding_text(&findings.item[i], text, sizeof(text))) < sizeof(text));
	return 0;
}
