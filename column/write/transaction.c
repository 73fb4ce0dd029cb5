/*
 * Transactions: one's own, and what to make of those of others.
 */
#include "column/write/change.h"

#include "column/proto.h"

#include <stdlib.h>

/* Numbers of the operations in the message: one of them is there. */
enum operation {
    OPERATION_FIRST = 100,
    OPERATION_APPEND = 100,
    OPERATION_DELETE = 101,
    OPERATION_CREATE_INDEX = 103,
    OPERATION_REWRITE = 104,
    OPERATION_MERGE = 105,
    OPERATION_RESERVE_FRAGMENTS = 107,
    OPERATION_UPDATE = 108,
    OPERATION_PROJECT = 109,
    OPERATION_UPDATE_CONFIG = 110,
    OPERATION_DATA_REPLACEMENT = 111
};

static int pack(const ProtobufCMessage *message, struct lio_packed *ret_packed)
{
    size_t bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *data = malloc(bytes > 0 ? bytes : 1);

    if (!data)
        return LIO_ENOMEM;
    *ret_packed =
        (struct lio_packed){ data, protobuf_c_message_pack(message, data) };
    return 0;
}

int lio_transaction_pack(const struct lio_change *change,
                         struct lio_packed *ret_packed)
{
    Lio__Pb__Transaction transaction = LIO__PB__TRANSACTION__INIT;
    Lio__Pb__Overwrite overwrite = LIO__PB__OVERWRITE__INIT;
    Lio__Pb__Append append = LIO__PB__APPEND__INIT;

    transaction.has_read_version = change->read_version > 0;
    transaction.read_version = change->read_version;
    transaction.uuid = (char *)change->id;
    append.fragments = change->fragments;
    append.n_fragments = change->nfragments;
    overwrite.fragments = change->fragments;
    overwrite.n_fragments = change->nfragments;
    overwrite.schema = change->fields;
    overwrite.n_schema = change->nfields;
    if (change->mode == LIO_COMMIT_APPEND)
        transaction.append = &append;
    else
        transaction.overwrite = &overwrite;
    return pack(&transaction.base, ret_packed);
}

/*
 * None of these takes the table away from under rows that are appended.  If
 * they have changed the fields, too, that is seen by comparing them.
 */
static bool can_append_after(unsigned operation)
{
    switch (operation) {
    case OPERATION_APPEND:
    case OPERATION_DELETE:
    case OPERATION_CREATE_INDEX:
    case OPERATION_REWRITE:
    case OPERATION_MERGE:
    case OPERATION_RESERVE_FRAGMENTS:
    case OPERATION_UPDATE:
    case OPERATION_PROJECT:
    case OPERATION_UPDATE_CONFIG:
    case OPERATION_DATA_REPLACEMENT:
        return true;
    default:
        return false;
    }
}

/* These leave the rows as they were: nothing is lost if all are replaced. */
static bool can_overwrite_after(unsigned operation)
{
    return operation == OPERATION_REWRITE ||
           operation == OPERATION_RESERVE_FRAGMENTS;
}

static enum lio_verdict judge_operation(unsigned operation,
                                        enum lio_commit_mode mode)
{
    bool fine = mode == LIO_COMMIT_APPEND ? can_append_after(operation)
                                          : can_overwrite_after(operation);

    return fine ? LIO_VERDICT_FINE : LIO_VERDICT_CLASH;
}

/* Operations that are not declared are among the unknown fields. */
static enum lio_verdict judge(const Lio__Pb__Transaction *transaction,
                              enum lio_commit_mode mode)
{
    const ProtobufCMessage *message = &transaction->base;
    enum lio_verdict verdict = LIO_VERDICT_CLASH;

    if (transaction->overwrite)
        return LIO_VERDICT_CLASH;
    if (transaction->append)
        verdict = judge_operation(OPERATION_APPEND, mode);
    if (transaction->append && verdict != LIO_VERDICT_FINE)
        return verdict;
    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        unsigned number = message->unknown_fields[i].tag;

        if (number < OPERATION_FIRST)
            continue;
        verdict = judge_operation(number, mode);
        if (verdict != LIO_VERDICT_FINE)
            return verdict;
    }
    return verdict;
}

enum lio_verdict lio_transaction_judge(struct lio_bytes transaction,
                                       enum lio_commit_mode mode)
{
    ProtobufCMessage *message;
    enum lio_verdict verdict;

    if (lio_proto_unpack(&lio__pb__transaction__descriptor, transaction,
                         &message) < 0)
        return LIO_VERDICT_CLASH;
    verdict = judge((Lio__Pb__Transaction *)message, mode);
    protobuf_c_message_free_unpacked(message, NULL);
    return verdict;
}
