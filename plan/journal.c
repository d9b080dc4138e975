// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's files; see journal.h. A file that is replaced is written under another name, synced and renamed
 * (run_dir.h); progress is only ever added to, and a line of it that was torn has never been begun, since its sync had
 * not returned.
 */
#include "plan/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "os/run_dir.h"
#include "os/state_dir.h"
#include "plan/journal_json.h"
#include "wire/limits.h"

#define JOURNAL "journal"
#define PATH "/var/lib/sluice/journal"

static const char pending_name[] = "pending.json";
static const char progress_name[] = "progress";
static const char found_name[] = "found.json";
static const char letters[] = {
	[JOURNAL_UNTOUCHED] = '-', [JOURNAL_BEGUN] = 'b', [JOURNAL_DONE] = 'd', [JOURNAL_UNDONE] = 'u'
};

struct journal {
	const struct sysroot *root; /* the lock's */
	int dir, progress;          /* owned; -1: none */
};

int journal_open(const struct host_lock *lock, struct journal **ret_journal, struct error *err)
{
	struct journal *journal = malloc(sizeof(*journal));
	int ret;

	if (!journal)
		return fail(err, ENOMEM, "open the journal");
	*journal = (struct journal){ .root = host_lock_root(lock), .dir = -1, .progress = -1 };
	ret = state_dir_open(journal->root, JOURNAL, true, &journal->dir);
	if (ret < 0) {
		free(journal);
		fail(err, -ret, "open " PATH);
		return fail_hint(err, "nothing is changed without a journal; is /var writable?");
	}
	*ret_journal = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	close_fd(&journal->dir);
	close_fd(&journal->progress);
	free(journal);
}

/* Reading ---------------------------------------------------------------------------------------------------------- */

/* 1, 0 when there is none. The caller frees *ret_text. */
static int read_file(const struct sysroot *root, const char *name, char **ret_text, size_t *ret_size, struct error *err)
{
	cleanup_close int fd = -1;
	cleanup_free char *text = NULL;
	struct stat info;
	size_t used = 0;

	fd = sysroot_open_file(root, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, "var/lib/sluice/" JOURNAL "/%s", name);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd == -EACCES || fd == -EPERM)
		return fail_code(err, CODE_NOT_ROOT, -fd, "read " PATH "/%s: only root may", name);
	if (fd < 0)
		return fail(err, -fd, "read " PATH "/%s", name);
	if (fstat(fd, &info))
		return fail(err, errno, "read " PATH "/%s", name);
	if (!S_ISREG(info.st_mode) || info.st_size > LIMIT_JOURNAL_BYTES)
		return fail_code(err, CODE_FAILED, EBADMSG, PATH "/%s is no file of sluice's", name);
	text = malloc((size_t)info.st_size + 1);
	if (!text)
		return fail(err, ENOMEM, "read " PATH "/%s", name);
	while (used < (size_t)info.st_size) {
		ssize_t got = read(fd, text + used, (size_t)info.st_size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(err, errno, "read " PATH "/%s", name);
		if (!got)
			break;
		used += (size_t)got;
	}
	text[used] = '\0';
	*ret_text = take_ptr(text);
	*ret_size = used;
	return 1;
}

static int spoilt(const char *name, struct error *err)
{
	fail_in(err, PATH "/%s", name);
	return fail_hint(err, "the file is damaged: what it says cannot be undone by sluice any more. Look at it, put "
			      "the host right by hand, and move the file away");
}

static int read_entry(const struct sysroot *root, const char *name, struct journal_entry *ret_entry, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	int ret = read_file(root, name, &text, &size, err);

	if (ret <= 0)
		return ret;
	ret = journal_entry_from_json(text, size, ret_entry, err);
	return ret < 0 ? spoilt(name, err) : 1;
}

int journal_found(const struct sysroot *root, struct step_list *ret_found, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	int ret = read_file(root, found_name, &text, &size, err);

	if (ret < 0)
		return ret;
	*ret_found = (struct step_list){ 0 };
	ret = ret ? journal_found_from_json(text, size, ret_found, err) : 0;
	return ret < 0 ? spoilt(found_name, err) : 0;
}

/* Lines of LETTER NUMBER behind one with the entry's id. What is torn, or of another entry, has not happened. */
static void take_progress(const char *text, const char *id, enum journal_mark *marks, size_t count)
{
	size_t length = strlen(id);

	if (strncmp(text, id, length) != 0 || text[length] != '\n')
		return;
	for (const char *line = text + length + 1, *end; (end = strchr(line, '\n')); line = end + 1) {
		const char *letter = memchr(letters, line[0], sizeof(letters));
		unsigned long number = strtoul(line + 1, NULL, 10);

		if (letter && letter != letters && number < count)
			marks[number] = (enum journal_mark)(letter - letters);
	}
}

int journal_pending(
	const struct sysroot *root, struct journal_entry *ret_entry, enum journal_mark **ret_marks, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	int ret = read_entry(root, pending_name, ret_entry, err);

	if (ret <= 0)
		return ret;
	*ret_marks = calloc(ret_entry->steps.count + 1, sizeof(**ret_marks));
	ret = *ret_marks ? read_file(root, progress_name, &text, &size, err) : fail(err, ENOMEM, "read the journal");
	if (ret < 0) {
		free(*ret_marks);
		journal_entry_done(ret_entry);
		return ret;
	}
	if (ret)
		take_progress(text, ret_entry->id, *ret_marks, ret_entry->steps.count);
	return 1;
}

bool journal_is_pending(const struct sysroot *root)
{
	return sysroot_exists(root, "var/lib/sluice/" JOURNAL "/%s", pending_name);
}

void journal_pending_id(const struct sysroot *root, char *buf, size_t size)
{
	struct journal_entry entry = { 0 };

	buf[0] = '\0';
	if (read_entry(root, pending_name, &entry, NULL) == 1)
		text_copy(buf, size, entry.id);
	journal_entry_done(&entry);
}

/* Generations ------------------------------------------------------------------------------------------------------ */

static void generation_name(unsigned int generation, char buf[static 24])
{
	snprintf(buf, 24, "%06u.json", generation);
}

/* The highest number, and the lowest; 0: none. */
static void find_generations(const struct sysroot *root, unsigned int *ret_last, unsigned int *ret_first)
{
	cleanup_dir DIR *list = sysroot_open_dir(root, "var/lib/sluice/" JOURNAL);
	struct dirent *entry;

	*ret_last = *ret_first = 0;
	while (list && (entry = readdir(list))) {
		unsigned int number = 0;
		char name[24];

		if (sscanf(entry->d_name, "%9u.json", &number) != 1 || !number)
			continue;
		generation_name(number, name);
		if (strcmp(name, entry->d_name) != 0)
			continue;
		if (number > *ret_last)
			*ret_last = number;
		if (!*ret_first || number < *ret_first)
			*ret_first = number;
	}
}

/* An undo takes itself and what it undid off the stack; a release of everything all that was before. */
int journal_read(
	const struct sysroot *root, unsigned int generation, struct journal_entry *ret_entry, struct error *err)
{
	unsigned int last, first;
	char name[24];

	find_generations(root, &last, &first);
	for (unsigned int at = generation ? generation : last; at && at >= first;) {
		struct journal_entry entry = { 0 };
		int ret;

		generation_name(at, name);
		ret = read_entry(root, name, &entry, err);
		if (ret <= 0)
			return ret;
		if (generation || (!entry.undoes && !entry.forgets)) {
			*ret_entry = entry;
			return 1;
		}
		at = entry.forgets || entry.undoes > at ? 0 : entry.undoes - 1;
		journal_entry_done(&entry);
	}
	return 0;
}

/* Writing ---------------------------------------------------------------------------------------------------------- */

static int write_text(const struct journal *journal, const char *name, char *text, struct error *err)
{
	int ret = text ? run_dir_write(journal->dir, name, text, err) : fail(err, ENOMEM, "write the journal");

	free(text);
	return ret < 0 ? fail_in(err, PATH) : 0;
}

static int sync_dir(const struct journal *journal, struct error *err)
{
	return fsync(journal->dir) ? fail(err, errno, "write " PATH) : 0;
}

static void fill_entry(const struct journal *journal, struct journal_entry *entry)
{
	time_t now = time(NULL);
	unsigned int last, first;
	struct tm utc;

	find_generations(journal->root, &last, &first);
	entry->generation = last + 1;
	entry->time[0] = '\0';
	if (gmtime_r(&now, &utc))
		strftime(entry->time, sizeof(entry->time), "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (sysroot_read_text(journal->root, entry->id, sizeof(entry->id), "proc/sys/kernel/random/uuid") <= 0)
		snprintf(entry->id, sizeof(entry->id), "%d-%lld", getpid(), (long long)now);
	sysroot_read_text(journal->root, entry->boot_id, sizeof(entry->boot_id), "proc/sys/kernel/random/boot_id");
}

/* Before pending.json, whose id it has: an older one's lines count for nothing. */
static int begin_progress(struct journal *journal, const char *id, struct error *err)
{
	int ret = run_dir_write(journal->dir, progress_name, "", err);

	if (ret < 0)
		return fail_in(err, PATH);
	close_fd(&journal->progress);
	journal->progress = openat(journal->dir, progress_name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (journal->progress < 0 || dprintf(journal->progress, "%s\n", id) < 0 || fdatasync(journal->progress))
		return fail(err, errno, "write " PATH "/%s", progress_name);
	return 0;
}

int journal_refuse_pending(struct error *err)
{
	fail_code(err, CODE_APPLY_PENDING, EBUSY, "an earlier apply has not come to its end");
	return fail_hint(err,
		"'sluice recover' brings the host back to before it; 'sluice confirm' keeps one that waits "
		"for that; 'sluice status' says which it is");
}

int journal_begin(struct journal *journal, struct journal_entry *entry, struct error *err)
{
	int ret;

	if (journal_is_pending(journal->root))
		return journal_refuse_pending(err);
	fill_entry(journal, entry);
	ret = begin_progress(journal, entry->id, err);
	return ret < 0 ? ret : write_text(journal, pending_name, journal_entry_to_json(entry), err);
}

static int open_progress(struct journal *journal, struct error *err)
{
	if (journal->progress >= 0)
		return 0;
	journal->progress = openat(journal->dir, progress_name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	return journal->progress < 0 ? fail(err, errno, "open " PATH "/%s", progress_name) : 0;
}

/* A line that was torn by a cut of power ends here, so that the next is not its tail. */
int journal_mark(struct journal *journal, size_t first, size_t count, enum journal_mark mark, struct error *err)
{
	bool is_new = journal->progress < 0;
	int ret = open_progress(journal, err);

	if (ret < 0)
		return ret;
	if (is_new && write(journal->progress, "\n", 1) != 1)
		return fail(err, errno, "write " PATH "/%s", progress_name);
	for (size_t i = first; i < first + count; i++) {
		char line[32];
		int length = snprintf(line, sizeof(line), "%c%zu\n", letters[mark], i);

		errno = EIO;
		if (write(journal->progress, line, (size_t)length) != length)
			return fail(err, errno, "write " PATH "/%s", progress_name);
	}
	return fdatasync(journal->progress) ? fail(err, errno, "write " PATH "/%s", progress_name) : 0;
}

/* Where it says the same already nothing is written. */
static int write_found(const struct journal *journal, const struct step_list *found, struct error *err)
{
	cleanup_free char *text = journal_found_to_json(found);
	cleanup_free char *now = NULL;
	size_t size = 0;

	if (!text)
		return fail(err, ENOMEM, "write the journal");
	if (read_file(journal->root, found_name, &now, &size, NULL) == 1 && !strcmp(now, text))
		return 0;
	if (!now && !found->count)
		return 0;
	return run_dir_write(journal->dir, found_name, text, err) < 0 ? fail_in(err, PATH) : 0;
}

static void remove_old(const struct journal *journal)
{
	unsigned int last, first;
	char name[24];

	find_generations(journal->root, &last, &first);
	for (; first && first + LIMIT_GENERATIONS <= last; first++) {
		generation_name(first, name);
		unlinkat(journal->dir, name, 0);
	}
}

int journal_complete(struct journal *journal, struct journal_entry *entry, struct error *err)
{
	entry->complete = true;
	return write_text(journal, pending_name, journal_entry_to_json(entry), err);
}

int journal_commit(struct journal *journal, const struct journal_entry *entry, struct error *err)
{
	char name[24];
	int ret = write_found(journal, &entry->found_after, err);

	if (ret < 0)
		return ret;
	generation_name(entry->generation, name);
	if (renameat(journal->dir, pending_name, journal->dir, name))
		return fail(err, errno, "write " PATH "/%s", name);
	ret = sync_dir(journal, err);
	close_fd(&journal->progress);
	unlinkat(journal->dir, progress_name, 0);
	remove_old(journal);
	return ret;
}

int journal_abandon(struct journal *journal, const struct journal_entry *entry, struct error *err)
{
	int ret = write_found(journal, &entry->found, err);

	if (ret < 0)
		return ret;
	ret = run_dir_remove(journal->dir, pending_name, err);
	if (ret < 0)
		return ret;
	ret = sync_dir(journal, err);
	close_fd(&journal->progress);
	unlinkat(journal->dir, progress_name, 0);
	return ret;
}
