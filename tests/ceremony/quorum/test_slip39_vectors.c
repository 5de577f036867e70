/* SPDX-License-Identifier: ISC */
/* The 45 vectors published with SLIP-0039 and its word list, from the folder
 * that SHARED names. */
#include <jansson.h>
#include <stdlib.h>

#include "ceremony/quorum/slip39.h"
#include "tests/ceremony/quorum/fixture.h"
#include "transfer/text.h"

#define PATH_SIZE 1024

/* The vectors that must not combine, by number; the rest must. */
static const enum quorum_error expected[46] = {
	[2] = QUORUM_ERR_CHECKSUM,
	[3] = QUORUM_ERR_MNEMONIC,
	[5] = QUORUM_ERR_THRESHOLD,
	[6] = QUORUM_ERR_SHARE,
	[7] = QUORUM_ERR_SHARE,
	[8] = QUORUM_ERR_SHARE,
	[9] = QUORUM_ERR_SHARE,
	[10] = QUORUM_ERR_MNEMONIC,
	[11] = QUORUM_ERR_SHARE,
	[12] = QUORUM_ERR_SHARE,
	[13] = QUORUM_ERR_DIGEST,
	[14] = QUORUM_ERR_THRESHOLD,
	[15] = QUORUM_ERR_THRESHOLD,
	[16] = QUORUM_ERR_THRESHOLD,
	[21] = QUORUM_ERR_CHECKSUM,
	[22] = QUORUM_ERR_MNEMONIC,
	[24] = QUORUM_ERR_THRESHOLD,
	[25] = QUORUM_ERR_SHARE,
	[26] = QUORUM_ERR_SHARE,
	[27] = QUORUM_ERR_SHARE,
	[28] = QUORUM_ERR_SHARE,
	[29] = QUORUM_ERR_MNEMONIC,
	[30] = QUORUM_ERR_SHARE,
	[31] = QUORUM_ERR_SHARE,
	[32] = QUORUM_ERR_DIGEST,
	[33] = QUORUM_ERR_THRESHOLD,
	[34] = QUORUM_ERR_THRESHOLD,
	[35] = QUORUM_ERR_THRESHOLD,
	[39] = QUORUM_ERR_MNEMONIC,
	[40] = QUORUM_ERR_MNEMONIC,
};

/* False when there are no vectors here. */
static bool
vector_path(const char *name, char *path)
{
	const char *shared = getenv("SHARED");
	FILE *f = NULL;

	if (shared != NULL) {
		snprintf(path, PATH_SIZE, "%s/vectors/%s", shared, name);
		f = fopen(path, "r");
	}
	if (f == NULL) {
		print_message("# no %s in $SHARED/vectors\n", name);
		return false;
	}
	fclose(f);
	return true;
}

static void
check_vector(const char *name, json_t *texts, const char *master,
    enum quorum_error want)
{
	struct secret *mnemonics[SLIP39_MNEMONICS_MAX] = { NULL };
	size_t count = json_array_size(texts);
	struct secret *out = NULL;
	char hex[TEXT_HEX_SIZE(SECRET_MAX)] = "";

	assert_in_range(count, 1, SLIP39_MNEMONICS_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(texts, i));

		mnemonics[i] = secret_from(text, strlen(text));
		assert_non_null(mnemonics[i]);
	}
	assert_error(name,
	    slip39_combine(mnemonics, count, "TREZOR", &out, NULL), want);
	if (out != NULL)
		text_hex(out->data, out->len, hex);
	assert_string_equal(hex, master);
	secret_free(out);
	secrets_free(mnemonics, count);
}

static void
test_vectors(void **state)
{
	char path[PATH_SIZE] = "";
	json_t *all = NULL;
	size_t good = 0;

	(void)state;
	if (!vector_path("slip39.json", path))
		skip();
	all = json_load_file(path, 0, NULL);
	assert_int_equal(json_array_size(all), 45);
	for (size_t i = 0; i < 45; i++) {
		json_t *vector = json_array_get(all, i);
		const char *master =
		    json_string_value(json_array_get(vector, 2));

		good += *master != '\0';
		check_vector(json_string_value(json_array_get(vector, 0)),
		    json_array_get(vector, 1), master, expected[i + 1]);
	}
	assert_int_equal(good, 15);
	json_decref(all);
}

static void
test_word_list(void **state)
{
	char path[PATH_SIZE] = "", line[32] = "";
	FILE *f = NULL;
	unsigned count = 0;

	(void)state;
	if (!vector_path("slip39-words.txt", path))
		skip();
	f = fopen(path, "r");
	assert_non_null(f);
	for (; fgets(line, sizeof(line), f) != NULL; count++) {
		line[strcspn(line, "\n")] = '\0';
		assert_non_null(slip39_word(count));
		assert_string_equal(line, slip39_word(count));
	}
	assert_int_equal(count, 1024);
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_word_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
