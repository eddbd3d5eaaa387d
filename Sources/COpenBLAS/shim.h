#include <cblas.h>
#include <openblas_config.h>

/* The widest vectors that the compiler was allowed to use, by the flags that the Makefile gives. */
#if defined(__AVX512F__)
#define COPENBLAS_VECTOR_BITS 512
#elif defined(__AVX__)
#define COPENBLAS_VECTOR_BITS 256
#else
#define COPENBLAS_VECTOR_BITS 128
#endif

/* Whether it may use an instruction for a·b + c, which rounds once; a function call for each would
   take a hundred times as long. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define COPENBLAS_FUSED_MULTIPLY_ADD 1
#else
#define COPENBLAS_FUSED_MULTIPLY_ADD 0
#endif
