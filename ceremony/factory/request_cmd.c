/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/factory/bundle.h"
#include "ceremony/factory/clock.h"
#include "ceremony/factory/command.h"
#include "ceremony/factory/input.h"
#include "ceremony/factory/say.h"
#include "ceremony/factory/station.h"
#include "transfer/file.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

enum {
	ORDER,
	KEY,
	OUT,
	PREVIOUS,
	UNITS,
	DATE
};

static const struct option_row options[] = {
	[ORDER] = { "order", "FILE", true, "the work order, sealed",
	    PLACE_READ },
	[KEY] = { "key", "FILE", true, "this station's key", PLACE_READ },
	[OUT] = { "out", "FILE", true, "new .request file for the ceremony",
	    PLACE_MAKE },
	[PREVIOUS] = { "previous", "FILE", false,
	    "the request before this one under the order", PLACE_READ },
	[UNITS] = { "units", "FILE", false, "hardware serials, id,serial",
	    PLACE_READ },
	[DATE] = { "date", "RFC3339", false, "instead of the clock" },
	{ 0 },
};

/* The order must be for this station; that it is genuine cannot be told
 * without the root, and the CA takes nothing beyond its own copy. */
static enum outcome
read_order(const char *path, const struct station_key *key,
    struct request *request)
{
	struct input_sealed sealed = { 0 };
	struct order order;
	enum outcome ret = input_order(path, &sealed, &order);

	if (ret == OUTCOME_DONE &&
	    CRYPTO_memcmp(order.station, key->spki_sha256, 32) != 0) {
		say_error("%s: is for another station (factory %s, line %s), "
			  "not for this key",
		    path, order.factory, order.line);
		ret = OUTCOME_REFUSED;
	}
	if (ret == OUTCOME_DONE) {
		memcpy(request->order, sealed.digest, 32);
		say_error("%s: order not authenticated; accept does that with "
			  "--root",
		    path);
	}
	input_sealed_clear(&sealed);
	return ret;
}

static enum outcome
follow(const char *path, const struct request *before,
    const struct input_sealed *sealed, const struct station_key *key,
    struct request *request)
{
	uint8_t *payload = NULL, digest[32];
	size_t len = 0;
	enum transfer_error err;

	err = sealed_open(sealed->file, sealed->file_len, key->key, &payload,
	    &len, digest);
	OPENSSL_free(payload);
	if (err != TRANSFER_OK)
		return input_failed(path, err);
	if (CRYPTO_memcmp(before->order, request->order, 32) != 0) {
		say_error("%s: is under another order; a sequence is counted "
			  "within one",
		    path);
		return OUTCOME_REFUSED;
	}
	request->sequence = before->sequence + 1;
	memcpy(request->previous, digest, 32);
	return OUTCOME_DONE;
}

/* Sequence and previous digest: the first, or the one after path. */
static enum outcome
read_previous(const char *path, const struct station_key *key,
    struct request *request)
{
	struct input_sealed sealed = { 0 };
	struct request before;
	enum outcome ret;

	request->sequence = 1;
	if (path == NULL)
		return OUTCOME_DONE;
	ret = input_request(path, &sealed, &before);
	if (ret == OUTCOME_DONE)
		ret = follow(path, &before, &sealed, key, request);
	request_clear(&before);
	input_sealed_clear(&sealed);
	return ret;
}

static enum outcome
read_units(const char *path, struct units *units)
{
	uint8_t *text = NULL;
	size_t len = 0;
	unsigned line = 0;
	enum outcome ret;

	memset(units, 0, sizeof(*units));
	if (path == NULL)
		return OUTCOME_DONE;
	ret = input_file(path, UNITS_FILE_MAX, &text, &len);
	if (ret == OUTCOME_DONE &&
	    !units_read((const char *)text, len, units, &line)) {
		say_error(
		    "%s: line %u: not \"id,serial\" of letters, digits and "
		    "._-, or its id stands twice",
		    path, line);
		ret = OUTCOME_REFUSED;
	}
	free(text);
	return ret;
}

static enum outcome
read_files(const struct paths *paths, const char *units_path,
    struct request *request)
{
	struct units units;
	enum outcome ret;

	if (paths->count > SEALED_ENTRIES_MAX) {
		say_error("%zu CSRs; a request holds at most %u: make several, "
			  "each naming the one before with --previous",
		    paths->count, SEALED_ENTRIES_MAX);
		return OUTCOME_REFUSED;
	}
	ret = read_units(units_path, &units);
	if (ret == OUTCOME_DONE)
		ret = bundle_read(paths, &units, request);
	if (ret == OUTCOME_DONE && units_unused(&units) > 0)
		say_error("%s: %zu of its units have no CSR here", units_path,
		    units_unused(&units));
	units_clear(&units);
	return ret;
}

static enum outcome
read_operands(const struct arguments *args, struct request *request)
{
	struct paths paths;
	const char *units = args->option[UNITS];
	enum outcome ret;

	ret = paths_collect(args->operands, args->operand_count, &paths);
	if (ret == OUTCOME_DONE)
		ret = read_files(&paths, units ? units : paths.units, request);
	paths_clear(&paths);
	return ret;
}

static void
tell(const char *path, const struct request *request, const char *payload,
    size_t len)
{
	uint8_t digest[32];
	char bundle[TEXT_HEX_SIZE(16)];

	text_hex(request->bundle, sizeof(request->bundle), bundle);
	say("%s: %zu CSRs, bundle %s, sequence %llu", path, request->count,
	    bundle, (unsigned long long)request->sequence);
	if (EVP_Digest(payload, len, digest, NULL, EVP_sha256(), NULL) == 1)
		say_digest("payload digest, as the ceremony will show it",
		    digest);
}

/* Write, seal, store. */
static enum outcome
finish(const char *path, const struct request *request,
    const struct station_key *key, int64_t now)
{
	char *payload = NULL;
	uint8_t *sealed = NULL;
	size_t len = 0, sealed_len = 0;
	enum transfer_error err = request_write(request, &payload, &len);
	enum outcome ret = OUTCOME_DONE;

	if (err == TRANSFER_OK)
		err = sealed_sign(payload, len, key->key, key->cert, now,
		    &sealed, &sealed_len);
	if (err == TRANSFER_OK)
		err = file_create(AT_FDCWD, path, sealed, sealed_len, 0644);
	if (err == TRANSFER_OK)
		tell(path, request, payload, len);
	else
		ret = input_failed(path, err);
	OPENSSL_free(sealed);
	free(payload);
	return ret;
}

static enum outcome
run(const struct arguments *args)
{
	struct station_key key = { 0 };
	struct request request = { 0 };
	int64_t now;
	enum outcome ret;

	if (!clock_read(args->option[DATE], &now))
		return OUTCOME_USAGE;
	if (!command_cell(&request_command, args))
		return OUTCOME_TROUBLE;
	ret = station_key_read(args->option[KEY], &key);
	if (ret == OUTCOME_DONE)
		ret = read_order(args->option[ORDER], &key, &request);
	if (ret == OUTCOME_DONE)
		ret = read_previous(args->option[PREVIOUS], &key, &request);
	if (ret == OUTCOME_DONE)
		ret = read_operands(args, &request);
	if (ret == OUTCOME_DONE &&
	    RAND_bytes(request.bundle, sizeof(request.bundle)) != 1)
		ret = input_failed("request", TRANSFER_ERR_MEMORY);
	if (ret == OUTCOME_DONE)
		ret = finish(args->option[OUT], &request, &key, now);
	request_clear(&request);
	station_key_clear(&key);
	return ret;
}

const struct command request_command = {
	.name = "request",
	.run = run,
	.summary = "bundle device CSRs and seal them for the ceremony",
	.options = options,
	.operands = "DIR|FILE...",
};
