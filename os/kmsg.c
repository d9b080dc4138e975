// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT", each followed by lines that begin with a space: its properties.
 * The priority's upper bits are the facility.
 */
#include "os/kmsg.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	FACILITY_SHIFT = 3,
	ABOUT_RECORDS_MAX = 10000, /* a log that is flooded is not followed for ever */
};

int kmsg_open(struct kmsg *kmsg, const struct sysroot *root, bool from_now)
{
	kmsg->began = false;
	kmsg->earlier = 0;
	return lines_open(&kmsg->lines, root, from_now, "dev/kmsg");
}

void kmsg_close(struct kmsg *kmsg)
{
	lines_close(&kmsg->lines);
}

static bool take_record(struct kmsg *kmsg, char *line, struct kmsg_record *ret_record)
{
	uint64_t priority, sequence, microseconds;
	char *text = strchr(line, ';');

	if (!text || sscanf(line, "%6" SCNu64 ",%20" SCNu64 ",%18" SCNu64, &priority, &sequence, &microseconds) != 3)
		return false;
	/* The first record's number, of whomever it is, says how many there were before it. */
	if (!kmsg->began)
		kmsg->earlier = sequence;
	kmsg->began = true;
	if (priority >> FACILITY_SHIFT)
		return false;
	*ret_record = (struct kmsg_record){ microseconds, text + 1 };
	return true;
}

bool kmsg_next(struct kmsg *kmsg, struct kmsg_record *ret_record)
{
	char *line;

	while ((line = lines_next(&kmsg->lines)))
		if (take_record(kmsg, line, ret_record))
			return true;
	return false;
}

const char *kmsg_about(struct kmsg *kmsg, const char *about, char *buf, size_t size)
{
	struct kmsg_record record;
	size_t used = 0;

	buf[0] = '\0';
	for (int count = 0; count < ABOUT_RECORDS_MAX && kmsg_next(kmsg, &record); count++) {
		if (!strstr(record.text, about) || strstr(buf, record.text) ||
			used + strlen(record.text) + sizeof("; ") > size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "; " : "", record.text);
	}
	return buf;
}

const char *kmsg_tell(struct kmsg *kmsg, const char *about, char *buf, size_t size)
{
	static const char says[] = "the kernel says: ";

	if (kmsg->lines.fd < 0) {
		snprintf(buf, size, "`dmesg | grep %s` shows what the kernel said of it", about);
		return buf;
	}
	snprintf(buf, size, "%s", says);
	if (size > sizeof(says))
		kmsg_about(kmsg, about, buf + strlen(says), size - strlen(says));
	if (!buf[strlen(says)])
		snprintf(buf, size, "the kernel logged nothing about %s meanwhile", about);
	return buf;
}
