import COpenBLAS

/// The linear-algebra library underneath: how it runs here.
public enum BLAS {
  /// Confines every product to the calling thread; more threads would change the last bits.
  public static func useOneThread() { openblas_set_num_threads(1) }

  /// The processor kernels that OpenBLAS chose, for instance `Zen` or `SkylakeX`.
  public static var coreName: String { unsafe text(openblas_get_corename()) }

  /// The version and build options of OpenBLAS.
  public static var configuration: String { unsafe text(openblas_get_config()) }

  /// The threads that OpenBLAS uses for a product.
  public static var threads: Int { Int(openblas_get_num_threads()) }

  /// The widest vectors, in bits, that the build may use; 128 where it was built for any machine.
  public static var vectorBits: Int { Int(COPENBLAS_VECTOR_BITS) }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "unknown" }
    return unsafe String(cString: pointer)
  }
}
