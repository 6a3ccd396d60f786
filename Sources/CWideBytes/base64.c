#include "cwidebytes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))

// Whether each byte lies in a range; all are below 128, or negative and in none.
WIDE static inline __m256i within(__m256i bytes, char first, char last) {
    return _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(first - 1)),
                            _mm256_cmpgt_epi8(_mm256_set1_epi8(last + 1), bytes));
}

WIDE static inline __m256i masked(__m256i mask, char value) {
    return _mm256_and_si256(mask, _mm256_set1_epi8(value));
}

// 32 characters to 24 bytes, in the lower three words of each half. False if one is not of the alphabet.
WIDE static inline int decoded(__m256i text, __m256i *bytes) {
    __m256i upper = within(text, 'A', 'Z'), lower = within(text, 'a', 'z'), digit = within(text, '0', '9');
    __m256i plus = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('+'));
    __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    __m256i known = _mm256_or_si256(_mm256_or_si256(upper, lower), _mm256_or_si256(digit, _mm256_or_si256(plus, slash)));
    if (_mm256_movemask_epi8(known) != -1) return 0;
    __m256i shift = _mm256_or_si256(
        _mm256_or_si256(masked(upper, -'A'), masked(lower, 26 - 'a')),
        _mm256_or_si256(masked(digit, 52 - '0'), _mm256_or_si256(masked(plus, 62 - '+'), masked(slash, 63 - '/'))));
    // Six bits to twelve, twelve to twenty-four; then the three bytes of each word in their order, and the words together.
    __m256i values = _mm256_add_epi8(text, shift);
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0140));
    __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
                                           2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    *bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, order), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    return 1;
}

WIDE static size_t decode(const uint8_t *text, size_t count, uint8_t *bytes, size_t room) {
    size_t read = 0, written = 0;
    while (read + 32 < count && written + 32 <= room) {
        __m256i block;
        if (!decoded(_mm256_loadu_si256((const __m256i *)(text + read)), &block)) break;
        _mm256_storeu_si256((__m256i *)(bytes + written), block);
        read += 32;
        written += 24;
    }
    return read;
}

// 24 bytes, in the lower three words of each half, to 32 characters.
WIDE static inline __m256i encoded(__m256i bytes) {
    const __m256i order = _mm256_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1,
                                           2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1);
    __m256i groups = _mm256_shuffle_epi8(bytes, order);
    __m256i first = _mm256_srli_epi32(groups, 18);
    __m256i second = _mm256_and_si256(_mm256_srli_epi32(groups, 4), _mm256_set1_epi32(0x3F00));
    __m256i third = _mm256_and_si256(_mm256_slli_epi32(groups, 10), _mm256_set1_epi32(0x3F0000));
    __m256i fourth = _mm256_and_si256(_mm256_slli_epi32(groups, 24), _mm256_set1_epi32(0x3F000000));
    __m256i values = _mm256_or_si256(_mm256_or_si256(first, second), _mm256_or_si256(third, fourth));
    // From one range of the alphabet to the next the distance changes.
    __m256i shift = _mm256_set1_epi8('A');
    shift = _mm256_add_epi8(shift, masked(_mm256_cmpgt_epi8(values, _mm256_set1_epi8(25)), 'a' - 26 - 'A'));
    shift = _mm256_add_epi8(shift, masked(_mm256_cmpgt_epi8(values, _mm256_set1_epi8(51)), '0' - 52 - ('a' - 26)));
    shift = _mm256_add_epi8(shift, masked(_mm256_cmpgt_epi8(values, _mm256_set1_epi8(61)), '+' - 62 - ('0' - 52)));
    shift = _mm256_add_epi8(shift, masked(_mm256_cmpgt_epi8(values, _mm256_set1_epi8(62)), '/' - 63 - ('+' - 62)));
    return _mm256_add_epi8(values, shift);
}

WIDE static size_t encode(const uint8_t *bytes, size_t count, uint8_t *text) {
    size_t read = 0, written = 0;
    while (read + 28 <= count) {  // The second half reads four bytes of what comes after it.
        __m128i low = _mm_loadu_si128((const __m128i *)(bytes + read));
        __m128i high = _mm_loadu_si128((const __m128i *)(bytes + read + 12));
        _mm256_storeu_si256((__m256i *)(text + written), encoded(_mm256_set_m128i(high, low)));
        read += 24;
        written += 32;
    }
    return read;
}

size_t wide_base64_decode(const uint8_t *text, size_t count, uint8_t *bytes, size_t room) {
    return __builtin_cpu_supports("avx2") ? decode(text, count, bytes, room) : 0;
}

size_t wide_base64_encode(const uint8_t *bytes, size_t count, uint8_t *text) {
    return __builtin_cpu_supports("avx2") ? encode(bytes, count, text) : 0;
}

#else

size_t wide_base64_decode(const uint8_t *text, size_t count, uint8_t *bytes, size_t room) { return 0; }
size_t wide_base64_encode(const uint8_t *bytes, size_t count, uint8_t *text) { return 0; }

#endif
