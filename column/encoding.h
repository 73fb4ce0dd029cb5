/*
 * The value encodings of file versions 2.1 and 2.2: how a run of values lies
 * in its buffers.
 *
 * Encodings nest (general compression over run lengths over flat values); each
 * encoding_<name>.c decodes one family and hands what is inside on to
 * lio_fixed_decode() or lio_strings_decode().
 */
#ifndef LIO_COLUMN_ENCODING_H
#define LIO_COLUMN_ENCODING_H

#include "column/decode.h"
#include "column/lance_encoding21.pb-c.h"
#include "column/strings.h"

/* Buffers that the values of one chunk may be spread over. */
#define LIO_VALUE_BUFFERS_MAX 8

/* The same encoding is framed in different ways. */
enum lio_framing {
    LIO_FRAMING_MINIBLOCK, /* values of a chunk: in one or more buffers */
    LIO_FRAMING_BLOCK      /* levels, dictionaries: all in one buffer */
};

struct lio_encoded {
    enum lio_framing framing;
    uint32_t nbuffers;
    struct lio_bytes buffers[LIO_VALUE_BUFFERS_MAX];
    uint64_t nvalues;
    struct lio_wanted wanted; /* of them */
};

/* Decode to `out`: nvalues integers (or bit patterns) of `bits`; as a bitmap
 * if bits is 1.  There is room for them, and slack behind. */
LIO_MUST_CHECK int lio_fixed_decode(struct lio_decode *dec,
                                    const Lio__Pb__CompressiveEncoding *enc,
                                    const struct lio_encoded *in, uint32_t bits,
                                    uint8_t *out);

/* Decode and append. */
LIO_MUST_CHECK int lio_strings_decode(struct lio_decode *dec,
                                      const Lio__Pb__CompressiveEncoding *enc,
                                      const struct lio_encoded *in,
                                      struct lio_strings *out);

/* Width of the values that an encoding yields; 0 if they have none. */
uint64_t lio_encoding_bits(const Lio__Pb__CompressiveEncoding *enc);

/* The name of an encoding, for messages: "fsst". */
const char *lio_encoding_name(const Lio__Pb__CompressiveEncoding *enc);

/* The one buffer that most encodings have. */
LIO_MUST_CHECK int lio_encoded_single(struct lio_decode *dec,
                                      const struct lio_encoded *in,
                                      const char *encoding,
                                      struct lio_bytes *ret_bytes);

/* Bytes of `nvalues` values of `bits`, checked to be there. */
LIO_MUST_CHECK int lio_encoded_room(struct lio_decode *dec, uint64_t nvalues,
                                    uint64_t bits, struct lio_bytes in,
                                    uint64_t *ret_bytes);

/* -- the families -------------------------------------------------------- */

int lio_flat_decode(struct lio_decode *dec, const Lio__Pb__Flat *flat,
                    const struct lio_encoded *in, uint32_t bits, uint8_t *out);

int lio_constant_decode(struct lio_decode *dec, const Lio__Pb__Constant *enc,
                        const struct lio_encoded *in, uint32_t bits,
                        uint8_t *out);

int lio_inline_bitpacking_decode(struct lio_decode *dec,
                                 const Lio__Pb__InlineBitpacking *enc,
                                 const struct lio_encoded *in, uint32_t bits,
                                 uint8_t *out);

int lio_out_of_line_bitpacking_decode(struct lio_decode *dec,
                                      const Lio__Pb__OutOfLineBitpacking *enc,
                                      const struct lio_encoded *in,
                                      uint32_t bits, uint8_t *out);

int lio_rle_decode(struct lio_decode *dec, const Lio__Pb__Rle *enc,
                   const struct lio_encoded *in, uint32_t bits, uint8_t *out);

int lio_byte_stream_split_decode(struct lio_decode *dec,
                                 const Lio__Pb__ByteStreamSplit *enc,
                                 const struct lio_encoded *in, uint32_t bits,
                                 uint8_t *out);

/* Decompress buffer 0; the result is in scratch memory. */
int lio_general_open(struct lio_decode *dec, const Lio__Pb__General *enc,
                     const struct lio_encoded *in, struct lio_encoded *ret_in);

int lio_variable_decode(struct lio_decode *dec, const Lio__Pb__Variable *enc,
                        const struct lio_encoded *in, struct lio_strings *out);

int lio_fsst_decode(struct lio_decode *dec, const Lio__Pb__Fsst *enc,
                    const struct lio_encoded *in, struct lio_strings *out);

#endif
