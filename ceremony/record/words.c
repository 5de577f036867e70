/* SPDX-License-Identifier: ISC */
#include "ceremony/record/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "transfer/text.h"

#define WORDS_A_LINE 8
#define DIGEST_SIZE 32
#define SPACE " \t\r\n\v\f"

/* The PGP word list: row is the byte, column the parity of its position.  Two
 * syllables at even, three at odd positions: a word left out, said twice or
 * swapped with its neighbour is on the wrong list. */
static const char *const words[256][2] = {
	{ "aardvark", "adroitness" },
	{ "absurd", "adviser" },
	{ "accrue", "aftermath" },
	{ "acme", "aggregate" },
	{ "adrift", "alkali" },
	{ "adult", "almighty" },
	{ "afflict", "amulet" },
	{ "ahead", "amusement" },
	{ "aimless", "antenna" },
	{ "Algol", "applicant" },
	{ "allow", "Apollo" },
	{ "alone", "armistice" },
	{ "ammo", "article" },
	{ "ancient", "asteroid" },
	{ "apple", "Atlantic" },
	{ "artist", "atmosphere" },
	{ "assume", "autopsy" },
	{ "Athens", "Babylon" },
	{ "atlas", "backwater" },
	{ "Aztec", "barbecue" },
	{ "baboon", "belowground" },
	{ "backfield", "bifocals" },
	{ "backward", "bodyguard" },
	{ "banjo", "bookseller" },
	{ "beaming", "borderline" },
	{ "bedlamp", "bottomless" },
	{ "beehive", "Bradbury" },
	{ "beeswax", "bravado" },
	{ "befriend", "Brazilian" },
	{ "Belfast", "breakaway" },
	{ "berserk", "Burlington" },
	{ "billiard", "businessman" },
	{ "bison", "butterfat" },
	{ "blackjack", "Camelot" },
	{ "blockade", "candidate" },
	{ "blowtorch", "cannonball" },
	{ "bluebird", "Capricorn" },
	{ "bombast", "caravan" },
	{ "bookshelf", "caretaker" },
	{ "brackish", "celebrate" },
	{ "breadline", "cellulose" },
	{ "breakup", "certify" },
	{ "brickyard", "chambermaid" },
	{ "briefcase", "Cherokee" },
	{ "Burbank", "Chicago" },
	{ "button", "clergyman" },
	{ "buzzard", "coherence" },
	{ "cement", "combustion" },
	{ "chairlift", "commando" },
	{ "chatter", "company" },
	{ "checkup", "component" },
	{ "chisel", "concurrent" },
	{ "choking", "confidence" },
	{ "chopper", "conformist" },
	{ "Christmas", "congregate" },
	{ "clamshell", "consensus" },
	{ "classic", "consulting" },
	{ "classroom", "corporate" },
	{ "cleanup", "corrosion" },
	{ "clockwork", "councilman" },
	{ "cobra", "crossover" },
	{ "commence", "crucifix" },
	{ "concert", "cumbersome" },
	{ "cowbell", "customer" },
	{ "crackdown", "Dakota" },
	{ "cranky", "decadence" },
	{ "crowfoot", "December" },
	{ "crucial", "decimal" },
	{ "crumpled", "designing" },
	{ "crusade", "detector" },
	{ "cubic", "detergent" },
	{ "dashboard", "determine" },
	{ "deadbolt", "dictator" },
	{ "deckhand", "dinosaur" },
	{ "dogsled", "direction" },
	{ "dragnet", "disable" },
	{ "drainage", "disbelief" },
	{ "dreadful", "disruptive" },
	{ "drifter", "distortion" },
	{ "dropper", "document" },
	{ "drumbeat", "embezzle" },
	{ "drunken", "enchanting" },
	{ "Dupont", "enrollment" },
	{ "dwelling", "enterprise" },
	{ "eating", "equation" },
	{ "edict", "equipment" },
	{ "egghead", "escapade" },
	{ "eightball", "Eskimo" },
	{ "endorse", "everyday" },
	{ "endow", "examine" },
	{ "enlist", "existence" },
	{ "erase", "exodus" },
	{ "escape", "fascinate" },
	{ "exceed", "filament" },
	{ "eyeglass", "finicky" },
	{ "eyetooth", "forever" },
	{ "facial", "fortitude" },
	{ "fallout", "frequency" },
	{ "flagpole", "gadgetry" },
	{ "flatfoot", "Galveston" },
	{ "flytrap", "getaway" },
	{ "fracture", "glossary" },
	{ "framework", "gossamer" },
	{ "freedom", "graduate" },
	{ "frighten", "gravity" },
	{ "gazelle", "guitarist" },
	{ "Geiger", "hamburger" },
	{ "glitter", "Hamilton" },
	{ "glucose", "handiwork" },
	{ "goggles", "hazardous" },
	{ "goldfish", "headwaters" },
	{ "gremlin", "hemisphere" },
	{ "guidance", "hesitate" },
	{ "hamlet", "hideaway" },
	{ "highchair", "holiness" },
	{ "hockey", "hurricane" },
	{ "indoors", "hydraulic" },
	{ "indulge", "impartial" },
	{ "inverse", "impetus" },
	{ "involve", "inception" },
	{ "island", "indigo" },
	{ "jawbone", "inertia" },
	{ "keyboard", "infancy" },
	{ "kickoff", "inferno" },
	{ "kiwi", "informant" },
	{ "klaxon", "insincere" },
	{ "locale", "insurgent" },
	{ "lockup", "integrate" },
	{ "merit", "intention" },
	{ "minnow", "inventive" },
	{ "miser", "Istanbul" },
	{ "Mohawk", "Jamaica" },
	{ "mural", "Jupiter" },
	{ "music", "leprosy" },
	{ "necklace", "letterhead" },
	{ "Neptune", "liberty" },
	{ "newborn", "maritime" },
	{ "nightbird", "matchmaker" },
	{ "Oakland", "maverick" },
	{ "obtuse", "Medusa" },
	{ "offload", "megaton" },
	{ "optic", "microscope" },
	{ "orca", "microwave" },
	{ "payday", "midsummer" },
	{ "peachy", "millionaire" },
	{ "pheasant", "miracle" },
	{ "physique", "misnomer" },
	{ "playhouse", "molasses" },
	{ "Pluto", "molecule" },
	{ "preclude", "Montana" },
	{ "prefer", "monument" },
	{ "preshrunk", "mosquito" },
	{ "printer", "narrative" },
	{ "prowler", "nebula" },
	{ "pupil", "newsletter" },
	{ "puppy", "Norwegian" },
	{ "python", "October" },
	{ "quadrant", "Ohio" },
	{ "quiver", "onlooker" },
	{ "quota", "opulent" },
	{ "ragtime", "Orlando" },
	{ "ratchet", "outfielder" },
	{ "rebirth", "Pacific" },
	{ "reform", "pandemic" },
	{ "regain", "Pandora" },
	{ "reindeer", "paperweight" },
	{ "rematch", "paragon" },
	{ "repay", "paragraph" },
	{ "retouch", "paramount" },
	{ "revenge", "passenger" },
	{ "reward", "pedigree" },
	{ "rhythm", "Pegasus" },
	{ "ribcage", "penetrate" },
	{ "ringbolt", "perceptive" },
	{ "robust", "performance" },
	{ "rocker", "pharmacy" },
	{ "ruffled", "phonetic" },
	{ "sailboat", "photograph" },
	{ "sawdust", "pioneer" },
	{ "scallion", "pocketful" },
	{ "scenic", "politeness" },
	{ "scorecard", "positive" },
	{ "Scotland", "potato" },
	{ "seabird", "processor" },
	{ "select", "provincial" },
	{ "sentence", "proximate" },
	{ "shadow", "puberty" },
	{ "shamrock", "publisher" },
	{ "showgirl", "pyramid" },
	{ "skullcap", "quantity" },
	{ "skydive", "racketeer" },
	{ "slingshot", "rebellion" },
	{ "slowdown", "recipe" },
	{ "snapline", "recover" },
	{ "snapshot", "repellent" },
	{ "snowcap", "replica" },
	{ "snowslide", "reproduce" },
	{ "solo", "resistor" },
	{ "southward", "responsive" },
	{ "soybean", "retraction" },
	{ "spaniel", "retrieval" },
	{ "spearhead", "retrospect" },
	{ "spellbind", "revenue" },
	{ "spheroid", "revival" },
	{ "spigot", "revolver" },
	{ "spindle", "sandalwood" },
	{ "spyglass", "sardonic" },
	{ "stagehand", "Saturday" },
	{ "stagnate", "savagery" },
	{ "stairway", "scavenger" },
	{ "standard", "sensation" },
	{ "stapler", "sociable" },
	{ "steamship", "souvenir" },
	{ "sterling", "specialist" },
	{ "stockman", "speculate" },
	{ "stopwatch", "stethoscope" },
	{ "stormy", "stupendous" },
	{ "sugar", "supportive" },
	{ "surmount", "surrender" },
	{ "suspense", "suspicious" },
	{ "sweatband", "sympathy" },
	{ "swelter", "tambourine" },
	{ "tactics", "telephone" },
	{ "talon", "therapist" },
	{ "tapeworm", "tobacco" },
	{ "tempest", "tolerance" },
	{ "tiger", "tomorrow" },
	{ "tissue", "torpedo" },
	{ "tonic", "tradition" },
	{ "topmost", "travesty" },
	{ "tracker", "trombonist" },
	{ "transit", "truncated" },
	{ "trauma", "typewriter" },
	{ "treadmill", "ultimate" },
	{ "Trojan", "undaunted" },
	{ "trouble", "underfoot" },
	{ "tumor", "unicorn" },
	{ "tunnel", "unify" },
	{ "tycoon", "universe" },
	{ "uncut", "unravel" },
	{ "unearth", "upcoming" },
	{ "unwind", "vacancy" },
	{ "uproot", "vagabond" },
	{ "upset", "vertigo" },
	{ "upshot", "Virginia" },
	{ "vapor", "visitor" },
	{ "village", "vocalist" },
	{ "virus", "voyager" },
	{ "Vulcan", "warranty" },
	{ "waffle", "Waterloo" },
	{ "wallet", "whimsical" },
	{ "watchword", "Wichita" },
	{ "wayside", "Wilmington" },
	{ "willow", "Wyoming" },
	{ "woodlark", "yesteryear" },
	{ "Zulu", "Yucatan" },
};

const char *
words_word(uint8_t value, unsigned position)
{
	return words[value][position % 2];
}

void
words_write(const uint8_t digest[32], char out[WORDS_TEXT_MAX])
{
	char *at = out;

	for (unsigned i = 0; i < DIGEST_SIZE; i++) {
		if (i > 0)
			*at++ = ' ';
		at = stpcpy(at, words_word(digest[i], i));
	}
}

void
words_write_lines(const uint8_t digest[32], char out[WORDS_TEXT_MAX])
{
	unsigned blanks = 0;

	words_write(digest, out);
	for (char *c = out; *c != '\0'; c++) {
		if (*c == ' ' && ++blanks % WORDS_A_LINE == 0)
			*c = '\n';
	}
}

/* The byte whose word at a position this is, or -1. */
static int
word_value(const char *word, size_t len, unsigned position)
{
	for (unsigned value = 0; value < 256; value++) {
		const char *known = words_word((uint8_t)value, position);

		if (strlen(known) == len && strncasecmp(known, word, len) == 0)
			return (int)value;
	}
	return -1;
}

/* Whether the token at text, len characters, is all there is, and is hex of
 * either case. */
static bool
read_hex(const char *text, size_t len, uint8_t out[DIGEST_SIZE])
{
	char lower[TEXT_HEX_SIZE(DIGEST_SIZE)] = { 0 };

	if (len != 2 * DIGEST_SIZE ||
	    text[len + strspn(text + len, SPACE)] != '\0')
		return false;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	return text_unhex(lower, out, DIGEST_SIZE);
}

/* Whether there are 32 words; *bad is the first wrong one, or 0. */
static bool
read_words(const char *text, uint8_t out[DIGEST_SIZE], unsigned *bad)
{
	unsigned count = 0;

	*bad = 0;
	for (; *text != '\0'; text += strspn(text, SPACE)) {
		size_t len = strcspn(text, SPACE);
		int value = word_value(text, len, count);

		if (count == DIGEST_SIZE)
			return false;
		if (value < 0) {
			*bad = count + 1;
			return false;
		}
		out[count++] = (uint8_t)value;
		text += len;
	}
	return count == DIGEST_SIZE;
}

bool
words_read(const char *text, uint8_t digest[32], unsigned *bad)
{
	uint8_t value[DIGEST_SIZE] = { 0 };
	unsigned wrong = 0;
	bool ok;

	text += strspn(text, SPACE);
	ok = read_hex(text, strcspn(text, SPACE), value) ||
	    read_words(text, value, &wrong);
	if (bad != NULL)
		*bad = wrong;
	if (!ok)
		memset(value, 0, sizeof(value));
	memcpy(digest, value, sizeof(value));
	return ok;
}
