/*
 * protobuf-c describes each message: where in its struct a field is, of what
 * type, and where it says whether (a oneof: which; a list: how many) there are.
 */
#include "fuzz/change_message.h"

#include "column/proto.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH     16 /* bytes that a field of bytes may gain at once */
#define DEPTH_MADE 3  /* new messages in new messages */

/* A field of one of the messages of a tree. */
struct site {
    ProtobufCMessage *message;
    const ProtobufCFieldDescriptor *field;
};

/* Shorter names. */
typedef ProtobufCMessage message_type;
typedef ProtobufCFieldDescriptor field_type;

static void *member(const message_type *message, const field_type *field)
{
    return (char *)message + field->offset;
}

static void *quantifier(const message_type *message, const field_type *field)
{
    return (char *)message + field->quantifier_offset;
}

static bool is_list(const field_type *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED;
}

static bool is_choice(const field_type *field)
{
    return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static size_t *count(const message_type *message, const field_type *field)
{
    return quantifier(message, field);
}

/* Which member of its oneof is there: the number of the field. */
static uint32_t *choice(const message_type *message, const field_type *field)
{
    return quantifier(message, field);
}

static bool is_there(const message_type *message, const field_type *field)
{
    if (is_list(field))
        return *count(message, field) > 0;
    if (is_choice(field))
        return *choice(message, field) == field->id;
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(message_type **)member(message, field) != NULL;
    case PROTOBUF_C_TYPE_STRING:
        return *(char **)member(message, field) != NULL;
    default:
        return *(protobuf_c_boolean *)quantifier(message, field);
    }
}

static message_type *clone(const message_type *message)
{
    size_t bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(bytes + 1);
    message_type *copy;

    (void)protobuf_c_message_pack(message, packed);
    copy = protobuf_c_message_unpack(message->descriptor, NULL, bytes, packed);
    free(packed);
    return copy;
}

/* -- looking through a tree ---------------------------------------------- */

typedef void visit_field(void *user, message_type *message,
                         const field_type *field);

static void visit(message_type *message, visit_field *each, void *user)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const field_type *field = &message->descriptor->fields[i];
        message_type **below = member(message, field);
        size_t n = 1;

        each(user, message, field);
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || !is_there(message, field))
            continue;
        if (is_list(field)) {
            n = *count(message, field);
            below = *(message_type ***)below;
        }
        for (size_t k = 0; k < n; k++)
            visit(below[k], each, user);
    }
}

/* One of all that is seen, each as likely as the others. */
struct search {
    struct random *random;
    const void *type; /* of the messages that are wanted */
    struct site site;
    message_type *found;
    size_t seen;
};

/* Members of a oneof that are not there are many: they count for less. */
static void see_site(void *user, message_type *message, const field_type *field)
{
    struct search *search = user;

    if (is_choice(field) && !is_there(message, field) &&
        random_below(search->random, 8) != 0)
        return;
    if (random_below(search->random, ++search->seen) == 0)
        search->site = (struct site){ message, field };
}

static void see_message(void *user, message_type *message,
                        const field_type *field)
{
    struct search *search = user;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE || is_list(field) ||
        field->descriptor != search->type || !is_there(message, field))
        return;
    if (random_below(search->random, ++search->seen) == 0)
        search->found = *(message_type **)member(message, field);
}

/* -- single values ------------------------------------------------------- */

uint64_t change_number(uint64_t number, struct random *random)
{
    static const uint64_t edges[] = { 0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      7,
                                      8,
                                      9,
                                      12,
                                      15,
                                      16,
                                      31,
                                      32,
                                      63,
                                      64,
                                      65,
                                      127,
                                      128,
                                      255,
                                      256,
                                      1u << 10,
                                      1u << 12,
                                      1u << 15,
                                      UINT16_MAX,
                                      1u << 24,
                                      INT32_MAX,
                                      UINT32_MAX,
                                      UINT64_C(1) << 32,
                                      UINT64_C(1) << 40,
                                      INT64_MAX,
                                      UINT64_C(1) << 63,
                                      UINT64_MAX };

    switch (random_below(random, 5)) {
    case 0:
        return number + 1 + random_below(random, 4);
    case 1:
        return number - 1 - random_below(random, 4);
    case 2:
        return number << 1;
    case 3:
        return number ^ UINT64_C(1) << random_below(random, 64);
    default:
        return edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];
    }
}

static size_t number_bytes(const field_type *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

static void change_number_at(void *at, const field_type *field,
                             struct random *random)
{
    uint64_t number = 0;

    memcpy(&number, at, number_bytes(field));
    number = field->type == PROTOBUF_C_TYPE_BOOL
                 ? !number
                 : change_number(number, random);
    memcpy(at, &number, number_bytes(field));
}

static void change_bytes(ProtobufCBinaryData *data)
{
    uint8_t *bytes = malloc(data->len + GROWTH);

    if (data->len > 0)
        memcpy(bytes, data->data, data->len);
    data->len = LLVMFuzzerMutate(bytes, data->len, data->len + GROWTH);
    free(data->data);
    data->data = bytes;
}

static void change_string(char **text)
{
    size_t length = *text ? strlen(*text) : 0;
    char *changed = malloc(length + GROWTH + 1);

    if (length > 0)
        memcpy(changed, *text, length);
    length = LLVMFuzzerMutate((uint8_t *)changed, length, length + GROWTH);
    changed[length] = '\0';
    free(*text);
    *text = changed;
}

/* -- making and removing ------------------------------------------------- */

/* Nothing in the place of what a field, or the oneof it is of, has. */
static void drop(message_type *message, const field_type *field)
{
    if (is_choice(field)) {
        field = protobuf_c_message_descriptor_get_field(
            message->descriptor, *choice(message, field));
        if (!field)
            return;
        *choice(message, field) = 0;
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        if (*(message_type **)member(message, field))
            protobuf_c_message_free_unpacked(
                *(message_type **)member(message, field), NULL);
        *(message_type **)member(message, field) = NULL;
        break;
    case PROTOBUF_C_TYPE_STRING:
        free(*(char **)member(message, field));
        *(char **)member(message, field) = NULL;
        break;
    case PROTOBUF_C_TYPE_BYTES:
        free(((ProtobufCBinaryData *)member(message, field))->data);
        *(ProtobufCBinaryData *)member(message, field) =
            (ProtobufCBinaryData){ 0 };
        break;
    default:
        memset(member(message, field), 0, number_bytes(field));
    }
    if (!is_choice(field) && field->type != PROTOBUF_C_TYPE_MESSAGE &&
        field->type != PROTOBUF_C_TYPE_STRING)
        *(protobuf_c_boolean *)quantifier(message, field) = false;
}

/* Say that a field is there. */
static void declare(message_type *message, const field_type *field)
{
    if (is_choice(field))
        *choice(message, field) = field->id;
    else if (field->type != PROTOBUF_C_TYPE_MESSAGE &&
             field->type != PROTOBUF_C_TYPE_STRING)
        *(protobuf_c_boolean *)quantifier(message, field) = true;
}

static void set_message(message_type *message, const field_type *field,
                        message_type *value)
{
    drop(message, field);
    *(message_type **)member(message, field) = value;
    declare(message, field);
}

static void change_value(message_type *message, const field_type *field,
                         struct random *random)
{
    if (!is_there(message, field))
        drop(message, field);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        change_string(member(message, field));
    else if (field->type == PROTOBUF_C_TYPE_BYTES)
        change_bytes(member(message, field));
    else
        change_number_at(member(message, field), field, random);
    declare(message, field);
}

/* A message of a type, out of nothing.  `kin`, if it has room for that, becomes
 * a part of it: so one encoding comes to be inside another. */
static message_type *make(const ProtobufCMessageDescriptor *type,
                          message_type **kin, int depth, struct random *random)
{
    message_type *made = malloc(type->sizeof_message);
    unsigned only =
        type->n_fields > 0 ? (unsigned)random_below(random, type->n_fields) : 0;

    type->message_init(made);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const field_type *field = &type->fields[i];

        if (is_list(field) || (is_choice(field) && i != only))
            continue;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            change_value(made, field, random);
        } else if (*kin && (*kin)->descriptor == field->descriptor) {
            set_message(made, field, *kin);
            *kin = NULL;
        } else if (depth > 0) {
            set_message(made, field,
                        make(field->descriptor, kin, depth - 1, random));
        }
    }
    return made;
}

/* -- messages ------------------------------------------------------------ */

static void insert(const struct site *site, struct random *random)
{
    message_type *kin = clone(site->message);
    message_type *made =
        make(site->field->descriptor, &kin, DEPTH_MADE, random);

    if (kin)
        protobuf_c_message_free_unpacked(kin, NULL);
    set_message(site->message, site->field, made);
}

/* The same as elsewhere in the tree. */
static void repeat_another(message_type *tree, const struct site *site,
                           struct random *random)
{
    struct search search = { .random = random,
                             .type = site->field->descriptor };

    visit(tree, see_message, &search);
    if (search.found)
        set_message(site->message, site->field, clone(search.found));
    else
        insert(site, random);
}

static void change_one(message_type *tree, const struct site *site,
                       struct random *random)
{
    if (site->field->type != PROTOBUF_C_TYPE_MESSAGE) {
        if (random_below(random, 8) == 0)
            drop(site->message, site->field);
        else
            change_value(site->message, site->field, random);
        return;
    }
    switch (random_below(random, 4)) {
    case 0:
        drop(site->message, site->field);
        break;
    case 1:
        insert(site, random);
        break;
    default:
        repeat_another(tree, site, random);
    }
}

/* -- lists --------------------------------------------------------------- */

/* Lists of messages lose one or swap two; they get none, as a message has one
 * owner. */
static void change_list_of_messages(const struct site *site,
                                    struct random *random)
{
    message_type **list = *(message_type ***)member(site->message, site->field);
    size_t *n = count(site->message, site->field), a, b;
    message_type *moved;

    if (*n == 0)
        return;
    a = random_below(random, *n);
    b = random_below(random, *n);
    moved = list[a];
    list[a] = list[b];
    list[b] = moved;
    if (a == b)
        protobuf_c_message_free_unpacked(list[a], NULL);
    if (a == b)
        list[a] = list[--*n];
}

static void change_list_of_numbers(const struct site *site,
                                   struct random *random)
{
    void **list = member(site->message, site->field);
    size_t *n = count(site->message, site->field);
    size_t width = number_bytes(site->field), kind = random_below(random, 4);
    char *at;

    if (kind == 0 || *n == 0) {
        char *longer = realloc(*list, (*n + 1) * width);

        memset(longer + *n * width, 0, width);
        *list = longer;
        ++*n;
    }
    at = (char *)*list + random_below(random, *n) * width;
    if (kind == 1) /* the last one in the place of any */
        memmove(at, (char *)*list + --*n * width, width);
    else
        change_number_at(at, site->field, random);
}

void change_message(ProtobufCMessage *message, struct random *random)
{
    struct search search = { .random = random };

    visit(message, see_site, &search);
    if (!search.site.field)
        return;
    if (!is_list(search.site.field))
        change_one(message, &search.site, random);
    else if (search.site.field->type == PROTOBUF_C_TYPE_MESSAGE)
        change_list_of_messages(&search.site, random);
    else if (search.site.field->type != PROTOBUF_C_TYPE_STRING &&
             search.site.field->type != PROTOBUF_C_TYPE_BYTES)
        change_list_of_numbers(&search.site, random);
}

/* -- packed messages ----------------------------------------------------- */

void pack_into(const ProtobufCMessage *message, ProtobufCBinaryData *to)
{
    free(to->data);
    to->data = malloc(protobuf_c_message_get_packed_size(message) + 1);
    to->len = protobuf_c_message_pack(message, to->data);
}

void change_packed(const ProtobufCMessageDescriptor *type,
                   ProtobufCBinaryData *packed, struct random *random)
{
    const struct lio_bytes bytes = { packed->data, packed->len };
    ProtobufCMessage *message;

    if (lio_proto_unpack(type, bytes, &message) < 0)
        return;
    change_message(message, random);
    pack_into(message, packed);
    protobuf_c_message_free_unpacked(message, NULL);
}
