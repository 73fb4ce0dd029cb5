/*
 * Encodings as data files hold them: any message, with the name of its type.
 */
#ifndef LIO_COLUMN_DATA_ANY_H
#define LIO_COLUMN_DATA_ANY_H

#include "column/data_file.h"

/*
 * Unpack what an Encoding holds, which must be of the type that `url` names; it
 * is read if it lies outside of the metadata.  `*ret_message` is the caller's,
 * to be freed with protobuf_c_message_free_unpacked().  Returns 0 or the code
 * of what is wrong with it: the caller knows where it stands.
 */
int lio_any_unpack(struct lio_data_file *file,
                   const Lio__Pb__Encoding *encoding, const char *url,
                   const ProtobufCMessageDescriptor *type,
                   ProtobufCMessage **ret_message);

#endif
