#ifndef PATCHBAY_CSPEEXDSP_SHIM_H
#define PATCHBAY_CSPEEXDSP_SHIM_H

#include <speex/speex_resampler.h>

#endif
