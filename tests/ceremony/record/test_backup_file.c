/* SPDX-License-Identifier: ISC */
#include "ceremony/record/backup_file.h"

#include "tests/ceremony/record/fixture.h"

#define HEAD                                                                   \
	"anchorite-backup/v1\nlog demo.example/fleet\nceremony kept\n"         \
	"first root-1\ntoken root-2\nmodule softhsm\n"
#define PRODUCT "key product-ca c3BraQ== YmxvYg==\n"
#define SEALER "key sealer c3BraTI= YmxvYjI=\n"

static const struct {
	const char *name, *text, *fault; /* NULL: it is taken */
} rows[] = {
	{ "a root", HEAD "key root c3BraQ== YmxvYg==\n", NULL },
	{ "a product CA", HEAD PRODUCT SEALER, NULL },
	{ "nothing", "", "line 1: is missing, or has no LF" },
	{ "another form", "anchorite-backup/v2\n",
	    "line 1: is not \"anchorite-backup/v1\"" },
	{ "no log", "anchorite-backup/v1\nceremony kept\n",
	    "line 2: should be \"log ...\"" },
	{ "an empty log", "anchorite-backup/v1\nlog \n",
	    "line 2: should be \"log ...\"" },
	{ "a label too long",
	    "anchorite-backup/v1\nlog l\nceremony c\n"
	    "first aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	    "line 4: should be \"first ...\"" },
	{ "a control", "anchorite-backup/v1\nlog a\tb\n",
	    "line 2: is not printable ASCII" },
	{ "CR LF", "anchorite-backup/v1\r\n",
	    "line 1: is not printable ASCII" },
	{ "no key", HEAD, "line 7: is missing, or has no LF" },
	{ "no LF", HEAD "key root c3BraQ== YmxvYg==",
	    "line 7: is missing, or has no LF" },
	{ "a sealer alone", HEAD SEALER,
	    "line 7: no key of this role belongs here" },
	{ "a root with a sealer", HEAD "key root c3BraQ== YmxvYg==\n" SEALER,
	    "line 8: nothing follows the keys" },
	{ "a CA without sealer", HEAD PRODUCT,
	    "line 8: is missing, or has no LF" },
	{ "a CA twice", HEAD PRODUCT PRODUCT,
	    "line 8: no key of this role belongs here" },
	{ "more lines", HEAD PRODUCT SEALER "\n",
	    "line 9: nothing follows the keys" },
	{ "no wrapped key", HEAD "key root c3BraQ==\n",
	    "line 7: should be \"key <role> <spki> <wrapped>\"" },
	{ "an empty wrapped key", HEAD "key root c3BraQ== \n",
	    "line 7: a key is not in base64, or too long" },
	{ "a field more", HEAD "key root c3BraQ== YmxvYg== x\n",
	    "line 7: a key is not in base64, or too long" },
	{ "base64 without padding", HEAD "key root c3BraQ YmxvYg==\n",
	    "line 7: a key is not in base64, or too long" },
	{ "base64 that is not canonical", HEAD "key root c3BraR== YmxvYg==\n",
	    "line 7: a key is not in base64, or too long" },
};

static void
test_rows(void **state)
{
	static struct backup_file b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record_fault fault = { .text = "" };
		enum record_error want =
		    rows[i].fault == NULL ? RECORD_OK : RECORD_ERR_FORM;
		char *text = NULL;
		size_t len = 0;

		print_message("%s\n", rows[i].name);
		assert_int_equal(backup_file_read(rows[i].text,
				     strlen(rows[i].text), &b, &fault),
		    want);
		if (rows[i].fault != NULL) {
			assert_string_equal(fault.text, rows[i].fault);
			continue;
		}
		assert_string_equal(b.first, "root-1");
		assert_string_equal(b.token, "root-2");
		assert_memory_equal(b.keys.keys[0].spki.der, "spki", 4);
		assert_memory_equal(b.keys.keys[0].blob, "blob", 4);
		assert_int_equal(backup_file_write(&b, &text, &len), RECORD_OK);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(len, strlen(text));
		free(text);
	}
}

/* What could not be read again does not leave. */
static void
test_write_refused(void **state)
{
	static struct backup_file b;
	struct record_fault fault = { .text = "" };
	char *text = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(backup_file_read(rows[0].text, strlen(rows[0].text),
			     &b, &fault),
	    RECORD_OK);
	b.keys.keys[0].len = 0;
	assert_int_equal(backup_file_write(&b, &text, &len),
	    RECORD_ERR_ARGUMENT);
	assert_null(text);
	b.keys.keys[0].len = BACKUP_WRAPPED_MAX;
	strcpy(b.log, "a\nb");
	assert_int_equal(backup_file_write(&b, &text, &len),
	    RECORD_ERR_ARGUMENT);
	assert_null(text);
}

static void
test_too_long(void **state)
{
	static struct backup_file b;
	struct record_fault fault = { .text = "" };
	char *text = calloc(1, BACKUP_FILE_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', BACKUP_FILE_MAX + 1);
	assert_int_equal(backup_file_read(text, BACKUP_FILE_MAX + 1, &b,
			     &fault),
	    RECORD_ERR_FORM);
	assert_string_equal(fault.text, "over 16384 octets");
	assert_int_equal(backup_file_read(text, BACKUP_FILE_MAX, &b, &fault),
	    RECORD_ERR_FORM);
	text[5000] = '\n';
	assert_int_equal(backup_file_read(text, 5001, &b, &fault),
	    RECORD_ERR_FORM);
	assert_string_equal(fault.text, "line 1: is too long");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_write_refused),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
