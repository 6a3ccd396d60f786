#ifndef PATCHBAY_COPUS_SHIM_H
#define PATCHBAY_COPUS_SHIM_H

#include <opus/opus.h>

// libopus sets and reads its options through variadic functions and macros, which Swift cannot call.

static inline int pb_opus_set_bitrate(OpusEncoder *encoder, opus_int32 bits_per_second) {
    return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits_per_second));
}

static inline int pb_opus_set_complexity(OpusEncoder *encoder, opus_int32 complexity) {
    return opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity));
}

static inline int pb_opus_set_inband_fec(OpusEncoder *encoder, opus_int32 is_on) {
    return opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(is_on));
}

static inline int pb_opus_set_expected_loss(OpusEncoder *encoder, opus_int32 percent) {
    return opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(percent));
}

static inline int pb_opus_set_dtx(OpusEncoder *encoder, opus_int32 is_on) {
    return opus_encoder_ctl(encoder, OPUS_SET_DTX(is_on));
}

static inline int pb_opus_get_lookahead(OpusEncoder *encoder, opus_int32 *samples) {
    return opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(samples));
}

static inline int pb_opus_reset_encoder(OpusEncoder *encoder) {
    return opus_encoder_ctl(encoder, OPUS_RESET_STATE);
}

static inline int pb_opus_reset_decoder(OpusDecoder *decoder) {
    return opus_decoder_ctl(decoder, OPUS_RESET_STATE);
}

#endif
