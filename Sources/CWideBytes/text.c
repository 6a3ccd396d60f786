#include "cwidebytes.h"

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2")))
static size_t plain(const uint8_t *text, size_t count) {
    size_t read = 0;
    for (; read + 32 <= count; read += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + read));
        __m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
        __m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
        __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1F)), bytes);
        unsigned found = (unsigned)_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, backslash), control));
        if (found != 0) return read + (size_t)__builtin_ctz(found);
    }
    return read;
}

size_t wide_plain_text(const uint8_t *text, size_t count) {
    return __builtin_cpu_supports("avx2") ? plain(text, count) : 0;
}

#else

size_t wide_plain_text(const uint8_t *text, size_t count) { return 0; }

#endif
