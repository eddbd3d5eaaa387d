/* What the compiler was allowed to use, by the flags that the Makefile gives; Swift has no words for it. */

/* The widest vectors, in bits. */
#if defined(__AVX512F__)
#define PROCESSOR_VECTOR_BITS 512
#elif defined(__AVX__)
#define PROCESSOR_VECTOR_BITS 256
#else
#define PROCESSOR_VECTOR_BITS 128
#endif

/* Whether it may use an instruction for a·b + c, which rounds once; a function call for each would
   take a hundred times as long. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define PROCESSOR_FUSED_MULTIPLY_ADD 1
#else
#define PROCESSOR_FUSED_MULTIPLY_ADD 0
#endif
