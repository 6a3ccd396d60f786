#ifndef PATCHBAY_CCRYPTO_SHIM_H
#define PATCHBAY_CCRYPTO_SHIM_H

#include <openssl/evp.h>

#endif
