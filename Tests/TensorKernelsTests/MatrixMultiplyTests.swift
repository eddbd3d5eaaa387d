import TensorKernels
import TestSupport
import Testing

@Suite struct MatrixMultiplyTests {
  /// The product by its definition, three loops over Double.
  private func naive<Scalar: TensorScalar>(
    _ p: MatrixProduct, _ left: [Scalar], _ right: [Scalar]
  ) -> [Double] {
    var result = [Double](repeating: 0, count: p.rows * p.columns)
    for i in 0..<p.rows {
      for j in 0..<p.columns {
        for k in 0..<p.inner {
          let a = left[p.left == .plain ? i * p.inner + k : k * p.rows + i]
          let b = right[p.right == .plain ? k * p.columns + j : j * p.inner + k]
          result[i * p.columns + j] += Double(a) * Double(b)
        }
      }
    }
    return result
  }

  private static let products = layouts(of: [(1, 1, 1), (3, 5, 2), (7, 1, 9), (17, 33, 20)])

  /// Sums in one block, in parts that continue it and in three unequal ones, ragged panels, tiles of
  /// every height, and more columns than are packed at once.
  private static let largeProducts = layouts(
    of: [
      (61, 300, 47), (64, 128, 384), (9, 129, 17), (40, 1051, 45), (230, 260, 257), (300, 513, 200),
      (7, 512, 600),
    ])

  private static func layouts(of sizes: [(Int, Int, Int)]) -> [MatrixProduct] {
    sizes.flatMap { size in
      [MatrixProduct.Layout.plain, .transposed].flatMap { left in
        [MatrixProduct.Layout.plain, .transposed].map { right in
          MatrixProduct(
            rows: size.0, inner: size.1, columns: size.2, left: left, right: right)
        }
      }
    }
  }

  @Test(arguments: products + largeProducts)
  func everyLayoutAgreesWithTheDefinition(product: MatrixProduct) {
    let a: [Double] = wave(product.rows * product.inner, phase: 1)
    let b: [Double] = wave(product.inner * product.columns, phase: 2)
    let count = product.rows * product.columns
    let result = output(count, startingAt: .nan) {
      Double.multiply(product, a.span, b.span, into: &$0)
    }
    // Rounding grows with the number of terms, at most 1 each: half an ulp of every partial sum.
    let bound = max(1e-13, Double(product.inner * product.inner) * 0x1p-54)
    #expect(largestDifference(result, naive(product, a, b)) < bound)
  }

  @Test(arguments: products)
  func addedProductsAccumulate(product: MatrixProduct) {
    var product = product
    product.accumulation = .added
    let a: [Float] = wave(product.rows * product.inner, phase: 1)
    let b: [Float] = wave(product.inner * product.columns, phase: 2)
    let result = output(product.rows * product.columns, startingAt: Float(5)) {
      Float.multiply(product, a.span, b.span, into: &$0)
    }
    let expected = naive(product, a, b).map { Float($0 + 5) }
    #expect(largestDifference(result, expected) < 1e-5)
  }

  @Test func bitsOfASmallProductsRowDoNotDependOnOtherRows() {
    let (inner, columns) = (200, 33)
    let (a, b): ([Float], [Float]) = (wave(13 * inner, phase: 1), wave(inner * columns, phase: 2))
    func rows(_ count: Int) -> [Float] {
      output(count * columns) {
        Float.multiply(
          MatrixProduct(rows: count, inner: inner, columns: columns),
          a.span.extracting(0..<count * inner), b.span, into: &$0)
      }
    }
    let all = rows(13)
    for count in 1..<13 { #expect(rows(count) == Array(all.prefix(count * columns))) }
  }

  @Test func aSumOverNothingIsZero() {
    let empty: [Float] = []
    let result = output(6, startingAt: Float(7)) {
      Float.multiply(
        MatrixProduct(rows: 2, inner: 0, columns: 3), empty.span, empty.span, into: &$0)
    }
    #expect(result == [0, 0, 0, 0, 0, 0])
  }

  @Test func theSameProductGivesTheSameBitsTwice() {
    let product = MatrixProduct(rows: 61, inner: 130, columns: 47)
    let a: [Float] = wave(61 * 130, phase: 1)
    let b: [Float] = wave(130 * 47, phase: 2)
    let first = output(61 * 47) { Float.multiply(product, a.span, b.span, into: &$0) }
    let second = output(61 * 47) { Float.multiply(product, a.span, b.span, into: &$0) }
    #expect(first == second)
  }

  /// Recorded once; whatever tiles and vectors a build has, it must come to the same bits.
  @Test(arguments: [
    (
      MatrixProduct.Layout.plain, MatrixProduct.Layout.transposed,
      9_209_430_971_868_490_776 as UInt64
    ),
    (.plain, .plain, 1_784_753_245_941_224_932),
    (.transposed, .plain, 11_973_607_426_799_304_874),
  ])
  func theBitsAreThoseOfEveryProcessor(
    left: MatrixProduct.Layout, right: MatrixProduct.Layout, recorded: UInt64
  ) {
    var product = MatrixProduct(rows: 67, inner: 700, columns: 93, left: left, right: right)
    func numbers(_ count: Int, modulo modulus: Int) -> [Float] {
      (0..<count).map { (i: Int) -> Float in Float(i * 37 % modulus) / 50 - 1 }
    }
    let (a, b) = (numbers(67 * 700, modulo: 101), numbers(700 * 93, modulo: 97))
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for accumulation in [Accumulation.assigned, .added] {
      product.accumulation = accumulation
      let result = output(67 * 93, startingAt: Float(1)) {
        Float.multiply(product, a.span, b.span, into: &$0)
      }
      for value in result { hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3 }
    }
    if Processor.fusesMultiplyAdd { #expect(hash == recorded) }
  }
}
