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
